"""A member's team as its upline may see it: direct members by name where they agreed, all others as counts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.referrals import store
from socialshop.referrals.store import DirectRow
from socialshop.referrals.tree import UPLINES_KEPT

LEVELS_COUNTED = UPLINES_KEPT
FEWEST_SHOWN = 5
RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Level:
    """How many stand so many levels below; beyond the first level None stands for fewer than FEWEST_SHOWN."""

    level: int
    members: int | None

    @classmethod
    def of(cls, level: int, members: int, _recent: int) -> Level:
        """A level as its upline may see it."""
        return cls(level, members if level == 1 else shown(members))


@dataclass(frozen=True, slots=True)
class Summary:
    """A member's team: directly below, of these in the last 30 days, and on the seven levels below them."""

    direct: int
    direct_recent: int
    deeper: int | None


@dataclass(frozen=True, slots=True)
class Team:
    """A member's team at once: in sum, and level by level."""

    summary: Summary
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class BranchLevel:
    """At least so many stand so many levels below somebody whom the member brought; None for fewer than FEWEST_SHOWN.

    Round figures: what is left of the team's own exact figure, less those of all other branches, tells no number.
    """

    level: int
    at_least: int | None


def directs(uow: UnitOfWork, member_number: int, after: uuid.UUID | None, limit: int) -> list[DirectRow]:
    """Up to `limit` members directly below, the earliest first, after this one."""
    return store.directs(uow.session, member_number, after, limit)


def team(uow: UnitOfWork, member_number: int) -> Team:
    """The team within 8 levels, in sum and level by level. One statement."""
    counts = _counts(uow, member_number, LEVELS_COUNTED)
    return Team(_summary(counts), tuple(_levels(counts, LEVELS_COUNTED)))


def below_each(uow: UnitOfWork, member_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """At least how many stand below each of these, within 7 levels; without those below whom too few stand.

    For who brought them: round figures, as BranchLevel says. One statement.
    """
    counted = store.counts_below(uow.session, member_ids, LEVELS_COUNTED - 1)
    return {member_id: rounded for member_id, members in counted if (rounded := at_least(members)) is not None}


def branch_of(uow: UnitOfWork, member_number: int, direct_id: uuid.UUID) -> tuple[DirectRow, list[BranchLevel]]:
    """Somebody whom the member brought, and how many stand on each level below, counted from the member.

    Raises NotFound, also for whom somebody else brought. One statement.
    """
    found = store.branch_levels(uow.session, member_number, direct_id, LEVELS_COUNTED - 1)
    if found is None:
        raise NotFound("nobody whom you invited")
    direct, counts = found
    return direct, [BranchLevel(level + 1, at_least(members)) for level, members in counts]


def at_least(members: int) -> int | None:
    """A round figure that so many reach: 5, 10, 20, 50, 100, …; None below FEWEST_SHOWN."""
    if members < FEWEST_SHOWN:
        return None
    size: int = 10 ** (len(str(members)) - 1)
    return max(step for step in (size // 2, size, 2 * size, 5 * size) if step <= members)


def levels_below(uow: UnitOfWork, member_number: int, levels: int) -> list[Level]:
    """How many stand at each of so many levels below; a few strangers could be guessed, so they are not counted."""
    return _levels(_counts(uow, member_number, levels), levels)


def _levels(counts: Sequence[tuple[int, int, int]], levels: int) -> list[Level]:
    counted = {level: (members, recent) for level, members, recent in counts}
    return [Level.of(level, *counted.get(level, (0, 0))) for level in range(1, levels + 1)]


def summary(uow: UnitOfWork, member_number: int) -> Summary:
    """The team within 8 levels."""
    return _summary(_counts(uow, member_number, LEVELS_COUNTED))


def _summary(counts: Sequence[tuple[int, int, int]]) -> Summary:
    direct = [(members, recent) for level, members, recent in counts if level == 1]
    deeper = sum(members for level, members, _ in counts if level > 1)
    members, recent = direct[0] if direct else (0, 0)
    return Summary(direct=members, direct_recent=recent, deeper=shown(deeper))


def shown(members: int) -> int | None:
    """A count of strangers, None where it is so small that one could be guessed."""
    return members if members >= FEWEST_SHOWN else None


def _counts(uow: UnitOfWork, member_number: int, levels: int) -> list[tuple[int, int, int]]:
    return store.level_counts(uow.session, member_number, levels, uow.now - RECENT)
