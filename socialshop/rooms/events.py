"""What happened in rooms."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class SeatClaimed(Event):
    """A member took a seat, by opening the room or joining it; it is held until paid."""

    room_id: uuid.UUID
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class RoomFilled(Event):
    """The last seat was paid: the held money is taken now."""

    room_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class RoomExpired(Event):
    """The room's time ran out before it filled: every seat was given up, all held money goes back."""

    room_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class RoomCancelled(Event):
    """The host is gone and nobody who paid could take over."""

    room_id: uuid.UUID
