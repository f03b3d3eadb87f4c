"""How coupons reach members: by hand, by a code, at the door, and by the day's round over all members.

Whatever hands one out, a member has a coupon once a period, by its natural key: told again, or begun anew in the
middle, a round gives nobody another.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from socialshop.identity import service as identity
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import day_of, to_text
from socialshop.loyalty.coupons import parse
from socialshop.loyalty.errors import CouponCodeUnknown, CouponGone, SelfAdjustment
from socialshop.loyalty.service.offering import Holding, record
from socialshop.loyalty.service.segmenting import in_segment
from socialshop.loyalty.store import coupon_ways as ways
from socialshop.loyalty.store import coupons as store
from socialshop.loyalty.store.coupon_ways import CodeCounts, Round
from socialshop.loyalty.store.coupons import CouponRow
from socialshop.memberships import service as memberships
from socialshop.memberships.service import Benefits
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

SPAN = 5_000
# Letters and figures that nobody takes for one another: 31^12 codes, of which a shop makes some thousands.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_PARTS, _PART = 3, 4
_CODE, _DOOR = "code", "newcomer"
# Which coupons a tier or plan gives in these ways.
_BENEFITS: Mapping[str, Callable[[Benefits], Sequence[str]]] = {
    "monthly": lambda has: has.monthly_coupons,
    "birthday_benefit": lambda has: has.birthday_coupons,
}
# What comes once a year, on the member's birthday: to everybody, or to whose tier or plan names it.
_BIRTHDAYS = ("birthday", "birthday_benefit")


class Codes(NamedTuple):
    """Codes that were made just now; they are told once, the shop keeps their hashes."""

    coupon_id: uuid.UUID
    codes: tuple[str, ...]


def hand_out(uow: UnitOfWork, row: CouponRow, members: Sequence[int], period: str) -> int:
    """Give a coupon, of which this transaction holds the row, to members who have none of this period, and tell them.

    Returns to how many: to nobody where it is paused or over, and to no more than its limit has. Set-based.
    """
    given = _issue(uow, row, members, period)
    facts = {"title": row.title, "until": to_text(_span(uow, row)[1])}
    told = [Told(member, "coupon_given", str(holding), None, holding, facts) for member, holding in given.items()]
    notifications.tell(uow, told)
    return len(given)


def _issue(uow: UnitOfWork, row: CouponRow, members: Sequence[int], period: str) -> dict[int, uuid.UUID]:
    begins, ends = _span(uow, row)
    if row.paused_at is not None or ends <= uow.now or not members:
        return {}
    return store.issue(uow.session, row.id, members, period, span=(begins, ends), now=uow.now)


def _span(uow: UnitOfWork, row: CouponRow) -> tuple[datetime, datetime]:
    """From when until when the coupon holds that is given now."""
    begins = max(row.valid_from, uow.now)
    days = row.valid_days and begins + timedelta(days=row.valid_days)
    return begins, min(at for at in (row.valid_until, days) if at)


def is_given(uow: UnitOfWork, coupon_id: uuid.UUID) -> bool:
    """Whether there is such a coupon, and it reaches members by being given."""
    row = store.find(uow.session, coupon_id)
    return row is not None and row.way == "given"


def hold_coupon(uow: UnitOfWork, coupon_id: uuid.UUID) -> CouponRow:
    """A coupon, for this transaction alone to hand out; taken before any member's points. Raises NotFound."""
    return _locked(uow, coupon_id)


def issue_coupon(
    uow: UnitOfWork, actor: uuid.UUID, coupon_id: uuid.UUID, member_ids: Sequence[uuid.UUID], period: str
) -> int:
    """Give a coupon to these members by hand, once a period; returns how many were given one.

    Raises SelfAdjustment, NotFound, InvalidValue (somebody who is no member).
    """
    if actor in member_ids:
        raise SelfAdjustment("somebody else gives you coupons", field="member_ids")
    row = _locked(uow, coupon_id)
    numbers = sorted(member.number for member in identity.named(uow, ids=member_ids))
    if len(numbers) < len(set(member_ids)):
        raise InvalidValue("somebody of them is no member", field="member_ids")
    given = hand_out(uow, row, numbers, period)
    record(uow, actor, "coupon.issued", coupon_id, {"period": period, "members": given})
    return given


def make_codes(uow: UnitOfWork, actor: uuid.UUID, coupon_id: uuid.UUID, count: int) -> Codes:
    """Make so many codes, each for one member. Raises NotFound, InvalidValue (a coupon that no code gives)."""
    row = _locked(uow, coupon_id)
    if row.way != _CODE:
        raise InvalidValue("this coupon is not given by codes", field="count")
    codes = tuple(_new_code() for _ in range(count))
    ways.add_codes(uow.session, coupon_id, [_hash(code) for code in codes], uow.now)
    record(uow, actor, "coupon.codes_made", coupon_id, {"codes": count})
    return Codes(coupon_id, codes)


