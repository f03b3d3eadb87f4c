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
class PaymentLate(Event):
    """Money is held for a seat that was lost, and the deal's terms may find it another."""

    order_id: uuid.UUID
    payment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class LatePaymentDecided(Event):
    """Money that came too late has another seat, or goes back; the order says which and why."""

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
