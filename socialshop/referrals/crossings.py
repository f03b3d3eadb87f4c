"""Which sub-trees have as many people on as many levels as a law counts: noted once a crossing, listed with the near.

A sub-tree is a member with everybody below; both figures count its head in, and its head's level. They are the team
figures, kept as the tree changes and recounted each night (`figures.py`): there is no second count.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.referrals import crossings_store as store
from socialshop.referrals.crossings_store import CrossingRow, SubTreeRow

_FORGOTTEN_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class Threshold:
    """A sub-tree is beyond it from so many people on, if they also stand on so many levels or more."""

    heads: int
    levels: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many sub-trees are over a law's threshold, and how many more are near it."""

    over: int
    near: int


def note_crossings(uow: UnitOfWork, threshold: Threshold) -> list[CrossingRow]:
    """The sub-trees that came to the threshold since it was asked last, each once until it has fallen below again.

    Call it with the figures that were just counted: whoever counts holds their lock, so of two jobs the second finds
    nothing. Two statements.
    """
    store.note_fallen(uow.session, threshold.heads, threshold.levels, uow.now)
    return store.note_crossed(uow.session, threshold.heads, threshold.levels, uow.now)


def count_subtrees(uow: UnitOfWork, over: Threshold, near: Threshold) -> Counted:
    """How many are over, and how many near. One statement."""
    every_near, every_over = store.count(uow.session, (near.heads, near.levels), (over.heads, over.levels))
    return Counted(every_over, every_near - every_over)


def subtrees(uow: UnitOfWork, near: Threshold, after: uuid.UUID | None, limit: int) -> list[SubTreeRow]:
    """Up to `limit` sub-trees that are near or over, the largest first, after that of this member. One statement."""
    return store.page(uow.session, near.heads, near.levels, after, limit)


def forget_crossings(uow: UnitOfWork, before: datetime) -> bool:
    """Forget a batch of crossings that were over before then; True if there may be more."""
    return store.forget(uow.session, before, _FORGOTTEN_AT_A_TIME) == _FORGOTTEN_AT_A_TIME
