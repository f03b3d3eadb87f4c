"""What was counted and then found to be no clicks or views of people: it pays nothing, and what it paid comes back."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Literal, NamedTuple

from socialshop.audit import service as audit
from socialshop.commissions import traffic
from socialshop.commissions.events import CommissionOwed
from socialshop.commissions.plan import Leg
from socialshop.commissions.rules import Standing
from socialshop.commissions.service.clawing_back import entry_of, plans_of, take_back, write_down
from socialshop.commissions.store import tallies as store
from socialshop.commissions.store.tallies import DisallowanceRow
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.money import Money
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

DISALLOWANCE_PREFIX = "dis"
LONGEST_REASON = 500
_MOST_DAYS = 366


class Disallowed(NamedTuple):
    """What was disallowed: how many were counted, and what was taken back of them."""

    id: uuid.UUID
    counted: int
    taken: Money


class Struck(NamedTuple):
    """Which counts are to be struck out: of a member's links, or of one of them, on these days."""

    member_id: uuid.UUID
    member: int
    kind: Literal["click", "view"]
    first_day: date
    last_day: date
    link_id: uuid.UUID | None = None


def disallow(uow: UnitOfWork, actor: uuid.UUID, struck: Struck, reason: str, currency: str) -> Disallowed:
    """Strike out what was tallied of those days, and take back what it earned. Audited, and told to the member.

    Raises InvalidValue.

    What was struck out before stays so: said again, it takes nothing more. Days that are not tallied yet stay.
    """
    why = reason.strip()
    if not why or len(why) > LONGEST_REASON:
        raise InvalidValue(f"give a reason of at most {LONGEST_REASON} characters", field="reason")
    if not 0 <= (struck.last_day - struck.first_day).days < _MOST_DAYS:
        raise InvalidValue("the last day stands before the first, or a year away", field="last_day")
    advisory_lock(uow, "commissions:tallying")
    row = DisallowanceRow(new_id(), struck.member, *struck[2:6], why, uow.now)
    counted = store.disallow(uow.session, row)
    accruals = store.disallowed_accruals(uow.session, row.id)
    plans = plans_of(uow, accruals)
    taken = list(take_back(uow, plans, accruals, _too_much)) if accruals else []
    public = to_public(DISALLOWANCE_PREFIX, row.id)
    if taken:
        write_down(uow, plans, taken, entry_of(f"clawback:{public}", "disallowance", taken), disallowance_id=row.id)
    total, owed = sum(each.amount_minor for each in taken), sum(each.owed_minor for each in taken)
    if owed:
        uow.emit(CommissionOwed(disallowance_id=row.id))
    if counted:
        _tell(uow, row, Money(total, currency), Money(owed, currency))
    facts = {
        "counted": counted,
        "kind": row.kind,
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "taken_minor": total,
        "reason": why,
    }
    audit.record(uow, actor=actor, action="traffic.disallowed", target=to_public("mbr", struck.member_id), facts=facts)
    return Disallowed(row.id, counted, Money(total, currency))


def disallowances_of(uow: UnitOfWork, member: int, before: uuid.UUID | None, limit: int) -> list[DisallowanceRow]:
    """Up to `limit` of what was struck out of a member's counts, the newest first. One statement."""
    return store.disallowances_of(uow.session, member, before, limit)


def _tell(uow: UnitOfWork, row: DisallowanceRow, taken: Money, owed: Money) -> None:
    say = "owed" if owed else "taken" if taken else "none"
    facts = {
        "say": say,
        "reason": row.reason,
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "amount_minor": taken.amount_minor,
        "owed_minor": owed.amount_minor,
        "currency": taken.currency,
    }
    notifications.tell(uow, [Told(row.member, "counts_struck_out", str(row.id), None, None, facts)])


def _too_much(leg: Leg, accrual: Standing) -> int:
    """As `rules.too_much`, for a count: `quantity` of them behind `base_minor` others, of which `returned` are none."""
    net = traffic.amount_of(leg, accrual.quantity - accrual.returned, accrual.base_minor)
    return accrual.amount_minor - accrual.clawed_minor - min(accrual.amount_minor, net)
