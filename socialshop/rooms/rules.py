"""The declared lives of rooms and seats, and what follows from how a room stands. Pure.

    room   open ──► filled            at its last paid seat
             ├────► expired           at expires_at
             └────► cancelled         the host is gone, and nobody who paid can take over

    seat   held ──► paid ──► confirmed        the money is held, then taken
             │        │
             └────────┴────► released ──► refunded      given up; held money went back

The same steps stand in the database (migration 0012); a test compares the two.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from socialshop.kernel.errors import DomainError
from socialshop.rooms.errors import AlreadySeated, RoomClosed, RoomFull


class Status(StrEnum):
    """Where a room stands."""

    OPEN = "open"
    FILLED = "filled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Seat(StrEnum):
    """Where a seat stands."""

    HELD = "held"
    PAID = "paid"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    REFUNDED = "refunded"


LIVE_SEATS = frozenset({Seat.HELD, Seat.PAID, Seat.CONFIRMED})
"""A member has one such seat a room at most."""


ROOM_TRANSITIONS: frozenset[tuple[Status, Status]] = frozenset(
    (Status.OPEN, over) for over in (Status.FILLED, Status.EXPIRED, Status.CANCELLED)
)
SEAT_TRANSITIONS: frozenset[tuple[Seat, Seat]] = frozenset(
    {
        (Seat.HELD, Seat.PAID),
        (Seat.HELD, Seat.RELEASED),
        (Seat.PAID, Seat.CONFIRMED),
        (Seat.PAID, Seat.RELEASED),
        (Seat.RELEASED, Seat.REFUNDED),
    }
)


def refusal(*, seated: bool, status: Status, expires_at: datetime, now: datetime) -> DomainError:
    """Why a seat could not be claimed, in the order in which it is told. A filled room is full, not over."""
    if seated:
        return AlreadySeated("you have a seat in this room")
    over = status in (Status.EXPIRED, Status.CANCELLED) or (status is Status.OPEN and expires_at <= now)
    if over:
        return RoomClosed("the room is over")
    return RoomFull("every seat of the room is taken")


def is_reminded(seat: Seat, hold_until: datetime, *, now: datetime, also_paid: bool) -> bool:
    """Whether a reminder reaches who holds this seat: who has yet to pay and still can; on wish who has paid, too."""
    if seat is Seat.HELD:
        return hold_until > now
    return also_paid and seat is Seat.PAID


def reminder_subject(room_id: uuid.UUID, on: date) -> str:
    """What makes a second reminder the same one: the room and the day by the shop's clock, whoever sends it."""
    return f"{room_id} {on.isoformat()}"
