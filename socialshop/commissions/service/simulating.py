"""Simulations: a plan over the sales that were made, some thousand lines a job, beside the plans in force."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from socialshop.audit import service as audit
from socialshop.commissions import guard, history, simulation
from socialshop.commissions.events import SimulationDue
from socialshop.commissions.findings import Finding
from socialshop.commissions.history import Gap, History
from socialshop.commissions.plan import Plan, parse_plan
from socialshop.commissions.service import drafting, simulating_counts
from socialshop.commissions.service.accruing import columns_of, compute, groups_of
from socialshop.commissions.service.capping import Decided, cut_on_trial
from socialshop.commissions.service.looking_up import Found, kept_facts, look_up
from socialshop.commissions.simulation import Side
from socialshop.commissions.store import plans, simulated_counts
from socialshop.commissions.store import simulations as store
from socialshop.commissions.store.simulations import DaySums, LegSums, SimulationRow, SoldLine, Spread
from socialshop.infra import wired
from socialshop.infra.collector import cycles_kept
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.money import BPS

SIMULATION_PREFIX = "sim"
LINES_A_JOB = 20_000
_FORGOTTEN_AT_A_TIME = 100
# What is counted comes behind the sales.
_ALL_BUT_COUNTS = 99


@dataclass(frozen=True, slots=True)
class Question:
    """Which sales: from `sales_from` on and before `sales_to`; `budget_minor` is what may be spent on them."""

    sales_from: datetime
    sales_to: datetime
    budget_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulation and what has come of it. Until it is finished the sums are those of the lines that are done.

    Amounts are minor units of the plan's currency; `there` is what the plans in force at each sale pay of it, by the
    same reckoning. `spread` is None until it is finished; `exhausted_on` the day on which the budget is spent.
    `gaps` are the legs that ask for what the record of that time does not hold, wholly or in part.
    """

    row: SimulationRow
    sales_minor: int
    here_minor: int
    there_minor: int
    legs: Sequence[LegSums]
    days: Sequence[DaySums]
    spread: Spread | None
    exhausted_on: date | None
    findings: Sequence[Finding]
    history: History
    gaps: Sequence[Gap]

    @property
    def done_percent(self) -> int:
        """How far it is."""
        if self.row.finished_at is not None:
            return 100
        return min(self.row.done * 100 // self.row.lines, _ALL_BUT_COUNTS) if self.row.lines else 0

    def share_bps(self, cost_minor: int) -> int | None:
        """A cost over sales, in basis points, rounded down; None where nothing was sold."""
        return cost_minor * BPS // self.sales_minor if self.sales_minor else None


def simulate(uow: UnitOfWork, actor: uuid.UUID, plan_id: uuid.UUID, question: Question) -> SimulationRow:
    """Ask what a draft or published plan would have paid; jobs work it out. Raises NotFound, InvalidValue (`to`)."""
    plan = drafting.plan_of(uow, plan_id)
    if question.sales_to <= question.sales_from:
        raise InvalidValue("the end must be later than the beginning", field="to")
    row = SimulationRow(
        id=new_id(),
        plan_id=plan_id,
        document=plan.document,
        currency=plan.document["currency"],
        sales_from=question.sales_from,
        sales_to=question.sales_to,
        budget_minor=question.budget_minor,
        asked_at=uow.now,
        lines=None,
        last_line=None,
        through=None,
        done=0,
        result=None,
        finished_at=None,
    )
    store.add(uow.session, row, actor)
    facts = {"from": row.sales_from, "to": row.sales_to, "simulation": to_public(SIMULATION_PREFIX, row.id)}
    audit.record(uow, actor=actor, action="plan.simulated", target=to_public("plan", plan_id), facts=facts)
    uow.emit(SimulationDue(row.id))
    return row


def simulated(uow: UnitOfWork, plan_id: uuid.UUID, simulation_id: uuid.UUID) -> Simulated:
    """What has come of a plan's simulation. Raises NotFound. Three statements."""
    row = store.find(uow.session, simulation_id)
    if row is None or row.plan_id != plan_id:
        raise NotFound("no such simulation of this plan")
    days, plan = store.days_of(uow.session, row.id), parse_plan(row.document)
    known = History(**(row.history or {}))
    exhausted = None
    if row.budget_minor is not None:
        exhausted = simulation.exhausted_on({day.sold_on: day.here_minor for day in days}, row.budget_minor)
    return Simulated(
        row=row,
        sales_minor=sum(day.sales_minor for day in days),
        here_minor=sum(day.here_minor for day in days),
        there_minor=sum(day.there_minor for day in days),
        legs=store.legs_of(uow.session, row.id),
        days=days,
        spread=None if row.result is None else Spread(**row.result),
        exhausted_on=exhausted,
        findings=guard.examine(plan, wired.settings().country),
        history=known,
        gaps=[] if row.history is None else history.gaps(plan, known),
    )


def simulations_of(uow: UnitOfWork, plan_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> list[SimulationRow]:
    """A plan's simulations, the newest first. Raises NotFound. Two statements."""
    drafting.plan_of(uow, plan_id)
    return store.of_plan(uow.session, plan_id, before, limit)


def on_simulation_due(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]], *, lines: int = LINES_A_JOB) -> None:
    """Follow SimulationDue: some lines more of each, and the fact again while there are more.

    How far it came stands beside the sums and is locked with them: killed in the middle, or told twice, each line
    counts once.
    """
    for simulation_id in sorted({uuid.UUID(payload["simulation_id"]) for payload in payloads}):
        row = store.lock(uow.session, simulation_id)
        if row is None or row.finished_at is not None:
            continue
        if row.lines is None:
            row = _begin(uow, row)
        if _carry_on(uow, row, lines):
            uow.emit(SimulationDue(simulation_id))
        else:
            store.finish(uow.session, row.id, store.spread(uow.session, row.id)._asdict(), uow.now)
        crash_point("simulation.carried")


