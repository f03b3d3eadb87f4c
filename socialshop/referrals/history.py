"""The tree as it stood: who was whose sponsor at an instant, who stood above and below, and what was corrected."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.referrals import history_store as store
from socialshop.referrals.history_store import ChildRow, CorrectionRow, Placed

_ABOVE_SHOWN = 50


@dataclass(frozen=True, slots=True)
class PlaceThen:
    """Where a member stood at `at`: who stood above, the sponsor first (at most 50), and every correction ever made.

    Nobody stands above before the member had a place (`placed_at`), and at the top.
    """

    number: int
    at: datetime
    placed_at: datetime
    above: tuple[tuple[int, uuid.UUID], ...]
    corrections: tuple[CorrectionRow, ...]

    @property
    def sponsor_id(self) -> uuid.UUID | None:
        """Who was the sponsor."""
        return self.above[0][1] if self.above else None


def when_placed(uow: UnitOfWork, member_id: uuid.UUID) -> Placed:
    """A member's number and since when it has a place. Raises NotFound for who has none. One statement."""
    found = store.when_placed(uow.session, member_id)
    if found is None:
        raise NotFound("no such member in the sponsor tree")
    return found


def place_at(uow: UnitOfWork, who: Placed, at: datetime) -> PlaceThen:
    """Where a member stood at an instant. Two statements."""
    above = store.above_at(uow.session, who.number, at, _ABOVE_SHOWN)
    return PlaceThen(who.number, at, who.placed_at, tuple(above), tuple(store.corrections_of(uow.session, who.number)))


def children_at(uow: UnitOfWork, number: int, at: datetime, after: uuid.UUID | None, limit: int) -> list[ChildRow]:
    """Up to `limit` who stood directly below a member at an instant, the earliest first. One statement."""
    return store.children_at(uow.session, number, at, after, limit)
