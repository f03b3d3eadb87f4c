"""Milestones: orders are counted for who brought their buyers in; what is reached pays once, what falls is taken back.

Locks. One at a time, so that of two orders that reach a milestone together the second finds the first counted. A
milestone is unique while it stands, and each round of it for ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from socialshop.commissions.events import CommissionOwed, CommissionsClawedBack
from socialshop.commissions.milestones import period_of
from socialshop.commissions.plan import MilestoneLeg, Plan, parse_plan
from socialshop.commissions.salefacts import SaleFacts
from socialshop.commissions.service.clawing_back import entry_of, plans_of, take_back, write_down
from socialshop.commissions.service.tallying import Group, write_tallies
from socialshop.commissions.store import milestones as store
from socialshop.commissions.store import plans
from socialshop.commissions.store.milestones import Ask, CountedOrder, StandingRow
from socialshop.commissions.store.plans import Version
from socialshop.commissions.store.tallies import TallyRow
from socialshop.commissions.traffic import Counted
from socialshop.infra import wired
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.ids import new_id, to_public


class _Candidate(NamedTuple):
    """A leg that an order may have brought to its figure."""

    order: CountedOrder
    number: int
    leg: MilestoneLeg
    ask: Ask


def reach_milestones(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow MilestonesDue: count the orders, pay what they reached, take back what a refund let fall.

    A constant number of statements an event. Told again, it finds the figures as they are.
    """
    advisory_lock(uow, "commissions:tallying")
    for payload in payloads:
        order_ids = sorted(uuid.UUID(order) for order in payload["order_ids"])
        orders = store.count_orders(uow.session, order_ids, wired.settings().time_zone)
        if orders:
            refund = payload.get("refund_id")
            _follow(uow, orders, None if refund is None else uuid.UUID(refund))
    crash_point("milestones.posted")


def _follow(uow: UnitOfWork, orders: Sequence[CountedOrder], refund_id: uuid.UUID | None) -> None:
    versions = {found.id: found for found in plans.versions(uow.session, {one.plan_version_id for one in orders})}
    read = {version.id: parse_plan(version.document) for version in versions.values()}
    candidates = list(_candidates(orders, read))
    standing, rounds = store.of_members(uow.session, sorted({one.member for one in orders}))
    asked = list({*(one.ask for one in candidates), *(row.ask for row in standing)})
    figures = store.figures(uow.session, asked)
    if refund_id is not None:
        _fall(uow, [row for row in standing if figures[row.ask] < row.reaches and not row.is_kept], refund_id)
    stands = {store.key_of(row) for row in standing}
    reached: dict[tuple[object, ...], _Candidate] = {}
    for one in candidates:
        key = (*one.ask, one.leg.reaches)
        if figures[one.ask] >= one.leg.reaches and key not in stands:
            reached.setdefault(key, one)
    if reached:
        _reach(uow, list(reached.values()), (versions, read), figures, rounds)


def _candidates(orders: Sequence[CountedOrder], read: Mapping[uuid.UUID, Plan]) -> Iterator[_Candidate]:
    for order in sorted(orders, key=lambda one: (one.sold_at, one.order_id)):
        for number, leg in enumerate(read[order.plan_version_id].legs):
            if isinstance(leg, MilestoneLeg):
                days = period_of(leg.period, order.on_day)
                yield _Candidate(
                    order, number, leg, Ask(order.plan_id, order.member, leg.counts, leg.min_order_minor, *days)
                )


def _reach(
    uow: UnitOfWork,
    reached: Sequence[_Candidate],
    known: tuple[Mapping[uuid.UUID, Version], Mapping[uuid.UUID, Plan]],
    figures: Mapping[Ask, int],
    rounds: Mapping[tuple[object, ...], int],
) -> None:
    """Write down what was reached, and what it earns within the caps; each goes by the version of its order's sale."""
    versions, read = known
    by_version: dict[uuid.UUID, list[_Candidate]] = {}
    for one in reached:
        by_version.setdefault(one.order.plan_version_id, []).append(one)
    groups, rows = [], []
    for version_id, ones in by_version.items():
        plan = read[version_id]
        batch = [_counted(plan, one, figures[one.ask]) for one in ones]
        tallies = [_tally(uow, one, each) for one, each in zip(ones, batch, strict=True)]
        groups.append(Group(versions[version_id], plan, tallies, batch))
        for one, each in zip(ones, batch, strict=True):
            last = rounds.get((*one.ask, one.leg.reaches), 0)
            rows.append(_row(each.id, one, last + 1))
    write_tallies(uow, groups)
    store.add(uow.session, rows)


def _counted(plan: Plan, one: _Candidate, figure: int) -> Counted:
    day = one.order.on_day.isoformat()
    periods = {"day": day, "month": day[:7]} if plan.caps else {}
    facts = SaleFacts(sale_at=one.order.sold_at, periods=periods)
    return Counted(new_id(), "milestone", one.order.member, figure, 0, False, facts, one.number)


def _tally(uow: UnitOfWork, one: _Candidate, each: Counted) -> TallyRow:
    order = one.order
    # It is held from when it was reached: its goods may still go back, and then it is taken back as they do.
    return TallyRow(
        each.id,
        each.kind,
        order.member,
        order.plan_version_id,
        None,
        order.on_day,
        each.counted,
        0,
        uow.now,
        {"leg": one.number},
    )


def _row(tally_id: uuid.UUID, one: _Candidate, number: int) -> StandingRow:
    ask, leg = one.ask, one.leg
    return StandingRow(
        tally_id,
        ask.plan_id,
        ask.member,
        ask.counts,
        leg.reaches,
        ask.min_order_minor,
        ask.first_day,
        ask.last_day,
        leg.falls_below == "keep",
        number,
    )


def _fall(uow: UnitOfWork, fallen: Sequence[StandingRow], refund_id: uuid.UUID) -> None:
    """What stands no longer is taken back whole, by the refund that let it fall."""
    if not fallen:
        return
    ids = [row.tally_id for row in fallen]
    store.fall(uow.session, ids, uow.now)
    accruals = store.accruals_of(uow.session, ids)
    if not accruals:
        return
    read = plans_of(uow, accruals)
    taken = list(take_back(uow, read, accruals, lambda _, one: one.amount_minor - one.clawed_minor))
    if taken:
        reference = f"clawback:{to_public('rfd', refund_id)}:milestones"
        write_down(uow, read, taken, entry_of(reference, "clawback", taken), refund_id=refund_id)
        uow.emit(CommissionsClawedBack(refund_id))
        if any(each.owed_minor for each in taken):
            uow.emit(CommissionOwed(refund_id=refund_id))