def forget_simulations(uow: UnitOfWork, before: datetime) -> bool:
    """Forget simulations that were asked for before then; True if there may be more."""
    return store.forget(uow.session, before, _FORGOTTEN_AT_A_TIME) == _FORGOTTEN_AT_A_TIME


def _begin(uow: UnitOfWork, row: SimulationRow) -> SimulationRow:
    """Fix what is read, note what the record knows of it, and name every leg, also one that will pay nothing."""
    row, plan = store.begin(uow.session, row), parse_plan(row.document)
    known = simulated_counts.history(uow.session, row, simulating_counts.days_of(row, plan))
    simulated_counts.keep_history(uow.session, row.id, known)
    # What a tier leg pays stands at the levels of who earns it.
    legs = dict.fromkeys((leg.kind, leg.level) for leg in plan.legs if leg.kind != "tier")
    store.add_legs(uow.session, row.id, [LegSums(*leg, 0, 0, 0, 0) for leg in legs])
    return row


def _carry_on(uow: UnitOfWork, row: SimulationRow, limit: int) -> bool:
    """Add the next lines, and behind them what is counted, to the sums; False once there are none."""
    sold = [] if row.then_at else store.next_lines(uow.session, row, wired.settings().time_zone, limit)
    if not sold:
        here, there = Side(), Side()
        then = simulating_counts.carry_on(uow, row, parse_plan(row.document), here, there)
        if then is None:
            return False
        _add(uow, row.id, [], here, there)
        simulated_counts.go_on(uow.session, row.id, then)
        return True
    with cycles_kept():
        here, there = Side(), Side()
        draft = parse_plan(row.document)
        _pay(uow, here, draft, sold, look_up(uow, draft, [one.line for one in sold]), counting=row.id)
        for plan, lines in _by_plan_in_force(uow, sold):
            _pay(uow, there, plan, lines, kept_facts(uow, plan, [one.line for one in lines]), counting=None)
        _add(uow, row.id, sold, here, there)
    store.advance(uow.session, row.id, sold[-1].line.order_line_id, len(sold))
    return True


def _by_plan_in_force(uow: UnitOfWork, sold: Sequence[SoldLine]) -> list[tuple[Plan, list[SoldLine]]]:
    """The lines by the plan that was in force at their sale; those without one earn nobody anything."""
    by_version: dict[uuid.UUID, list[SoldLine]] = {}
    for one in sold:
        if one.line.plan_version_id is not None:
            by_version.setdefault(one.line.plan_version_id, []).append(one)
    return [
        (parse_plan(version.document), by_version[version.id]) for version in plans.versions(uow.session, by_version)
    ]


def _pay(
    uow: UnitOfWork, side: Side, plan: Plan, sold: Sequence[SoldLine], found: Found, *, counting: uuid.UUID | None
) -> None:
    """Caps count in the simulation `counting`; without one each line goes by the room that it had."""
    day_of = {one.line.order_line_id: one.sold_on for one in sold}
    weighed = [
        Decided(paying, sales := columns_of(group, found), compute(paying, sales))
        for paying, group in groups_of(plan, [one.line for one in sold])
    ]
    for decided in cut_on_trial(uow, weighed, counting):
        side.add(decided.plan, decided.outcome, [day_of[line] for line in decided.sales.line_ids])


def _add(uow: UnitOfWork, simulation_id: uuid.UUID, sold: Sequence[SoldLine], here: Side, there: Side) -> None:
    store.add_earners(uow.session, simulation_id, here.earners, there.earners)
    legs = [
        LegSums(leg.kind, leg.level, here.legs[leg], there.legs[leg], here.rewards[leg], there.rewards[leg])
        for leg in sorted(here.legs.keys() | there.legs.keys())
    ]
    store.add_legs(uow.session, simulation_id, legs)
    sales = simulation.sales_by_day([one.line.base_minor for one in sold], [one.sold_on for one in sold])
    known = sorted(sales.keys() | here.days.keys() | there.days.keys())
    days = [DaySums(day, sales[day], here.days[day], there.days[day]) for day in known]
    store.add_days(uow.session, simulation_id, days)
