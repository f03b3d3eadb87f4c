"""Wire shapes of rooms and seats."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.deals.rules import MOST_UNITS
from socialshop.kernel.ids import to_public
from socialshop.loyalty.rules import MOST_POINTS
from socialshop.orders.schemas import ORDER, OrderWire, PriceLineWire
from socialshop.orders.service import Quote
from socialshop.payments.schemas import PaymentWire
from socialshop.rooms.service import Joined, RoomEvents, RoomView, SeatView
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

# How long a client waits before it asks again for what is new.
RETRY_MS = 2_000
_ROOM: dict[str, Any] = {
    "id": "room_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "deal_id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "host": {"display_name": "林小满", "avatar": None},
    "status": "open",
    "size": 5,
    "seats_taken": 1,
    "seats_paid": 0,
    "expires_at": "2026-02-01T12:00:00Z",
    "price": {"amount_minor": 9900, "currency": "CNY"},
    "members": [{"display_name": "林小满", "avatar": None, "status": "held"}],
}
_SEAT: dict[str, Any] = {
    "id": "seat_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "held",
    "quantity": 1,
    "hold_until": "2026-01-31T12:15:00Z",
}


class SeatClaim(Wire):
    """How many units, and through whose invitation: the link followed here before, where none is named.

    `use_points`: at most so many points pay a part of the price, as far as the rules of points allow.
    """

    model_config = with_example({"quantity": 1})

    quantity: int = Field(1, ge=1, le=MOST_UNITS)
    invite_code: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    use_points: int | None = Field(None, ge=1, le=MOST_POINTS)


class QuoteRequest(Wire):
    """How many units, and at most how many points should pay a part of their price."""

    model_config = with_example({"quantity": 1})

    quantity: int = Field(1, ge=1, le=MOST_UNITS)
    use_points: int | None = Field(None, ge=1, le=MOST_POINTS)


class QuoteWire(Wire):
    """A price step by step, what is paid in money, and the points that it takes."""

    model_config = with_example(
        {
            "lines": [
                {"kind": "goods", "amount": {"amount_minor": 9900, "currency": "CNY"}},
                {"kind": "points", "amount": {"amount_minor": -2970, "currency": "CNY"}},
            ],
            "total": {"amount_minor": 6930, "currency": "CNY"},
            "points": 2970,
        }
    )

    lines: list[PriceLineWire]
    total: MoneyWire
    points: int

    @classmethod
    def of(cls, found: Quote) -> QuoteWire:
        """The wire form of a quote."""
        return cls(
            lines=PriceLineWire.all_of(found.lines, found.total.currency),
            total=MoneyWire.of(found.total),
            points=found.points,
        )


class Reminder(Wire):
    """Whom a reminder reaches: members who have yet to pay; with `also_paid` those too who could invite one more."""

    model_config = with_example({"also_paid": False})

    also_paid: bool = False


class Reminded(Wire):
    """How many members were told now; who had a reminder of this room today is not told again."""

    model_config = with_example({"told": 2})

    told: int


class HostWire(Wire):
    """Who holds the room together; the first member who pays takes over from a host who is gone."""

    display_name: str
    avatar: str | None


class MemberWire(Wire):
    """Somebody who has a seat: held until paid, confirmed once the money was taken."""

    display_name: str
    avatar: str | None
    status: Literal["held", "paid", "confirmed"]


class RoomWire(Wire):
    """A room. `seats_taken` counts held and paid seats, the host's too."""

    model_config = with_example(_ROOM)

    id: str
    deal_id: str
    host: HostWire
    status: Literal["open", "filled", "expired", "cancelled"]
    size: int
    seats_taken: int
    seats_paid: int
    expires_at: Instant
    price: MoneyWire
    members: list[MemberWire]

    @classmethod
    def of(cls, view: RoomView) -> RoomWire:
        """The wire form of a room."""
        return cls(
            id=to_public("room", view.id),
            deal_id=to_public("deal", view.deal_id),
            host=HostWire(display_name=view.host_name, avatar=None),
            status=view.status.value,
            size=view.size,
            seats_taken=view.seats_taken,
            seats_paid=view.seats_paid,
            expires_at=view.expires_at,
            price=MoneyWire.of(view.price),
            members=[
                MemberWire.model_validate(
                    {"display_name": member.display_name, "avatar": None, "status": member.status.value}
                )
                for member in view.members
            ],
        )


class RoomEventWire(Wire):
    """The data of one event of a room: when, and whom it is about (null where it is about the room)."""

    model_config = with_example({"at": "2026-01-31T12:00:00Z", "display_name": "林小满"})

    at: Instant
    display_name: str | None


class SentEvent(Wire):
    """One event as an `EventSource` gives it: its number, its kind, and as JSON its `at` and `display_name`."""

    model_config = with_example(
        {"id": "4711", "event": "seat_paid", "data": '{"at":"2026-01-31T12:00:00Z","display_name":"林小满"}'}
    )

    id: str
    event: Literal[
        "seat_held",
        "seat_paid",
        "seat_confirmed",
        "seat_released",
        "host_changed",
        "filled",
        "expired",
        "cancelled",
    ]
    data: str


def event_stream(found: RoomEvents) -> bytes:
    """Server-sent events (WHATWG HTML, 9.2): each with its id, by which a client goes on after it."""
    parts = [f"retry: {RETRY_MS}\n\n"]
    for event in found.events:
        data = RoomEventWire(at=event.at, display_name=event.display_name).model_dump_json()
        parts.append(f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n")
    return "".join(parts).encode()


class SeatWire(Wire):
    """Your seat; unpaid, it is yours until `hold_until`."""

    model_config = with_example(_SEAT)

    id: str
    status: str
    quantity: int
    hold_until: Instant

    @classmethod
    def of(cls, view: SeatView) -> SeatWire:
        """The wire form of a seat."""
        return cls(
            id=to_public("seat", view.id),
            status=view.status.value,
            quantity=view.quantity,
            hold_until=view.hold_until,
        )


class JoinedWire(Wire):
    """What you hold: a seat in the room, its order, and the order's payment to make."""

    model_config = with_example({"room": _ROOM, "seat": _SEAT, "order": ORDER, "payment": ORDER["payment"]})

    room: RoomWire
    seat: SeatWire
    order: OrderWire
    payment: PaymentWire

    @classmethod
    def of(cls, joined: Joined) -> JoinedWire:
        """The wire form of a claimed seat."""
        return cls(
            room=RoomWire.of(joined.room),
            seat=SeatWire.of(joined.seat),
            order=OrderWire.of(joined.order),
            payment=PaymentWire.of(joined.payment),
        )
