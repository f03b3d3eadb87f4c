"""Caps across batches: what counters have room for is paid, and what is taken back makes room again.

Locks. An accrual holds the counters that it may move before it posts; a claw back holds them before it holds balances.
Both take them in one order, so nobody waits in a circle.
"""

from __future__ import annotations

import uuid
from collections import Counter as Sums
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import NamedTuple

from socialshop.commissions import capping, salefacts
from socialshop.commissions.plan import Plan
from socialshop.commissions.rules import Outcome, Sales, Standing, Taken
from socialshop.commissions.salefacts import SaleFacts
from socialshop.commissions.store import counters as store
from socialshop.commissions.store.counters import Counter
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork

_FORGOTTEN_AT_A_TIME = 5_000


class Decided(NamedTuple):
    """Sales that were decided at once, under the plan as it pays them."""

    plan: Plan
    sales: Sales
    outcome: Outcome


def cut_to_caps(
    uow: UnitOfWork, weighed: Sequence[tuple[uuid.UUID, Decided]], found: MutableMapping[uuid.UUID, SaleFacts]
) -> list[tuple[uuid.UUID, Decided]]:
    """The same, cut to what the caps of each plan have room for; `found` learns what each line found its counters at.

    Two statements, whatever the number: the counters of the whole batch are locked in one, and moved in one.
    """
    wanted = {
        Counter(plan_id, key)
        for plan_id, one in weighed
        if one.plan.caps
        for key in capping.asked_keys(one.plan, one.sales, one.outcome)
    }
    before = store.lock(uow.session, wanted, uow.now)
    crash_point("accrue.counted")
    standing: dict[uuid.UUID, dict[str, int]] = {}
    for counter, used in before.items():
        standing.setdefault(counter.plan_id, {})[counter.key] = used
    after = [(plan_id, _cut(one, standing.setdefault(plan_id, {}), found)) for plan_id, one in weighed]
    moved = {counter: standing[counter.plan_id][counter.key] - used for counter, used in before.items()}
    store.move(uow.session, {counter: by for counter, by in moved.items() if by})
    return after


def cut_on_trial(uow: UnitOfWork, weighed: Sequence[Decided], simulation_id: uuid.UUID | None) -> Sequence[Decided]:
    """The same under one plan, cut by the counters of a simulation; without one, by what was kept of each line."""
    if not any(one.plan.caps for one in weighed):
        return weighed
    if simulation_id is None:
        return [_cut(one, None, {}) for one in weighed]
    keys = {key for one in weighed for key in capping.asked_keys(one.plan, one.sales, one.outcome, orders=True)}
    counters = store.of_simulation(uow.session, simulation_id, keys)
    after = [_cut(one, counters, {}) for one in weighed]
    store.keep_of_simulation(uow.session, simulation_id, counters)
    return after


def hold_counters(
    uow: UnitOfWork, plans: Mapping[uuid.UUID, tuple[uuid.UUID, Plan]], accruals: Iterable[Standing]
) -> None:
    """Lock the counters that these accruals count in; `plans` are (plan, document) by version."""
    wanted = {counter for accrual in accruals for counter in counters_of(*plans[accrual.plan_version_id], accrual)}
    if wanted:
        store.lock(uow.session, wanted, uow.now)


def make_room(uow: UnitOfWork, plans: Mapping[uuid.UUID, tuple[uuid.UUID, Plan]], taken: Iterable[Taken]) -> None:
    """What was taken back counts no more, in the period of its own sale; what was cut before stays cut."""
    back: Sums[Counter] = Sums()
    for each in taken:
        for counter in counters_of(*plans[each.accrual.plan_version_id], each.accrual):
            back[counter] -= each.amount_minor
    if back:
        store.move(uow.session, back)


def forget_counters(uow: UnitOfWork, before: datetime) -> bool:
    """Forget a batch of counters that stand at nothing since before then; True if there may be more.

    One that stands at something stays as long as the accruals that it sums up: replay holds both against each other.
    """
    return store.forget_at_nothing(uow.session, before, _FORGOTTEN_AT_A_TIME) == _FORGOTTEN_AT_A_TIME


def counters_of(plan_id: uuid.UUID, plan: Plan, accrual: Standing) -> list[Counter]:
    """The counters that an accrual counts in."""
    if plan.caps is None:
        return []
    periods = salefacts.read(accrual.facts).periods
    keys = capping.kept_keys(plan.caps, accrual.order_id, accrual.beneficiary, periods)
    return [Counter(plan_id, key) for key in keys]


def _cut(
    one: Decided, counters: MutableMapping[str, int] | None, found: MutableMapping[uuid.UUID, SaleFacts]
) -> Decided:
    if not one.plan.caps:
        return one
    capped = capping.cut(one.plan, one.sales, one.outcome, counters)
    for sale, used in capped.found.items():
        line = one.sales.line_ids[sale]
        if line in found:
            found[line] = found[line]._replace(used=used)
    return one._replace(outcome=capped.outcome)
