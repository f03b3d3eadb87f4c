"""Making coupons, pausing them, and which a member has."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.loyalty import coupons as rules
from socialshop.loyalty.coupons import Terms, Way
from socialshop.loyalty.service.segmenting import check_tiers
from socialshop.loyalty.store import coupons as store
from socialshop.loyalty.store.coupons import CouponRow, Figures, HoldingRow

_NOTHING = Figures(0, 0)


@dataclass(frozen=True, slots=True)
class NewCoupon:
    """A coupon to make. It ends at `valid_until`, or `valid_days` after it was issued, whichever comes first.

    `issue_limit`: so many may be issued; `budget_minor`: so much may be taken off by all of them; None: without end.
    """

    title: str
    terms: Terms
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    valid_days: int | None = None
    issue_limit: int | None = None
    budget_minor: int | None = None
    way: Way = "given"


@dataclass(frozen=True, slots=True)
class CouponView:
    """A coupon, and what was taken off by it so far."""

    row: CouponRow
    terms: Terms
    figures: Figures


class Holding(NamedTuple):
    """A coupon that a member has."""

    row: HoldingRow
    terms: Terms


def make_coupon(uow: UnitOfWork, actor: uuid.UUID, new: NewCoupon) -> CouponView:
    """Make a coupon; nobody has it until it is issued.

    Raises InvalidValue (no end, one before its beginning, no member days, no segment or one too many, a tier that there
    is not).
    """
    begins = new.valid_from or uow.now
    if new.valid_until is None and new.valid_days is None:
        raise InvalidValue("a coupon ends at an instant, or some days after it was issued", field="valid_days")
    if new.valid_until is not None and new.valid_until <= max(begins, uow.now):
        raise InvalidValue("a coupon ends after it begins, and not in the past", field="valid_until")
    if (new.way == "segment") is not (new.terms.segment is not None):
        raise InvalidValue("a coupon for a segment says which, and no other does", field="way")
    if new.way == "member_day" and not new.terms.days_of_month:
        raise InvalidValue("a coupon of member days says which days they are", field="way")
    check_tiers(uow, new.terms.tiers, "terms.tiers")
    if new.terms.segment is not None:
        check_tiers(uow, new.terms.segment.tiers, "terms.segment.tiers")
    row = CouponRow(
        id=new_id(),
        title=new.title,
        terms=rules.document_of(new.terms),
        valid_from=begins,
        valid_until=new.valid_until,
        valid_days=new.valid_days,
        issue_limit=new.issue_limit,
        issued=0,
        budget_minor=new.budget_minor,
        taken_minor=0,
        paused_at=None,
        created_at=uow.now,
        way=new.way,
    )
    store.add(uow.session, row)
    record(uow, actor, "coupon.made", row.id, {"title": row.title, "terms": row.terms, "way": row.way})
    return CouponView(row, new.terms, _NOTHING)


def coupon(uow: UnitOfWork, coupon_id: uuid.UUID) -> CouponView:
    """One coupon. Raises NotFound."""
    row = store.find(uow.session, coupon_id)
    if row is None:
        raise NotFound("no such coupon")
    return _views(uow, [row])[0]


def coupons(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[CouponView]:
    """Up to `limit` coupons, the newest first. Two statements."""
    return _views(uow, store.page(uow.session, before, limit))


def pause_coupon(uow: UnitOfWork, actor: uuid.UUID, coupon_id: uuid.UUID, *, paused: bool) -> CouponView:
    """Neither issue nor take a coupon any more, or go on; what is set aside stays. Said again, nothing changes.

    Raises NotFound.
    """
    row = store.lock(uow.session, coupon_id)
    if row is None:
        raise NotFound("no such coupon")
    if (row.paused_at is not None) is not paused:
        store.set_paused(uow.session, coupon_id, uow.now if paused else None)
        record(uow, actor, "coupon.paused" if paused else "coupon.resumed", coupon_id, {})
    return coupon(uow, coupon_id)


def coupons_of(uow: UnitOfWork, member: int, before: uuid.UUID | None, limit: int) -> list[Holding]:
    """Up to `limit` coupons of a member, the newest first. One statement."""
    found = store.holdings(uow.session, member, before, limit, uow.now)
    return [Holding(row, rules.parse(row.terms)) for row in found]


def _views(uow: UnitOfWork, rows: Sequence[CouponRow]) -> list[CouponView]:
    taken = store.figures(uow.session, [row.id for row in rows])
    return [CouponView(row, rules.parse(row.terms), taken.get(row.id, _NOTHING)) for row in rows]


def record(uow: UnitOfWork, actor: uuid.UUID, action: str, coupon_id: uuid.UUID, facts: dict[str, object]) -> None:
    """Note what an admin did about a coupon."""
    audit.record(uow, actor=actor, action=action, target=to_public("cpn", coupon_id), facts=facts)