def codes_of(uow: UnitOfWork, coupon_id: uuid.UUID) -> CodeCounts:
    """How many codes of a coupon there are, and how many were claimed."""
    return ways.count_codes(uow.session, coupon_id)


def claim_code(uow: UnitOfWork, member: int, code: str) -> Holding:
    """Take the coupon of a code. Claimed again by the same member, nothing changes.

    Raises CouponCodeUnknown (also for another's), CouponGone (over, paused, all given, or had before); then the code is
    still good.
    """
    hash_ = _hash(code)
    found = ways.lock_code(uow.session, hash_)
    if found is None or found.member not in (None, member):
        raise CouponCodeUnknown("no coupon is given for this code", field="code")
    if found.member is None:
        if not _issue(uow, _locked(uow, found.coupon_id), [member], _CODE):
            raise CouponGone("the coupon is over, all of it is given, or you had it before", field="code")
        ways.claim_code(uow.session, hash_, member, uow.now)
    row = store.holding_of(uow.session, member, found.coupon_id, _CODE, uow.now)
    return Holding(row, parse(row.terms))


def on_member_registered(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow MemberRegistered: newcomers are given what the shop has for them, once."""
    ids = sorted({uuid.UUID(payload["member_id"]) for payload in payloads})
    numbers = sorted(member.number for member in identity.named(uow, ids=ids))
    for coupon_id in ways.of_newcomers(uow.session):
        hand_out(uow, _locked(uow, coupon_id), numbers, _DOOR)


def hand_out_due(uow: UnitOfWork, zone: str, *, span: int = SPAN) -> bool:
    """Take a round of the day a span of members further; True while there is more. For the periodic table.

    A coupon's round is walked once a day of the shop's, so who comes into a tier in the middle of a month has its
    coupon the day after; the period keeps everybody else from a second.
    """
    day = day_of(uow.now, zone)
    ways.begin_rounds(uow.session, day, uow.now)
    found = ways.open_round(uow.session, day)
    if found is None:
        return False
    row = _locked(uow, found.coupon_id)
    members = _next(uow, row, found, zone, span)
    hand_out(uow, row, _entitled(uow, row, members, day), _period(row, day))
    crash_point("coupons.handed_out")
    ways.note_progress(uow.session, found, members[-1] if members else found.done_through, None if members else uow.now)
    return True


def _next(uow: UnitOfWork, row: CouponRow, found: Round, zone: str, span: int) -> Sequence[int]:
    """The next members of the round: everybody, or those whose birthday it is."""
    if row.way not in _BIRTHDAYS:
        return ways.next_members(uow.session, found.done_through, span)
    born = identity.celebrating_on(uow, found.day, zone=zone, after=found.done_through, limit=span)
    return [celebrant.number for celebrant in born]


def _entitled(uow: UnitOfWork, row: CouponRow, members: Sequence[int], day: date) -> Sequence[int]:
    """Those of these members whose tier the coupon is for; who are in its segment; whose tier or plan names it."""
    terms = parse(row.terms)
    public, tiers = to_public("cpn", row.id), terms.tiers
    if terms.segment is not None:
        members = in_segment(uow, terms.segment, members, day)
    if row.way not in _BENEFITS and not tiers:
        return members
    benefits = memberships.benefits_of(uow, members)
    return [
        number
        for number in members
        if (not tiers or benefits[number].tier in tiers)
        and (row.way not in _BENEFITS or public in _BENEFITS[row.way](benefits[number]))
    ]


def _period(row: CouponRow, day: date) -> str:
    """What of a coupon a member has once: a month, a year's birthday or segment, a member day."""
    if row.way == "monthly":
        return f"{day:%Y-%m}"
    return f"{day:%Y}" if row.way in (*_BIRTHDAYS, "segment") else day.isoformat()


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_PARTS * _PART))
    return "-".join(letters[place : place + _PART] for place in range(0, len(letters), _PART))


def _hash(code: str) -> bytes:
    """Of a code as it was typed: letter case, spaces and dashes are the typist's."""
    plain = "".join(letter for letter in code.upper() if letter in _ALPHABET)
    return hashlib.sha256(plain.encode()).digest()


def _locked(uow: UnitOfWork, coupon_id: uuid.UUID) -> CouponRow:
    row = store.lock(uow.session, coupon_id)
    if row is None:
        raise NotFound("no such coupon")
    return row
