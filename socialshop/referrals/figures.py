"""How many stand below each member, on how many levels, what was bought there: kept as it happens, recounted by night.

Sales come by their events, as what a buyer bought more or less than was counted; new and corrected places come by a
job every few minutes. No sale touches a row above its buyer: the jobs do, one at a time under the figures' lock. Depth
stands with the place. The nightly recount is another way (numpy, over the whole forest): where both differ, something
is wrong, and a finding says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.money import Money
from socialshop.kernel.time import to_text
from socialshop.referrals import figures_store as store
from socialshop.referrals import forest
from socialshop.referrals import store as places
from socialshop.referrals.figures_store import Affected, Figures, Kept
from socialshop.referrals.tree import depths
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity

SUBJECT = "teams"
DIFFER = "team_figures_differ"
_LOCK = "referrals:figures"
# Where more places changed (an import), the whole forest is counted at once.
_MOST_ONE_BY_ONE = 1_000
_TOLD = 20


def on_orders_changed(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrdersConfirmed and OrderRefunded: what the buyers bought counts for everybody above. One statement.

    Told of it again, nothing more is counted: it is the difference to what was counted that is taken up.
    """
    ids = {uuid.UUID(order) for payload in payloads for order in payload.get("order_ids") or [payload["order_id"]]}
    advisory_lock(uow, _LOCK)
    store.add_sales(uow.session, sorted(ids), wired.settings().currency)


def on_purchases_moved(uow: UnitOfWork, numbers: Sequence[int]) -> None:
    """What these members bought is another's, or became theirs: it counts above them as it stands. One statement."""
    advisory_lock(uow, _LOCK)
    store.add_sales_of(uow.session, numbers, wired.settings().currency)


def count_places(uow: UnitOfWork) -> bool:
    """Take up new and corrected places. A periodic step."""
    _hold(uow)
    changed = store.changed_places(uow.session, _MOST_ONE_BY_ONE + 1)
    if len(changed) > _MOST_ONE_BY_ONE:
        store.write_all(uow.session, _counted(uow))
    elif changed:
        touched = store.affected(uow.session, changed, wired.settings().currency)
        store.write(uow.session, summed(touched))
    return False


def recount(uow: UnitOfWork, is_anything_on_its_way: Callable[[UnitOfWork], bool]) -> bool:
    """Count the whole forest anew, and set right what differs; where nothing explains that, it is a finding.

    Sales whose events are still on their way explain a sum, and nothing explains a number of members or a depth.
    A periodic step, by night.
    """
    count_places(uow)
    found, kept = _counted(uow), store.kept(uow.session)
    waits = is_anything_on_its_way(uow)
    differs = (found.members != kept.members) | (found.levels != kept.levels)
    if not waits:
        differs |= (found.volume_minor != kept.volume_minor) | (found.own_minor != kept.own_minor)
    columns = places.forest(uow.session)
    wrong_depth = depths(forest.parents(columns.number, columns.sponsor)) != columns.depth
    if differs.any() or wrong_depth.any():
        screening.record(uow, [_finding(uow, found, kept, differs | wrong_depth, int(wrong_depth.sum()))])
    store.write_all(uow.session, found)
    return False


def summed(touched: Sequence[Affected]) -> list[Figures]:
    """The figures of these, the deepest first: what is touched below each is added to what is not."""
    below: dict[int, tuple[int, int, int]] = {}
    rows = []
    for one in sorted(touched, key=lambda each: -each.depth):
        members, volume, levels = below.get(one.number, (0, 0, 0))
        members, volume, levels = members + one.members, volume + one.volume_minor, max(levels, one.levels)
        rows.append(Figures(one.number, one.sponsor, one.own_minor, members, volume, levels))
        if one.sponsor is not None:
            above_members, above_volume, above_levels = below.get(one.sponsor, (0, 0, 0))
            # A merged account is a leaf and no head; what it bought was bought there all the same.
            heads, reach = (0, 0) if one.is_merged else (members + 1, levels + 1)
            below[one.sponsor] = (
                above_members + heads,
                above_volume + volume + one.own_minor,
                max(above_levels, reach),
            )
    return rows


def teams_of(uow: UnitOfWork, member_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, Money]]:
    """How many stand below each of these, at whatever depth, and what was bought there; some minutes behind."""
    currency = wired.settings().currency
    found = store.of_members(uow.session, member_ids)
    return {each: (members, Money(volume, currency)) for each, (members, volume) in found.items()}


def _hold(uow: UnitOfWork) -> None:
    """The tree stays as it is, and nobody else writes figures."""
    advisory_lock(uow, places.TREE_LOCK, shared=True)
    advisory_lock(uow, _LOCK)


def _counted(uow: UnitOfWork) -> Kept:
    """The figures of everybody, by numpy from the places and the orders alone."""
    columns = places.forest(uow.session)
    own = store.spread(columns.number, *store.bought(uow.session, wired.settings().currency))
    parent = forest.parents(columns.number, columns.sponsor)
    depth = depths(parent)
    is_head = columns.is_merged == 0
    members = forest.team_sums(parent, depth, is_head.astype(np.int64))
    volume, levels = forest.team_sums(parent, depth, own), np.zeros(len(own), dtype=np.int64)
    # Merged accounts are leaves: the forest of all others is whole without them.
    heads = forest.parents(columns.number[is_head], columns.sponsor[is_head])
    levels[is_head] = forest.levels_below(heads, depth[is_head])
    return Kept(columns.number, columns.sponsor, own, members, volume, levels)


def _finding(uow: UnitOfWork, found: Kept, kept: Kept, differs: Any, depths_wrong: int) -> Finding:
    told = [
        {
            "member": int(found.number[at]),
            "members": [int(kept.members[at]), int(found.members[at])],
            "volume_minor": [int(kept.volume_minor[at]), int(found.volume_minor[at])],
            "levels": [int(kept.levels[at]), int(found.levels[at])],
        }
        for at in np.flatnonzero(differs)[:_TOLD]
    ]
    evidence = {"differ": int(differs.sum()), "wrong_depths": depths_wrong, "kept_and_counted": told}
    return Finding(SUBJECT, DIFFER, to_text(uow.now), Severity.WARNING, evidence)
