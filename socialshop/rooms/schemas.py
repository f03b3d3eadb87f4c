"""Wire shapes of rooms and seats."""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from socialshop.deals.rules import MOST_UNITS
from socialshop.deals.schemas.deals import PerkWire, StepWire
from socialshop.kernel.ids import from_public, to_public
from socialshop.loyalty.coupon_sentences import why
from socialshop.loyalty.coupons import MOST_STACKED
from socialshop.loyalty.rules import MOST_POINTS
from socialshop.loyalty.schemas.coupons import HOLDING_PREFIX
from socialshop.orders.schemas.orders import ORDER, OrderWire, PriceLineWire
from socialshop.orders.service import Estimate, Means
from socialshop.payments.schemas import PaymentWire
from socialshop.rooms.service import EventRow, Joined, RoomEvents, RoomView, SeatView
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

# How long a client waits before it asks again for what is new.
RETRY_MS = 2_000
_EVENT_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
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
    "price_steps": [],
    "host_perk": None,
    "final_price": None,
    "newcomer_only": False,
    "shipping": {"amount_minor": 800, "currency": "CNY"},
    "seats_subsidised": 0,
    "cancel_reason": None,
    "skus": [],
    "members": [{"display_name": "林小满", "avatar": None, "status": "held"}],
}
_SEAT: dict[str, Any] = {
    "id": "seat_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "held",
    "quantity": 1,
    "hold_until": "2026-01-31T12:15:00Z",
}


class QuoteRequest(Wire):
    """How many units, through whose invitation, and what besides money should pay for them.

    `invite_code`: the link followed here before counts where none is named.

    `sku_id`: which unit, where several are offered; the deal's first where none is named. `use_points`: at most so many
    points, as far as the rules of points allow. `coupons`: the best set of those you have, or none; `coupon_ids`: these
    very ones of `GET /me/coupons` instead.
    """

    model_config = with_example({"quantity": 1})

    quantity: int = Field(1, ge=1, le=MOST_UNITS)
    sku_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    use_points: int | None = Field(None, ge=1, le=MOST_POINTS)
    coupons: Literal["auto", "none"] = "auto"
    coupon_ids: Annotated[list[str], Field(min_length=1, max_length=MOST_STACKED)] | None = None
    invite_code: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.coupon_ids is not None and self.coupons == "none":
            raise ValueError("send coupon_ids, or no coupons, not both")
        return self

    def unit(self) -> uuid.UUID | None:
        """Which unit was named. Raises NotFound for an id that is none."""
        return None if self.sku_id is None else from_public("sku", self.sku_id)

    def means(self) -> Means:
        """What besides money should pay. Raises NotFound for an id that is none."""
        named = None if self.coupons == "auto" else ()
        ids = named if self.coupon_ids is None else [from_public(HOLDING_PREFIX, one) for one in self.coupon_ids]
        return Means(self.use_points, ids)


class SeatClaim(QuoteRequest):
    """A seat to take. `address_id`: where the goods go; it can be said until they leave."""

    model_config = with_example({"quantity": 1})

    address_id: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None


class AnySeatClaim(SeatClaim):
    """A seat to take in whichever open room is nearest to filling; `or_open`: in a new one, where there is none."""

    model_config = with_example({"quantity": 1, "or_open": True})

    or_open: bool = False


class Cancellation(Wire):
    """Why the shop cancels a room: its members read it."""

    model_config = with_example({"reason": "the goods are recalled"})

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class CouponUsedWire(Wire):
    """A coupon that acts on the price; a gift takes nothing off."""

    id: str
    title: str
    amount: MoneyWire


class CouponUnusedWire(Wire):
    """A coupon of yours that does not act on the price, and why, in Chinese and English."""

    id: str
    title: str
    reason: str
    why_zh: str
    why_en: str


