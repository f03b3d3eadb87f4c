"""Bargains over HTTP: offered, started, chopped, bought."""

from __future__ import annotations

from flask import request

from socialshop.deals import service as deals
from socialshop.deals.errors import BelowFloor, DealNotLive, DealPaused, GoodsNotOpen, GoodsOffSale, OutOfStock
from socialshop.identity.service import StandingLimited
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import visitors
from socialshop.invites.errors import InviteCodeUnknown
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.loyalty.errors import CouponUnusable, PointsShort
from socialshop.rooms import service
from socialshop.rooms.bargain_schemas import (
    BARGAIN_PREFIX,
    BargainPage,
    BargainWire,
    ChoppedWire,
    DraftBargain,
    OfferPage,
    OfferWire,
    Purchase,
)
from socialshop.rooms.errors import (
    AlreadyChopped,
    BargainBought,
    BargainOver,
    DeviceChopped,
    FloorNotReached,
    MemberLimitReached,
    NetworkChopped,
    OwnBargain,
)
from socialshop.rooms.routes import attribution, freshness, send_to
from socialshop.rooms.schemas import JoinedWire
from socialshop.web.auth import BUYERS, LEADERS, PUBLIC, SIGNED_IN, look
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import MoneyWire, Nothing

room = Room("bargains", __name__, tag="Bargains")

_OFFER = {"deal_id": "deal"}
_BARGAIN = {"bargain_id": BARGAIN_PREFIX}


@room.operation(
    "POST",
    "/bargain-offers",
    access=LEADERS,
    body=DraftBargain,
    replies=Reply(201, OfferWire, "The bargain: members start it from its start on."),
    refuses=(NotFound, GoodsNotOpen, GoodsOffSale, BelowFloor, StandingLimited),
)
def offer_bargain(call: Call[DraftBargain, Nothing]) -> Answer:
    """Offer a bargain: each member who starts it has friends bring the price down, to the unit you name and not below.

    Its id is a deal's: it is paused, resumed and ended as deals are.
    """
    new = call.body.new()
    if new.shipping_minor is not None and call.caller.role is not Role.ADMIN:
        raise InvalidValue("only an admin says what sending costs", field="shipping_minor")

    def make(uow: UnitOfWork) -> Answer:
        return Answer(OfferWire.of(deals.offer_bargain(uow, call.caller.member_id, call.caller.number, new)), 201)

    return call.transact(make)


