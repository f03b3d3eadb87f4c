"""Rooms over HTTP: open, join, look, leave; and asking money back, which may mean to leave."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from socialshop.deals.errors import DealNotLive, DealPaused, InvitationRequired, OutOfStock
from socialshop.identity.service import StandingLimited
from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.invites import service as invites
from socialshop.invites import visitors
from socialshop.invites.errors import InviteCodeUnknown, InviteLinkClosed
from socialshop.kernel.ids import from_public, to_public
from socialshop.loyalty.errors import CouponUnusable, PointsShort
from socialshop.memberships.errors import TierRequired
from socialshop.orders import service as orders
from socialshop.orders.errors import AmountTooLarge, NothingToRefund, OrderNotConfirmed
from socialshop.orders.schemas.addresses import ADDRESS_PREFIX
from socialshop.orders.schemas.refunds import RefundRequest, RefundWire
from socialshop.orders.service import Estimate
from socialshop.referrals.errors import CircleRequired
from socialshop.rooms import service
from socialshop.rooms.errors import (
    AlreadySeated,
    MemberLimitReached,
    NewcomersOnly,
    NoOpenRoom,
    RoomClosed,
    RoomFull,
    SeatPaid,
)
from socialshop.rooms.schemas import (
    AnySeatClaim,
    JoinedWire,
    QuoteRequest,
    QuoteWire,
    Reminded,
    Reminder,
    RoomWire,
    SeatClaim,
    SentEvent,
    event_seen,
    event_stream,
)
from socialshop.rooms.service import Attribution, Joined
from socialshop.web.auth import BUYERS, PUBLIC, look
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("rooms", __name__, tag="Rooms")
orders_room = Room("room_orders", __name__, tag="Orders")

_STREAM = "text/event-stream"


@room.operation(
    "POST",
    "/deals/<deal_id>/rooms",
    access=BUYERS,
    body=SeatClaim,
    replies=Reply(201, JoinedWire, "The room, with you as its host in the first seat."),
    refuses=(
        InviteCodeUnknown,
        InviteLinkClosed,
        DealNotLive,
        DealPaused,
        OutOfStock,
        TierRequired,
        MemberLimitReached,
        PointsShort,
        StandingLimited,
        CircleRequired,
        InvitationRequired,
        CouponUnusable,
    ),
    ids={"deal_id": "deal"},
    idempotency=Idempotency.REQUIRED,
)
def open_room(call: Call[SeatClaim, Nothing]) -> Answer:
    """Open a room on a live deal.

    Others join from now on, whether you have paid or not; your own seat is held as theirs are.
    """
    body = call.body

    def claim(uow: UnitOfWork) -> Answer:
        joined = service.open_room(
            uow,
            call.caller,
            call.ids["deal_id"],
            body.quantity,
            attribution(body, uow),
            sku_id=body.unit(),
            means=body.means(),
        )
        send_to(uow, call.caller.number, body, joined)
        return Answer(JoinedWire.of(joined), 201)

    return call.transact(claim)


@room.operation(
    "POST",
    "/deals/<deal_id>/rooms/any",
    access=BUYERS,
    body=AnySeatClaim,
    replies=Reply(201, JoinedWire, "Your seat, held until you pay."),
    refuses=(
        InviteCodeUnknown,
        InviteLinkClosed,
        NoOpenRoom,
        DealNotLive,
        DealPaused,
        OutOfStock,
        NewcomersOnly,
        TierRequired,
        MemberLimitReached,
        PointsShort,
        StandingLimited,
        CircleRequired,
        InvitationRequired,
        CouponUnusable,
    ),
    ids={"deal_id": "deal"},
    idempotency=Idempotency.REQUIRED,
)
def join_any_room(call: Call[AnySeatClaim, Nothing]) -> Answer:
    """Take a seat in the open room of a deal that is nearest to filling.

    Rooms in which you sit are passed over. Where no room has a seat for you, `or_open` opens one.
    """
    body = call.body

    def claim(uow: UnitOfWork) -> Answer:
        joined = service.join_any(
            uow,
            call.caller,
            call.ids["deal_id"],
            body.quantity,
            attribution(body, uow),
            sku_id=body.unit(),
            means=body.means(),
            or_open=body.or_open,
        )
        send_to(uow, call.caller.number, body, joined)
        return Answer(JoinedWire.of(joined), 201)

    return call.transact(claim)


@room.operation(
    "POST",
    "/deals/<deal_id>/quotes",
    access=BUYERS,
    body=QuoteRequest,
    replies=Reply(200, QuoteWire, "The price, step by step."),
    refuses=(InviteCodeUnknown, InviteLinkClosed, DealNotLive, DealPaused, CouponUnusable),
    ids={"deal_id": "deal"},
)
def quote_deal(call: Call[QuoteRequest, Nothing]) -> Answer:
    """What a seat in a new room would cost, step by step: your tier's price, coupons, points, shipping.

    Nothing is taken.
    """
    return call.transact(lambda uow: _quoted(uow, call, service.quote_opening, "deal_id"))


@room.operation(
    "POST",
    "/rooms/<room_id>/quotes",
    access=BUYERS,
    body=QuoteRequest,
    replies=Reply(200, QuoteWire, "The price, step by step."),
    refuses=(InviteCodeUnknown, InviteLinkClosed, AlreadySeated, RoomClosed, RoomFull, DealPaused, CouponUnusable),
    ids={"room_id": "room"},
)
def quote_room(call: Call[QuoteRequest, Nothing]) -> Answer:
    """What a seat in this room would cost, step by step. Nothing is taken."""
    return call.transact(lambda uow: _quoted(uow, call, service.quote_joining, "room_id"))


@room.operation(
    "POST",
    "/rooms/<room_id>/seats",
    access=BUYERS,
    body=SeatClaim,
    replies=Reply(201, JoinedWire, "Your seat, held until you pay."),
    refuses=(
        InviteCodeUnknown,
        InviteLinkClosed,
        AlreadySeated,
        RoomClosed,
        RoomFull,
        DealPaused,
        OutOfStock,
        NewcomersOnly,
        TierRequired,
        DealNotLive,
        MemberLimitReached,
        PointsShort,
        StandingLimited,
        CircleRequired,
        InvitationRequired,
        CouponUnusable,
    ),
    ids={"room_id": "room"},
    idempotency=Idempotency.REQUIRED,
)
def join_room(call: Call[SeatClaim, Nothing]) -> Answer:
    """Take a seat in an open room."""
    body = call.body

    def claim(uow: UnitOfWork) -> Answer:
        joined = service.join(
            uow,
            call.caller,
            call.ids["room_id"],
            body.quantity,
            attribution(body, uow),
            sku_id=body.unit(),
            means=body.means(),
        )
        send_to(uow, call.caller.number, body, joined)
        return Answer(JoinedWire.of(joined), 201)

    return call.transact(claim)


@room.operation(
    "GET",
    "/rooms/<room_id>",
    access=PUBLIC,
    replies=(
        Reply(200, RoomWire, "The room, with an ETag."),
        Reply(304, None, "Nothing has changed since the ETag that `If-None-Match` names."),
    ),
    ids={"room_id": "room"},
)
def show_room(call: Call[Nothing, Nothing]) -> Answer:
    """A room, for everybody; one of a deal for some alone for those who are invited, or had a seat there.

    Ask again with `If-None-Match`: while nothing has changed the answer is 304 and costs one read by key.
    """
    room_id = call.ids["room_id"]

    def read(uow: UnitOfWork) -> Answer:
        if request.if_none_match:
            found = service.version(uow, room_id)
            service.check_shown(uow, room_id, found, look)
            tag = _tag(call, found.version)
            if request.if_none_match.contains_weak(tag):
                return Answer(status=304, headers=freshness(tag))
        view = service.view(uow, room_id)
        service.check_shown(uow, room_id, view, look)
        return Answer(RoomWire.of(view), headers=freshness(_tag(call, view.version)))

    return call.transact(read)


@room.operation(
    "GET",
    "/rooms/<room_id>/events",
    access=PUBLIC,
    replies=(
        Reply(200, SentEvent, "What is new, as server-sent events.", _STREAM),
        Reply(204, None, "Nothing will happen in this room any more: a client stops asking."),
    ),
    ids={"room_id": "room"},
)
def follow_room(call: Call[Nothing, Nothing]) -> Answer:
    """What happens in a room, for whoever may see it, as a resumable event stream.

    Events are `seat_held`, `seat_paid`, `seat_confirmed`, `seat_released`, `host_changed`, `filled`, `expired`,
    `cancelled` and `deal_changed` (paused, resumed or ended); their ids grow. From the shop's watch process the answer
    stays open and a change arrives within a second; it knows nobody, so it has no room of a deal for some alone.
    Elsewhere it tells what is new after `Last-Event-ID` and ends. Either way an `EventSource` asks again by itself two
    seconds after an end, and misses nothing.
    """
    after = event_seen(request.headers.get("Last-Event-ID", ""))

    def read(uow: UnitOfWork) -> Answer:
        found = service.events_after(uow, call.ids["room_id"], after, look)
        if found.complete:
            return Answer(status=204)
        return Answer(event_stream(found), media_type=_STREAM, headers={"Cache-Control": "no-store"})

    return call.transact(read)


@room.operation(
    "DELETE",
    "/rooms/<room_id>/seats/mine",
    access=BUYERS,
    replies=Reply(204, None, "The seat is free, the order cancelled."),
    refuses=(RoomClosed, SeatPaid),
    ids={"room_id": "room"},
)
def leave_room(call: Call[Nothing, Nothing]) -> Answer:
    """Leave a room before paying.

    To leave it after paying, ask for the money back: `POST /orders/{id}/refunds`.
    """

    def leave(uow: UnitOfWork) -> Answer:
        service.leave(uow, call.caller, call.ids["room_id"])
        return Answer(status=204)

    return call.transact(leave)


@orders_room.operation(
    "POST",
    "/orders/<order_id>/refunds",
    access=BUYERS,
    body=RefundRequest,
    replies=Reply(201, RefundWire, "Asked for. An admin decides; while the room still waits, nobody needs to."),
    refuses=(NothingToRefund, AmountTooLarge, OrderNotConfirmed),
    ids={"order_id": "ord"},
    idempotency=Idempotency.REQUIRED,
)
def request_refund(call: Call[RefundRequest, Nothing]) -> Answer:
    """Ask for money back: a sum, some lines, or all that is left.

    Also after the days to send back are over. What you have asked for and is not decided counts as taken. If you have
    paid and your room is not filled, asking for all lets you out of it: `approved`, and `refunded` once the money is
    back. Where the fill has yet to say what you pay (a ladder, a host's perk), a part is asked back after it.
    """
    body = call.body

    def ask(uow: UnitOfWork) -> Answer:
        order_id, units = call.ids["order_id"], body.units()
        asked = service.ask_back(uow, call.caller, order_id, body.reason, amount_minor=body.amount_minor, units=units)
        return Answer(RefundWire.of(asked), 201)

    return call.transact(ask)


@room.operation(
    "POST",
    "/rooms/<room_id>/reminders",
    access=BUYERS,
    body=Reminder,
    replies=Reply(200, Reminded, "Told, each at most once a day."),
    refuses=(RoomClosed,),
    ids={"room_id": "room"},
)
def remind_members(call: Call[Reminder, Nothing]) -> Answer:
    """Remind the members of your room to pay, by a notice each; of one room a member hears once a day.

    For the room's host and the leader who opened its deal.
    """

    def remind(uow: UnitOfWork) -> Answer:
        told = service.remind(
            uow, call.caller.number, call.ids["room_id"], also_paid=call.body.also_paid, zone=settings().time_zone
        )
        return Answer(Reminded(told=told))

    return call.transact(remind)


def send_to(uow: UnitOfWork, buyer: int, body: SeatClaim, joined: Joined) -> None:
    """Give the new order the address that was named. Raises NotFound, also for another's."""
    if body.address_id is not None:
        orders.send_to(uow, buyer, joined.order.id, from_public(ADDRESS_PREFIX, body.address_id))


def _quoted(uow: UnitOfWork, call: Call[QuoteRequest, Nothing], quote: Callable[..., Estimate], about: str) -> Answer:
    body = call.body
    through = attribution(body, uow)
    found = quote(uow, call.caller, call.ids[about], body.quantity, through, sku_id=body.unit(), means=body.means())
    return Answer(QuoteWire.of(found))


def attribution(body: QuoteRequest, uow: UnitOfWork) -> Attribution:
    """The link that was named, else the one that the member followed, with this browser or another."""
    if body.invite_code is not None:
        return Attribution(code=body.invite_code)
    followed = visitors.touch(uow.now)
    return Attribution(link_id=None if followed is None else followed.link_id, elsewhere=invites.window(uow.now))


def _tag(call: Call[Nothing, Nothing], version: int) -> str:
    return f"{to_public('room', call.ids['room_id'])}-{version}"


def freshness(tag: str) -> dict[str, str]:
    """The headers of what is asked for again and again."""
    return {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
