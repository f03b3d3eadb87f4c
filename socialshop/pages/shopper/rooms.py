"""Opening a room, joining one, watching it fill, leaving it."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from hashlib import sha256

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import ETags

from socialshop.deals import service as deals
from socialshop.deals.rules import Status as DealStatus
from socialshop.invites.rules import Kind
from socialshop.kernel.ids import to_public
from socialshop.orders import service as orders
from socialshop.orders.service import OrderView
from socialshop.pages import cookies, languages, sharing
from socialshop.pages.section import HEADERS, go_to
from socialshop.pages.shopper.paying import is_under_way
from socialshop.pages.shopper.seats import attribution
from socialshop.pages.shopper.section import shopper
from socialshop.pages.shopper.shop import MOST_UNITS, for_you, newcomer_bar, own_price, wanted
from socialshop.pages.visit import Visit
from socialshop.payments import service as payments
from socialshop.rooms import service as rooms
from socialshop.rooms.rules import Seat
from socialshop.rooms.service import Joined, RoomView
from socialshop.web.auth import BUYERS, PUBLIC

_ROOMS_LOOKED_AT = 2
_POLICY = "Content-Security-Policy"
_OWED = re.compile(r"\bowed[0-9a-f]{32}\b", re.ASCII)
_ROOM = {"room_id": "room"}


@shopper.action("/deals/<deal_id>/rooms", access=BUYERS, again="show_deal", once=True, ids={"deal_id": "deal"})
def open_room(visit: Visit) -> Response:
    """Open a room, take its first seat, and go and pay."""
    quantity, sku_id, means = wanted(visit.form)
    visit.form.check()
    deal_id = visit.ids["deal_id"]
    through = attribution(visit)
    joined = rooms.open_room(visit.uow, visit.caller, deal_id, quantity, through, sku_id=sku_id, means=means)
    return go_and_pay(visit, visit.caller.member_id, joined)


@shopper.action("/rooms/<room_id>/seats", access=BUYERS, again="show_room", once=True, ids=_ROOM)
def join_room(visit: Visit) -> Response:
    """Take a seat, and go and pay."""
    quantity, sku_id, means = wanted(visit.form)
    visit.form.check()
    room_id = visit.ids["room_id"]
    through = attribution(visit)
    joined = rooms.join(visit.uow, visit.caller, room_id, quantity, through, sku_id=sku_id, means=means)
    return go_and_pay(visit, visit.caller.member_id, joined)


@shopper.action("/deals/<deal_id>/rooms/any", access=BUYERS, again="show_deal", once=True, ids={"deal_id": "deal"})
def join_any_room(visit: Visit) -> Response:
    """Take a seat in the open room that is nearest to filling, or in a new one, and go and pay."""
    deal_id = visit.ids["deal_id"]
    joined = rooms.join_any(visit.uow, visit.caller, deal_id, attribution=attribution(visit), or_open=True)
    return go_and_pay(visit, visit.caller.member_id, joined)


@shopper.action("/rooms/<room_id>/leave", access=BUYERS, again="show_room", ids=_ROOM)
def leave_room(visit: Visit) -> Response:
    """Give up a seat that is not paid."""
    rooms.leave(visit.uow, visit.caller, visit.ids["room_id"])
    flash(gettext("Your seat is free again, and the order is cancelled."))
    return go_to("shopper.show_room", room_id=visit.path["room_id"])


@shopper.action("/rooms/<room_id>/link", access=BUYERS, again="show_room", ids=_ROOM)
def share_room(visit: Visit) -> Response:
    """Make a link to the room."""
    sharing.make(visit.uow, visit.caller.member_id, Kind.ROOM, visit.ids["room_id"])
    return go_to("shopper.show_room", room_id=visit.path["room_id"], _anchor="share")


@shopper.page("/rooms/<room_id>", access=PUBLIC, ids=_ROOM, tab="rooms")
def show_room(visit: Visit) -> Response:
    """The room, live where scripts run, a way to hand it on, and what else there is for who has paid."""
    share = None
    if visit.visitor is not None:
        share = sharing.of_target(visit.uow, visit.visitor.member_id, Kind.ROOM, visit.ids["room_id"])
    bought = rooms.bargain_of_room(visit.uow, visit.ids["room_id"])
    if bought is not None:
        return go_to("shopper.show_bargain", bargain_id=to_public("brg", bought))
    facts = _facts(visit)
    seat, room = facts["seat"], facts["room"]
    paid = isinstance(seat, rooms.OwnSeat) and seat.status in (Seat.PAID, Seat.CONFIRMED)
    shown = render_template(
        "shopper/room.html",
        tab="rooms",
        form=visit.form,
        share=share,
        for_you=for_you(visit) if paid else None,
        cover=deals.cover_of_deal(visit.uow, room.deal_id) if isinstance(room, rooms.RoomView) else None,
        **facts,
    )
    answer = make_response(shown)
    watch = visit.settings.watch_url
    if watch is not None:
        # The one other place that this page speaks to.
        answer.headers[_POLICY] = HEADERS[_POLICY].replace(
            "connect-src 'self'", f"connect-src 'self' {watch.rstrip('/')}"
        )
    return answer


@shopper.action("/rooms/<room_id>/price", access=BUYERS, again="show_room", ids=_ROOM)
def price_room(visit: Visit) -> Response:
    """The room with the price of what was typed so far. Nothing is taken."""
    return show_room(visit)


@shopper.page("/rooms/<room_id>/live", access=PUBLIC, ids=_ROOM)
def show_live(visit: Visit) -> Response:
    """The part of the room that changes: 304 while nothing has, for one read by keys, or two for who has yet to pay.

    How few units are left changes by other rooms too, without a word of this one; a payment that is made or fails
    changes nothing of the room, and whoever owes one is told by a tag of its own.
    """
    room_id = visit.ids["room_id"]
    seen, pulse = request.if_none_match, rooms.pulse(visit.uow, room_id)
    if seen.contains_weak(_tag(room_id, pulse)):
        return _nothing_new()
    owed = _owed_by(seen)
    if owed is not None and seen.contains_weak(_tag(room_id, pulse, owed)) and not _is_paid(visit, owed):
        return _nothing_new()
    facts = _facts(visit)
    if seen.contains_weak(str(facts["tag"])):
        return _nothing_new()
    return make_response(render_template("shopper/room_live.html", alone=True, **facts))


def _nothing_new() -> Response:
    answer = make_response("", 304)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _facts(visit: Visit) -> dict[str, object]:
    """The room, the visitor's own seat in it, and the order that pays for the seat."""
    room_id = visit.ids["room_id"]
    room = rooms.view(visit.uow, room_id)
    rooms.check_shown(visit.uow, room_id, room, lambda _: visit.visitor)
    seat: rooms.OwnSeat | None = None
    order: OrderView | None = None
    if visit.visitor is not None:
        seat = rooms.own_seat(visit.uow, room_id, visit.visitor.number)
    if seat is not None and visit.visitor is not None:
        order = orders.order(visit.uow, seat.order_id, visit.visitor.number)
    live = seat is not None and seat.status in (Seat.HELD, Seat.PAID, Seat.CONFIRMED)
    over = room.expires_at <= visit.uow.now
    deal = deals.deal(visit.uow, room.deal_id, visit.visitor) if room.status == "open" else None
    few = deal.left if deal is not None and deal.left <= deal.low_at else None
    paused = deal is not None and deal.status is DealStatus.PAUSED
    paying = order is not None and seat is not None and seat.status == Seat.HELD and is_under_way(visit, order)
    kept_out = newcomer_bar(visit) if room.newcomer_only and not live else None
    free = room.status == "open" and room.seats_taken < room.size and not (over or live or paused)
    joinable = free and kept_out is None
    return {
        "room": room,
        "seat": seat,
        "order": order,
        "is_seated": live,
        "missing": room.size - room.seats_taken,
        "joinable": joinable,
        "kept_out": kept_out if free else None,
        "estimate": own_price(visit, rooms.quote_joining, room_id) if joinable else None,
        "deal_status": deal.status if deal else None,
        "kinds": _kinds(room, deal),
        "left": deal.left if deal else None,
        "low_at": deal.low_at if deal else 0,
        "elsewhere": None if live or joinable or kept_out else _elsewhere(visit, room),
        "paying": paying,
        "tag": _tag(room_id, rooms.Pulse(room.version, few), _to_pay(seat, order, paying=paying)),
        "watch": None if room.invited_only else _stream(visit.settings.watch_url, room_id),
        "most_units": MOST_UNITS,
    }


