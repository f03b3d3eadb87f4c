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
from socialshop.referrals import store
from socialshop.referrals.errors import AlreadyPlaced, NodeUnknown, SponsorCycle, SponsorUnchanged
from socialshop.referrals.proposals import NO_SPONSOR, UNKNOWN_SPONSOR, Proposals, Resolution, Verdict, resolve
from socialshop.referrals.store import ForestColumns, Place
from socialshop.referrals.tree import TOP, UPLINES_KEPT, Ints, depths, nearest_uplines

__all__ = [
    "NO_SPONSOR",
    "UNKNOWN_SPONSOR",
    "BranchMember",
    "ForestColumns",
    "Ints",
    "Place",
    "Proposals",
    "Resolution",
    "Uplines",
    "Verdict",
    "branch",
    "correct_sponsor",
    "forest_columns",
    "place",
    "place_many",
    "place_of",
    "resolve",
    "sponsor_at",
    "uplines_of",
]

_LOCK = "referrals:tree"
_ANY_DEPTH = 2**31 - 1
_NAMED_IN_A_CYCLE = 20


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


def place(uow: UnitOfWork, *, member_number: int, sponsor: int | None, placed_at: datetime) -> None:
    """Give a new member its place. Raises NodeUnknown (the sponsor), SponsorCycle (itself), AlreadyPlaced."""
    if sponsor == member_number:
        raise SponsorCycle("a member cannot be its own sponsor", members=[member_number])
    advisory_lock(uow, _LOCK, shared=True)
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
    advisory_lock(uow, _LOCK, shared=True)
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

    `by` names who did it, `actor` is the member's id if it is one of the shop's: the audit record keeps both. Past
    accruals stay as they are: each order snapshotted its uplines. Raises NodeUnknown, SponsorUnchanged, or
    SponsorCycle, which names the members between the two.
    """
    advisory_lock(uow, _LOCK)
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
