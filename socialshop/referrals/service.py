"""The sponsor tree's door: place members, read uplines and branches, correct a sponsor.

Locks. Whoever places a member holds the tree's lock shared, so placing never waits on placing; a correction holds it
alone, because it rewrites whole branches: a child placed meanwhile would keep stale uplines, and two corrections at
once (A under B, B under A) would each see a sound path and close a cycle together.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.referrals import store
from socialshop.referrals.circle_store import LeaderRow
from socialshop.referrals.circles import (
    circle,
    circle_numbers,
    circle_size,
    circles_of,
    is_in_circle,
    join_circle,
    leader_of_circle,
    leave_circle,
    require_circle,
)
from socialshop.referrals.crossings import (
    Counted,
    Threshold,
    count_subtrees,
    forget_crossings,
    note_crossings,
    subtrees,
)
from socialshop.referrals.crossings_store import CrossingRow, SubTreeRow
from socialshop.referrals.errors import AlreadyPlaced, NodeUnknown, SponsorCycle, SponsorUnchanged
from socialshop.referrals.figures import SUBJECT as TEAMS
from socialshop.referrals.figures import count_places, on_orders_changed, on_purchases_moved, recount, teams_of
from socialshop.referrals.history import PlaceThen, children_at, place_at, when_placed
from socialshop.referrals.history_store import ChildRow, CorrectionRow, Placed
from socialshop.referrals.influence import MOST_MEMBERS, Influence, influence
from socialshop.referrals.personal_store import PERSONAL
from socialshop.referrals.proposals import NO_SPONSOR, UNKNOWN_SPONSOR, Proposals, Resolution, Verdict, resolve
from socialshop.referrals.store import DirectRow, ForestColumns, Place
from socialshop.referrals.taking_over import TakenOver, take_over
from socialshop.referrals.teams import (
    FEWEST_SHOWN,
    LEVELS_COUNTED,
    BranchLevel,
    Level,
    Summary,
    Team,
    at_least,
    below_each,
    branch_of,
    directs,
    levels_below,
    summary,
    team,
)
from socialshop.referrals.tree import TOP, UPLINES_KEPT, Ints, depths, nearest_uplines

__all__ = [
    "FEWEST_SHOWN",
    "LEVELS_COUNTED",
    "NO_SPONSOR",
    "PERSONAL",
    "TEAMS",
    "UNKNOWN_SPONSOR",
    "BranchLevel",
    "BranchMember",
    "BranchVolume",
    "ChildRow",
    "CorrectionRow",
    "Counted",
    "CrossingRow",
    "DirectRow",
    "ForestColumns",
    "Influence",
    "Ints",
    "LeaderRow",
    "Level",
    "Place",
    "PlaceThen",
    "Placed",
    "Proposals",
    "Resolution",
    "SubTreeRow",
    "Summary",
    "TakenOver",
    "Team",
    "Threshold",
    "Uplines",
    "Verdict",
    "at_least",
    "below_each",
    "branch",
    "branch_of",
    "children_at",
    "circle",
    "circle_numbers",
    "circle_size",
    "circles_of",
    "correct_sponsor",
    "count_places",
    "count_subtrees",
    "directs",
    "forest_columns",
    "forget_crossings",
    "hold_tree",
    "influencers",
    "is_in_circle",
    "join_circle",
    "leader_of_circle",
    "leave_circle",
    "levels_below",
    "note_crossings",
    "on_orders_changed",
    "on_purchases_moved",
    "place",
    "place_at",
    "place_many",
    "place_of",
    "recount",
    "require_circle",
    "resolve",
    "sponsor_at",
    "subtrees",
    "summary",
    "take_over",
    "team",
    "teams_of",
    "uplines_of",
    "volumes",
    "when_placed",
]

_ANY_DEPTH = 2**31 - 1
_NAMED_IN_A_CYCLE = 20
VOLUMES_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Uplines:
    """Columns: `uplines[i]` are the nearest 8 uplines of `members[i]`, the sponsor first."""

    members: list[int]
    uplines: list[list[int]]


@dataclass(frozen=True, slots=True)
class BranchMember:
    """Somebody `level` levels below the member that was asked about."""

    member_number: int
    sponsor: int
    level: int


@dataclass(frozen=True, slots=True)
class BranchVolume:
    """Somebody of a branch: what the member bought, and what was bought below."""

    number: int
    sponsor: int | None
    member_id: uuid.UUID
    sponsor_id: uuid.UUID | None
    level: int
    directs: int
    volume: Money
    team_volume: Money


def place(uow: UnitOfWork, *, member_number: int, sponsor: int | None, placed_at: datetime) -> None:
    """Give a new member its place. Raises NodeUnknown (the sponsor), SponsorCycle (itself), AlreadyPlaced."""
    if sponsor == member_number:
        raise SponsorCycle("a member cannot be its own sponsor", members=[member_number])
    advisory_lock(uow, store.TREE_LOCK, shared=True)
    if store.find(uow.session, member_number) is not None:
        raise AlreadyPlaced("this member has a place in the tree already")
    above = None if sponsor is None else _found(uow, sponsor)
    uplines = [] if above is None else [above.member_number, *above.uplines][:UPLINES_KEPT]
    depth = 0 if above is None else above.depth + 1
    store.add(uow.session, Place(member_number, sponsor, depth, uplines, placed_at))


def place_many(uow: UnitOfWork, *, numbers: Ints, sponsors: Ints, placed_at: Ints) -> None:
    """Give many new members their places at once; sponsors may be among them, in any order, at any depth.

    `sponsors` is 0 for none; `placed_at` counts as `infra.columns` does. There must be no cycle among them
    (see `resolve`). Raises NodeUnknown where a sponsor neither stands nor comes along.
    """
    advisory_lock(uow, store.TREE_LOCK, shared=True)
    order = np.argsort(numbers)
    numbers, sponsors, placed_at = numbers[order], sponsors[order], placed_at[order]
    outside = np.setdiff1d(sponsors[sponsors != 0], numbers)
    above = store.standing(uow.session, outside)
    if len(above.number) != len(outside):
        raise NodeUnknown("a sponsor neither stands in the tree nor comes along")
    # One forest of the new members and, as its tops, the standing sponsors that they hang under.
    everyone = np.concatenate([numbers, above.number])
    parent = np.concatenate([_indexes(everyone, sponsors), np.full(len(above.number), TOP)])
    new = np.zeros_like(numbers)
    depth = depths(parent, np.concatenate([new, above.depth]))
    blank = np.zeros((len(numbers), UPLINES_KEPT), dtype=np.int64)
    uplines = nearest_uplines(parent, everyone, np.concatenate([blank, above.uplines]))
    count = len(numbers)
    store.add_many(uow.session, numbers, depth[:count], uplines[:count], placed_at)


def _indexes(everyone: Ints, sponsors: Ints) -> Ints:
    """The index in `everyone` of each sponsor, TOP for none."""
    by_number = np.argsort(everyone)
    found = by_number[np.minimum(np.searchsorted(everyone, sponsors, sorter=by_number), len(everyone) - 1)]
    return np.where(sponsors == 0, TOP, found)


def hold_tree(uow: UnitOfWork) -> None:
    """Keep corrections out until this transaction ends: what it reads of the tree is how the tree then stands."""
    advisory_lock(uow, store.TREE_LOCK, shared=True)


def place_of(uow: UnitOfWork, member_number: int) -> Place:
    """Where a member stands. Raises NodeUnknown."""
    return _found(uow, member_number)


def uplines_of(uow: UnitOfWork, numbers: Sequence[int]) -> Uplines:
    """The nearest 8 uplines of each member that has a place, in no particular order."""
    members, uplines = [], []
    for number, above in store.uplines_of(uow.session, numbers):
        members.append(number)
        uplines.append(above)
    return Uplines(members, uplines)


def branch(uow: UnitOfWork, member_number: int, *, levels: int = _ANY_DEPTH) -> list[BranchMember]:
    """Everybody at most `levels` below a member, nearest first; by recursion from the branch, not over the forest."""
    return [BranchMember(*row) for row in store.branch(uow.session, member_number, levels)]


def forest_columns(uow: UnitOfWork) -> ForestColumns:
    """The whole tree in columns, for `referrals.forest`: a million members in about a second."""
    return store.forest(uow.session)


def correct_sponsor(
    uow: UnitOfWork,
    *,
    member_number: int,
    new_sponsor: int | None,
    reason: str,
    by: str,
    actor: uuid.UUID | None = None,
) -> None:
    """Hang a member, with all below it, under another sponsor (None: at the top), and keep what was before.

    `by` names who did it, `actor` is the member's id if it is one of the shop's: the audit record keeps both. Orders
    that were placed before earn for those who stood above the buyer then: each keeps its uplines. Raises NodeUnknown,
    SponsorUnchanged, or SponsorCycle, which names the members between the two.
    """
    advisory_lock(uow, store.TREE_LOCK)
    member = _found(uow, member_number)
    if member.sponsor == new_sponsor:
        raise SponsorUnchanged("the member already has this sponsor", field="sponsor")
    above = None if new_sponsor is None else _found(uow, new_sponsor)
    if above is not None:
        _refuse_cycle(uow, member, above)
    store.move(uow.session, member, above)
    store.record_correction(uow.session, member, new_sponsor, reason=reason, by=by, at=uow.now)
    audit.record(
        uow,
        actor=actor,
        action="sponsor.corrected",
        target=f"member:{member_number}",
        facts={"from": member.sponsor, "to": new_sponsor, "reason": reason, "by": by},
    )


def _refuse_cycle(uow: UnitOfWork, member: Place, above: Place) -> None:
    # Who stands no deeper than the member cannot stand below it; that spares the walk in nearly every case.
    if above.depth < member.depth or (above.depth == member.depth and above != member):
        return
    path = store.path_up(uow.session, above.member_number, member.member_number)
    if path is not None:
        raise SponsorCycle("the new sponsor stands at or below the member", members=path[:_NAMED_IN_A_CYCLE])


def sponsor_at(uow: UnitOfWork, member_number: int, at: datetime) -> int | None:
    """Who was the member's sponsor at an instant; None at the top, or before the member had a place."""
    member = _found(uow, member_number)
    if at < member.placed_at:
        return None
    later = store.first_correction_after(uow.session, member_number, at)
    return member.sponsor if later is None else later[0]


