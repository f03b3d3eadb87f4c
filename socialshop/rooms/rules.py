"""The declared lives of rooms and seats, and what follows from how a room stands. Pure.

    room   open ──► filled            at its last paid seat
             ├────► expired           at expires_at
             └────► cancelled         the host is gone, and nobody who paid can take over

    seat   held ──► paid ──► confirmed        the money is held, then taken
             │        │
             └────────┴────► released ──► refunded      given up; held money went back
             ▲                   │
             └───────────────────┘            money came after all: held again, in another room

The same steps stand in the database (migration 0012); a test compares the two.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import to_public
from socialshop.rooms.errors import AlreadySeated, RoomClosed, RoomFull


class Status(StrEnum):
    """Where a room stands."""

    OPEN = "open"
    FILLED = "filled"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Late(StrEnum):
    """What became of money that came for a lost seat."""

    REROUTED = "rerouted"
    NEW_ROOM = "new_room"
    REFUNDED = "refunded"


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
        (Seat.RELEASED, Seat.HELD),
    }
)


class Elsewhere(NamedTuple):
    """Where else of a deal a member may sit: the open room nearest to filling, else a new one if the deal is live."""

    room_id: uuid.UUID | None
    deal_id: uuid.UUID
    may_open: bool

    def told(self) -> dict[str, str] | None:
        """As a script reads it: `room_id` to join, or `deal_id` to open a room on; None where nothing is left."""
        if self.room_id is not None:
            return {"room_id": to_public("room", self.room_id)}
        return {"deal_id": to_public("deal", self.deal_id)} if self.may_open else None


def refusal(
    *, seated: bool, status: Status, expires_at: datetime, now: datetime, elsewhere: Elsewhere | None = None
) -> DomainError:
    """Why a seat could not be claimed, in the order in which it is told. A filled room is full, not over."""
    facts: dict[str, Any] = {} if elsewhere is None else {"next": elsewhere.told()}
    if seated:
        return AlreadySeated("you have a seat in this room")
    over = status in (Status.EXPIRED, Status.CANCELLED) or (status is Status.OPEN and expires_at <= now)
    if over:
        return RoomClosed("the room is over", **facts)
    return RoomFull("every seat of the room is taken", **facts)


def is_reminded(seat: Seat, hold_until: datetime, *, now: datetime, also_paid: bool) -> bool:
    """Whether a reminder reaches who holds this seat: who has yet to pay and still can; on wish who has paid, too."""
    if seat is Seat.HELD:
        return hold_until > now
    return also_paid and seat is Seat.PAID


def reminder_subject(room_id: uuid.UUID, on: date) -> str:
    """What makes a second reminder the same one: the room and the day by the shop's clock, whoever sends it."""
    return f"{room_id} {on.isoformat()}"