class QuoteWire(Wire):
    """A price step by step, what is paid in money, the points that it takes, and which coupons act and which do not.

    `earns_points`: what the sale gives once its goods can no longer be sent back.
    """

    model_config = with_example(
        {
            "lines": [
                {
                    "kind": "goods",
                    "amount": {"amount_minor": 9900, "currency": "CNY"},
                    "words_zh": "商品",
                    "words_en": "Goods",
                },
                {
                    "kind": "coupon",
                    "amount": {"amount_minor": -1000, "currency": "CNY"},
                    "words_zh": "优惠券「新人立减」",
                    "words_en": "Coupon “新人立减”",
                },
            ],
            "total": {"amount_minor": 8900, "currency": "CNY"},
            "points": 0,
            "earns_points": 89,
            "coupons": [
                {
                    "id": "cph_01k9w3q2mxe5tb6v8c4yd7r1hz",
                    "title": "新人立减",
                    "amount": {"amount_minor": 1000, "currency": "CNY"},
                }
            ],
            "unused_coupons": [],
        }
    )

    lines: list[PriceLineWire]
    total: MoneyWire
    points: int
    earns_points: int
    coupons: list[CouponUsedWire]
    unused_coupons: list[CouponUnusedWire]

    @classmethod
    def of(cls, estimate: Estimate) -> QuoteWire:
        """The wire form of a quote."""
        found = estimate.price
        currency = found.total.currency
        used = [
            CouponUsedWire(
                id=to_public(HOLDING_PREFIX, each.held.id),
                title=each.held.title,
                amount=MoneyWire(amount_minor=each.amount_minor, currency=currency),
            )
            for each in found.coupons.used
        ]
        unused = [
            CouponUnusedWire(
                id=to_public(HOLDING_PREFIX, each.held.id),
                title=each.held.title,
                reason=each.reason,
                why_zh=why(each.reason, "zh"),
                why_en=why(each.reason, "en"),
            )
            for each in found.coupons.unused
        ]
        return cls(
            lines=PriceLineWire.all_of(found.lines, currency),
            total=MoneyWire.of(found.total),
            points=found.points,
            earns_points=estimate.earns_points,
            coupons=used,
            unused_coupons=unused,
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


class RoomUnitWire(Wire):
    """A unit that may be chosen with a seat."""

    id: str
    title: str
    price: MoneyWire


class RoomWire(Wire):
    """A room. `seats_taken` counts held and paid seats, the host's too.

    Of a room with `price_steps` everybody pays `price`, that of the smallest, until the largest is full or its time is
    over. `final_price` of a unit is known once it is filled. `skus` may be chosen, empty where there is one alone.
    """

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
    price_steps: list[StepWire]
    host_perk: PerkWire | None
    final_price: MoneyWire | None
    newcomer_only: bool
    shipping: MoneyWire
    seats_subsidised: int
    cancel_reason: str | None
    skus: list[RoomUnitWire]
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
            price_steps=StepWire.all_of(view.price_steps, view.price.currency),
            host_perk=PerkWire.of(view.host_perk),
            final_price=MoneyWire.of(view.final_price) if view.final_price else None,
            newcomer_only=view.newcomer_only,
            shipping=MoneyWire.of(view.shipping),
            seats_subsidised=view.seats_subsidised,
            cancel_reason=view.cancel_reason,
            skus=[
                RoomUnitWire(id=to_public("sku", unit.id), title=unit.title, price=MoneyWire.of(unit.price))
                for unit in view.units
            ],
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
        "deal_changed",
    ]
    data: str


def event_seen(last_event_id: str) -> int:
    """The number of the event that `Last-Event-ID` names: what is new comes after it. 0, all, for what is no number."""
    return int(last_event_id) if _EVENT_ID.fullmatch(last_event_id) else 0


def event_stream(found: RoomEvents) -> bytes:
    """Server-sent events (WHATWG HTML, 9.2), as one answer."""
    return b"".join([retry_after(RETRY_MS), *(sent_event(event) for event in found.events)])


def sent_event(event: EventRow) -> bytes:
    """One event, with the id by which a client goes on after it."""
    data = RoomEventWire(at=event.at, display_name=event.display_name).model_dump_json()
    return f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n".encode()


def retry_after(milliseconds: int) -> bytes:
    """How long a client whose stream ended waits before it asks again."""
    return f"retry: {milliseconds}\n\n".encode()


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
