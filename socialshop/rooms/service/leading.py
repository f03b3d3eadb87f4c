"""Rooms as a leader follows them: which fill now, how the rooms of a deal stand, what each day brought."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.rooms.rules import Seat, Status
from socialshop.rooms.service.reading import MemberView
from socialshop.rooms.store import leading as store
from socialshop.rooms.store.leading import CountRow, DayRow, FollowedRow


@dataclass(frozen=True, slots=True)
class FollowedRoom:
    """A room of a leader's deal; `closed_at` is when it filled or ended."""

    id: uuid.UUID
    deal_id: uuid.UUID
    title: str
    host_name: str
    status: Status
    size: int
    seats_taken: int
    seats_paid: int
    expires_at: datetime
    closed_at: datetime | None
    members: tuple[MemberView, ...]

    @property
    def seats_left(self) -> int:
        """Seats that nobody has taken."""
        return self.size - self.seats_taken

    @property
    def unpaid(self) -> int:
        """Members who have yet to pay."""
        return self.seats_taken - self.seats_paid


def filling(uow: UnitOfWork, leader: int, limit: int) -> list[FollowedRoom]:
    """Up to `limit` open rooms of the deals that this member opened: what ends first stands first. One statement."""
    return [_room(row) for row in store.open_rooms(uow.session, uow.now, limit, leader=leader, deal_id=None)]


def filling_of_deal(uow: UnitOfWork, deal_id: uuid.UUID, limit: int) -> list[FollowedRoom]:
    """Up to `limit` open rooms of a deal: what ends first stands first. One statement."""
    return [_room(row) for row in store.open_rooms(uow.session, uow.now, limit, leader=None, deal_id=deal_id)]


def rooms_over(uow: UnitOfWork, deal_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> list[FollowedRoom]:
    """Up to `limit` rooms of a deal that take nobody any more, the newest first. One statement."""
    return [_room(row) for row in store.rooms_over(uow.session, deal_id, uow.now, before, limit)]


def room_counts(uow: UnitOfWork, deal_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, CountRow]:
    """How the rooms of each of these deals stand. One statement."""
    found = {row.deal_id: row for row in store.counts(uow.session, deal_ids)}
    return {deal_id: found.get(deal_id, CountRow(deal_id, 0, 0, 0)) for deal_id in deal_ids}


def deal_version(uow: UnitOfWork, deal_id: uuid.UUID) -> str:
    """What changes with every change that shows in a room of the deal. One read of the deal's index."""
    rooms, versions = store.versions(uow.session, deal_id)
    return f"{rooms}-{versions}"


def deal_days(uow: UnitOfWork, deal_id: uuid.UUID, zone: str, since: datetime) -> list[DayRow]:
    """The days since then on which seats of the deal were taken or rooms filled, and the sales. One statement.

    A seat counts when it was taken, kept or not; sales, less what went back, when their room filled.
    """
    return store.days(uow.session, deal_id, zone, since)


def _room(row: FollowedRow) -> FollowedRoom:
    return FollowedRoom(
        id=row.id,
        deal_id=row.deal_id,
        title=row.title,
        host_name=row.host_name or "",
        status=Status(row.status),
        size=row.size,
        seats_taken=row.seats_taken,
        seats_paid=row.seats_paid,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        members=tuple(MemberView(name or "", Seat(status)) for name, status in row.members),
    )
