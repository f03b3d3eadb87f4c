"""What a plan would have paid for what is counted, behind its sales: milestones, clicks and views of that time.

The plan's own side is counted from the sales and from what the record holds of clicks and views; the side of the plans
in force is made of the tallies that they came to, decided again by what was kept of each.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from socialshop.commissions import milestones, traffic
from socialshop.commissions.plan import Plan, parse_plan
from socialshop.commissions.salefacts import SaleFacts
from socialshop.commissions.service.capping import Decided, cut_on_trial
from socialshop.commissions.service.tallying import COUNTED_AFTER, counted_of
from socialshop.commissions.simulation import Side
from socialshop.commissions.store import plans
from socialshop.commissions.store import simulated_counts as store
from socialshop.commissions.store.simulated_counts import DayRow, Days
from socialshop.commissions.store.simulations import SimulationRow
from socialshop.commissions.store.tallies import Recounted
from socialshop.commissions.traffic import Counted
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id, new_ids, to_public

ORDERS_A_PART = 100_000
_TALLIES_A_STEP = 20_000
_FIRST: dict[str, Any] = {"step": "milestones", "after": 0}
_NONE = uuid.UUID(int=0)


def days_of(row: SimulationRow, plan: Plan) -> Days | None:
    """The days that began in the time that is asked about and were over when it was; None where none are paid.

    Clicks and views are paid in the shop's own currency alone.
    """
    settings = wired.settings()
    if plan.currency != settings.currency:
        return None
    zone = ZoneInfo(settings.time_zone)
    first, last = (_first_day(instant, zone) for instant in (row.sales_from, row.sales_to))
    over = (row.asked_at - COUNTED_AFTER).astimezone(zone).date()
    last = min(last, over) - timedelta(days=1)
    everybody = any(getattr(leg, "who", None) == "members" for leg in plan.legs)
    return Days(first, last, settings.time_zone, everybody) if first <= last else None


def carry_on(uow: UnitOfWork, row: SimulationRow, plan: Plan, here: Side, there: Side) -> dict[str, Any] | None:
    """Pay the next of what is counted on both sides; how far it came, None once there is nothing left."""
    asked = days_of(row, plan)
    then = row.then_at or _FIRST
    if then["step"] == "milestones":
        parts = _parts(row) if milestones.legs_of(plan) else 0
        if then["after"] < parts:
            _pay_milestones(uow, row, plan, here, (then["after"], parts))
            return {"step": "milestones", "after": then["after"] + 1}
        then = {"step": "days", "after": None}
    if then["step"] == "days":
        found = _days(uow, asked, plan, then["after"])
        if found:
            _pay_days(uow, row, plan, here, found)
            last = found[-1]
            return {"step": "days", "after": [last.on_day.isoformat(), str(last.link_id), last.kind]}
        then = {"step": "tallies", "after": str(_NONE)}
    tallied = store.tallied(uow.session, row, uuid.UUID(then["after"]), _TALLIES_A_STEP)
    if not tallied:
        return None
    _pay_tallies(uow, there, tallied)
    return {"step": "tallies", "after": str(tallied[-1].tally.id)}


def _first_day(instant: datetime, zone: ZoneInfo) -> date:
    """The first day that begins at the instant or after it."""
    day = instant.astimezone(zone).date()
    return day if datetime.combine(day, time(), zone).astimezone(UTC) >= instant else day + timedelta(days=1)


def _parts(row: SimulationRow) -> int:
    return -(-(row.lines or 0) // ORDERS_A_PART)


def _pay_milestones(uow: UnitOfWork, row: SimulationRow, plan: Plan, here: Side, part: tuple[int, int]) -> None:
    orders = store.orders(uow.session, row, wired.settings().time_zone, *part)
    found = list(milestones.reached(milestones.legs_of(plan), orders))
    batch = [
        Counted(new_id(), "milestone", one.order.member, one.figure, 0, False, _facts(plan, one.order.on_day), one.leg)
        for one in found
    ]
    _pay(uow, here, plan, batch, [one.order.on_day for one in found], counting=row.id)


def _days(uow: UnitOfWork, asked: Days | None, plan: Plan, after: Sequence[str] | None) -> list[DayRow]:
    if asked is None or not any(leg.kind in ("click", "view") for leg in plan.legs):
        return []
    since = None if after is None else (date.fromisoformat(after[0]), uuid.UUID(after[1]), after[2])
    return store.days(uow.session, asked, since, _TALLIES_A_STEP)


def _pay_days(uow: UnitOfWork, row: SimulationRow, plan: Plan, here: Side, found: Sequence[DayRow]) -> None:
    batch = [
        Counted(id_, day.kind, day.member, day.counted, 0, day.publisher, _about(plan, day))
        for id_, day in zip(new_ids(len(found)), found, strict=True)
    ]
    _pay(uow, here, plan, batch, [day.on_day for day in found], counting=row.id)


def _pay_tallies(uow: UnitOfWork, there: Side, tallied: Sequence[Recounted]) -> None:
    """What each version paid of its tallies, less what was struck out or fell since."""
    by_version: dict[uuid.UUID, list[Recounted]] = {}
    for one in tallied:
        by_version.setdefault(one.tally.plan_version_id, []).append(one)
    for version in plans.versions(uow.session, by_version):
        left = [one for one in by_version[version.id] if one.tally.counted > one.disallowed]
        batch = [counted_of(one.tally)._replace(counted=one.tally.counted - one.disallowed) for one in left]
        _pay(uow, there, parse_plan(version.document), batch, [one.tally.on_day for one in left], counting=None)


def _pay(
    uow: UnitOfWork,
    side: Side,
    plan: Plan,
    batch: Sequence[Counted],
    days: Sequence[date],
    *,
    counting: uuid.UUID | None,
) -> None:
    """Caps count in the simulation `counting`, behind its sales; without one each goes by the room that it had."""
    capped = traffic.capped_by(plan)
    decided = Decided(capped, traffic.columns_of(batch), traffic.accrue(plan, batch))
    for one in cut_on_trial(uow, [decided], counting):
        side.add(plan, one.outcome, days)


def _facts(plan: Plan, day: date) -> SaleFacts:
    return SaleFacts(periods=milestones.periods_of(day) if plan.caps else {})


def _about(plan: Plan, day: DayRow) -> SaleFacts:
    return _facts(plan, day.on_day)._replace(
        sale_at=day.begins,
        product=None if day.product_id is None else to_public("prd", day.product_id),
        deal=None if day.deal_id is None else to_public("deal", day.deal_id),
        channel=day.channel,
    )