def _elsewhere(visit: Visit, room: RoomView) -> str | None:
    """What one tap leads to from a room without a seat: another `room` of its deal, a `new` one, or nothing."""
    deal = deals.deal(visit.uow, room.deal_id, visit.visitor)
    if deal.status is DealStatus.PAUSED or not deal.left:
        return None
    others = rooms.open_rooms(visit.uow, deal.id, _ROOMS_LOOKED_AT)
    if any(other.id != room.id for other in others):
        return "room"
    return "new" if deal.status is DealStatus.LIVE else None


def _stream(watch_url: str | None, room_id: uuid.UUID) -> str | None:
    """The address of the room's event stream; None where no watch process holds it open."""
    return None if watch_url is None else f"{watch_url.rstrip('/')}/api/v1/rooms/{to_public('room', room_id)}/events"


def _kinds(room: rooms.RoomView, deal: deals.DealView | None) -> list[deals.DealUnit]:
    """The units that may be chosen in the room, at its own prices, with what is left of each."""
    prices = {unit.id: unit.price for unit in room.units}
    return [replace(unit, price=prices[unit.id]) for unit in (deal.units if deal else ()) if unit.id in prices]


def _to_pay(seat: rooms.OwnSeat | None, order: OrderView | None, *, paying: bool) -> str:
    """How the visitor's payment stands, for the tag: on its way, or owed, and then which; it may be made elsewhere."""
    if paying:
        return "paying"
    if seat is None or seat.status != Seat.HELD or order is None or order.payment is None:
        return ""
    return f"owed{order.payment.id.hex}"


def _owed_by(seen: ETags) -> str | None:
    """What a tag says of a payment that was owed when it was made."""
    found = _OWED.search(seen.to_header())
    return found and found[0]


def _is_paid(visit: Visit, owed: str) -> bool:
    payment_id = uuid.UUID(owed.removeprefix("owed"))
    return bool(payments.being_paid(visit.uow, [payment_id]))


def _tag(room_id: uuid.UUID, pulse: rooms.Pulse, to_pay: str = "") -> str:
    """What a browser has seen: the room's version, how few units are left, by whom, and how their payment stands."""
    whose = sha256((cookies.token() or "").encode()).hexdigest()[:12]
    seen = f"{pulse.version}{'' if pulse.few is None else f'-{pulse.few}'}"
    return f"{to_public('room', room_id)}-{seen}-{languages.reader()}-{whose}{to_pay and '-' + to_pay}"


def go_and_pay(visit: Visit, member_id: uuid.UUID, joined: Joined) -> Response:
    """Everybody who holds a seat gets a link to hand on, then pays."""
    sharing.make(visit.uow, member_id, Kind.ROOM, joined.room.id)
    return go_to("shopper.show_payment", order_id=to_public("ord", joined.order.id))