def _found(uow: UnitOfWork, number: int) -> Place:
    found = store.find(uow.session, number)
    if found is None:
        raise NodeUnknown("no such member in the sponsor tree")
    return found


def influencers(
    uow: UnitOfWork, actor: uuid.UUID, member_id: uuid.UUID, *, currency: str, most: int
) -> list[tuple[Influence, BranchVolume]]:
    """Who holds a member's branch together, most first, with what was bought below each; who looked is recorded.

    Of a large branch the nearest MOST_MEMBERS. Raises NotFound.
    """
    nodes = volumes(uow, actor, member_id, levels=_ANY_DEPTH, currency=currency, most=MOST_MEMBERS)
    found = {node.number: node for node in nodes}
    edges = [(node.sponsor, node.number) for node in nodes if node.sponsor in found]
    return [(one, found[one.number]) for one in influence(edges, most)]


def volumes(
    uow: UnitOfWork,
    actor: uuid.UUID,
    member_id: uuid.UUID,
    *,
    levels: int,
    currency: str,
    most: int = VOLUMES_SHOWN,
) -> list[BranchVolume]:
    """The branch of a member with what each one bought and what was bought below; who looked is recorded.

    At most `most` members, nearest first: sums of those below count what is shown. Raises NotFound.
    """
    rows = store.volumes(uow.session, member_id, levels, currency, most)
    if not rows:
        raise NotFound("no such member in the sponsor tree")
    audit.record(
        uow, actor=actor, action="referrals.viewed", target=to_public("mbr", member_id), facts={"depth": levels}
    )
    below: dict[int, int] = {}
    directs: dict[int, int] = {}
    ids = {row.number: row.id for row in rows}
    for row in reversed(rows):
        if row.level > 0 and row.sponsor is not None:
            below[row.sponsor] = below.get(row.sponsor, 0) + row.volume_minor + below.get(row.number, 0)
            directs[row.sponsor] = directs.get(row.sponsor, 0) + 1
    return [
        BranchVolume(
            number=row.number,
            sponsor=row.sponsor if row.level else None,
            member_id=row.id,
            sponsor_id=ids.get(row.sponsor) if row.level and row.sponsor is not None else None,
            level=row.level,
            directs=directs.get(row.number, 0),
            volume=Money(row.volume_minor, currency),
            team_volume=Money(below.get(row.number, 0), currency),
        )
        for row in rows
    ]