@room.operation(
    "GET", "/bargain-offers", access=PUBLIC, query=PageQuery, replies=Reply(200, OfferPage, "What can be started.")
)
def list_bargain_offers(call: Call[Nothing, PageQuery]) -> Answer:
    """The bargains that can be started now."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = deals.bargain_offers(uow, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda offer: offer.deal.id)
        return Answer(OfferPage(data=[OfferWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET", "/bargain-offers/<deal_id>", access=PUBLIC, replies=Reply(200, OfferWire, "The bargain."), ids=_OFFER
)
def show_bargain_offer(call: Call[Nothing, Nothing]) -> Answer:
    """A bargain that is or was offered."""
    return call.transact(lambda uow: Answer(OfferWire.of(deals.bargain_offer(uow, call.ids["deal_id"]))))


@room.operation(
    "POST",
    "/bargain-offers/<deal_id>/bargains",
    access=BUYERS,
    replies=Reply(201, BargainWire, "Your bargain; where yours runs already, that one."),
    refuses=(DealNotLive, DealPaused, StandingLimited, BargainOver),
    ids=_OFFER,
)
def start_bargain(call: Call[Nothing, Nothing]) -> Answer:
    """Start a bargain. Its terms are copied: whatever becomes of the offer, it goes on. Nothing is reserved yet."""

    def start(uow: UnitOfWork) -> Answer:
        begun = service.start_bargain(uow, call.caller, call.ids["deal_id"], visitors.signals())
        return Answer(BargainWire.of(begun), 201)

    return call.transact(start)


@room.operation(
    "GET", "/me/bargains", access=SIGNED_IN, query=PageQuery, replies=Reply(200, BargainPage, "Your bargains.")
)
def list_bargains(call: Call[Nothing, PageQuery]) -> Answer:
    """The bargains that you started, the newest first."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.bargains_of(uow, call.caller.number, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda bargain: bargain.id)
        return Answer(BargainPage(data=[BargainWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/bargains/<bargain_id>",
    access=PUBLIC,
    replies=(
        Reply(200, BargainWire, "The bargain, with an ETag."),
        Reply(304, None, "Nothing has changed since the ETag that `If-None-Match` names."),
    ),
    ids=_BARGAIN,
)
def show_bargain(call: Call[Nothing, Nothing]) -> Answer:
    """A bargain, for everybody who has its id.

    Ask again with `If-None-Match`: while nothing has changed the answer is 304 and costs one read by key.
    """
    bargain_id = call.ids["bargain_id"]

    def read(uow: UnitOfWork) -> Answer:
        caller = look(uow)
        whose = caller.number if caller else None

        def tag(version: int) -> str:
            seen_by = "" if caller is None else to_public("mbr", caller.member_id)
            return f"{to_public(BARGAIN_PREFIX, bargain_id)}-{version}-{seen_by}"

        if request.if_none_match:
            seen = tag(service.bargain_version(uow, bargain_id))
            if request.if_none_match.contains_weak(seen):
                return Answer(status=304, headers=freshness(seen))
        view = service.bargain(uow, bargain_id, whose)
        return Answer(BargainWire.of(view), headers=freshness(tag(view.version)))

    return call.transact(read)


@room.operation(
    "POST",
    "/bargains/<bargain_id>/chops",
    access=BUYERS,
    replies=Reply(201, ChoppedWire, "What your chop took off."),
    refuses=(
        StandingLimited,
        OwnBargain,
        AlreadyChopped,
        BargainBought,
        BargainOver,
        DealPaused,
        DeviceChopped,
        NetworkChopped,
    ),
    ids=_BARGAIN,
)
def chop_bargain(call: Call[Nothing, Nothing]) -> Answer:
    """Bring the price of a friend's bargain down, once. How much is decided here; all chops together reach the floor
    exactly. A device chops once, and a network a few times.
    """

    def chop(uow: UnitOfWork) -> Answer:
        bargain_id, friend = call.ids["bargain_id"], call.caller
        amount = service.chop(uow, friend, bargain_id, visitors.signals())
        view = service.bargain(uow, bargain_id, friend.number)
        return Answer(ChoppedWire(amount=MoneyWire.of(amount), bargain=BargainWire.of(view)), 201)

    return call.transact(chop)


@room.operation(
    "POST",
    "/bargains/<bargain_id>/purchase",
    access=BUYERS,
    body=Purchase,
    replies=Reply(201, JoinedWire, "A room for one, with your seat in it, your order and its payment."),
    refuses=(
        BargainBought,
        BargainOver,
        FloorNotReached,
        InviteCodeUnknown,
        DealPaused,
        OutOfStock,
        MemberLimitReached,
        PointsShort,
        StandingLimited,
        CouponUnusable,
    ),
    ids=_BARGAIN,
    idempotency=Idempotency.REQUIRED,
)
def buy_bargain(call: Call[Purchase, Nothing]) -> Answer:
    """Buy your bargain at its price, or only at the floor, as its offer says.

    Now the goods are reserved, and the price stands. If you do not pay in time the bargain goes on, while it has time.
    """
    body = call.body

    def buy(uow: UnitOfWork) -> Answer:
        joined = service.buy_bargain(
            uow,
            call.caller,
            call.ids["bargain_id"],
            attribution(body, uow),
            sku_id=body.unit(),
            means=body.means(),
        )
        send_to(uow, call.caller.number, body, joined)
        return Answer(JoinedWire.of(joined), 201)

    return call.transact(buy)
