"""Bargains: what is offered, one's own, and the page that friends come to, to chop the price."""

from __future__ import annotations

import uuid
from hashlib import sha256

from flask import Response, flash, make_response, render_template, request
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.rules import Status as DealStatus
from socialshop.invites import visitors
from socialshop.invites.rules import Kind
from socialshop.kernel.ids import to_public
from socialshop.orders import service as orders
from socialshop.pages import cookies, formats, languages, sharing
from socialshop.pages.section import go_to
from socialshop.pages.shopper.paying import is_under_way
from socialshop.pages.shopper.seats import attribution
from socialshop.pages.shopper.section import shopper
from socialshop.pages.shopper.shop import own_price, wanted
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.rooms import service as rooms
from socialshop.rooms.rules import Seat
from socialshop.web.auth import BUYERS, PUBLIC

_OFFER = {"deal_id": "deal"}
_BARGAIN = {"bargain_id": "brg"}
_OWN_SHOWN = 10


@shopper.page("/bargains", access=PUBLIC, tab="shop")
def list_bargains(visit: Visit) -> str:
    """What can be started now, and the own bargains."""
    found = deals.bargain_offers(visit.uow, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda offer: offer.deal.id)
    own = [] if visit.visitor is None else rooms.bargains_of(visit.uow, visit.visitor.number, None, _OWN_SHOWN)
    return render_template("shopper/bargains.html", offers=rows, own=own, next=after)


@shopper.page("/bargain-offers/<deal_id>", access=PUBLIC, ids=_OFFER, tab="shop")
def show_bargain_offer(visit: Visit) -> str:
    """What a bargain is about, and the way to start one, or to the own one that runs."""
    offer = deals.bargain_offer(visit.uow, visit.ids["deal_id"])
    number = None if visit.visitor is None else visit.visitor.number
    running = None if number is None else rooms.running_bargain(visit.uow, offer.deal.id, number)
    product = deals.product(visit.uow, offer.deal.product_id)
    live = offer.deal.status is DealStatus.LIVE
    return render_template("shopper/bargain_offer.html", offer=offer, product=product, live=live, running=running)


@shopper.action("/bargain-offers/<deal_id>/bargains", access=BUYERS, again="show_bargain_offer", ids=_OFFER)
def start_bargain(visit: Visit) -> Response:
    """Start it, with a link for friends ready at once; whose runs already is led there."""
    begun = rooms.start_bargain(visit.uow, visit.caller, visit.ids["deal_id"], visitors.signals())
    sharing.make(visit.uow, visit.caller.member_id, Kind.BARGAIN, begun.id)
    return go_to("shopper.show_bargain", bargain_id=to_public("brg", begun.id), _anchor="share")


@shopper.page("/bargains/<bargain_id>", access=PUBLIC, ids=_BARGAIN, tab="shop")
def show_bargain(visit: Visit) -> Response:
    """The bargain, live where scripts run; who has no visitor's cookie yet gets one: a device chops once."""
    share = None
    if visit.visitor is not None:
        share = sharing.of_target(visit.uow, visit.visitor.member_id, Kind.BARGAIN, visit.ids["bargain_id"])
    answer = make_response(render_template("shopper/bargain.html", tab="shop", share=share, **_facts(visit)))
    for cookie in visitors.greet()[1]:
        answer.headers.add("Set-Cookie", cookie)
    return answer


@shopper.page("/bargains/<bargain_id>/live", access=PUBLIC, ids=_BARGAIN)
def show_live_bargain(visit: Visit) -> Response:
    """The part of the bargain that changes: 304 while nothing has, for one read by key."""
    bargain_id = visit.ids["bargain_id"]
    seen = request.if_none_match
    if seen.contains_weak(_tag(bargain_id, rooms.bargain_version(visit.uow, bargain_id))):
        return _nothing_new()
    facts = _facts(visit)
    if seen.contains_weak(str(facts["seen"]).strip('"')):
        return _nothing_new()
    return make_response(render_template("shopper/bargain_live.html", **facts))


def _nothing_new() -> Response:
    answer = make_response("", 304)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@shopper.action("/bargains/<bargain_id>/chops", access=BUYERS, again="show_bargain", ids=_BARGAIN)
def chop_bargain(visit: Visit) -> Response:
    """Chop the price of a friend's bargain."""
    amount = rooms.chop(visit.uow, visit.caller, visit.ids["bargain_id"], visitors.signals())
    flash(gettext("You brought the price down by %(amount)s.", amount=formats.money(amount)))
    return go_to("shopper.show_bargain", bargain_id=visit.path["bargain_id"])


@shopper.action("/bargains/<bargain_id>/link", access=BUYERS, again="show_bargain", ids=_BARGAIN)
def share_bargain(visit: Visit) -> Response:
    """Make a link to the bargain."""
    sharing.make(visit.uow, visit.caller.member_id, Kind.BARGAIN, visit.ids["bargain_id"])
    return go_to("shopper.show_bargain", bargain_id=visit.path["bargain_id"], _anchor="share")


@shopper.action("/bargains/<bargain_id>/purchase", access=BUYERS, again="show_bargain", once=True, ids=_BARGAIN)
def buy_bargain(visit: Visit) -> Response:
    """Buy the own bargain at its price, and go and pay."""
    _, sku_id, means = wanted(visit.form)
    visit.form.check()
    bargain_id, through = visit.ids["bargain_id"], attribution(visit)
    joined = rooms.buy_bargain(visit.uow, visit.caller, bargain_id, through, sku_id=sku_id, means=means)
    return go_to("shopper.show_payment", order_id=to_public("ord", joined.order.id))


@shopper.action("/bargains/<bargain_id>/price", access=BUYERS, again="show_bargain", ids=_BARGAIN)
def price_bargain(visit: Visit) -> Response:
    """The bargain with the price of what was typed so far. Nothing is taken."""
    return show_bargain(visit)


def _facts(visit: Visit) -> dict[str, object]:
    """The bargain in the visitor's eyes, what it would cost its owner, and the owner's order once there is one."""
    number = None if visit.visitor is None else visit.visitor.number
    bargain = rooms.bargain(visit.uow, visit.ids["bargain_id"], number)
    seat = estimate = None
    paying = False
    if visit.visitor is not None and bargain.is_own:
        if bargain.room_id is not None:
            seat = rooms.own_seat(visit.uow, bargain.room_id, visit.visitor.number)
        if seat is not None and seat.status == Seat.HELD:
            paying = is_under_way(visit, orders.order(visit.uow, seat.order_id, visit.visitor.number))
        if bargain.may_be_bought:
            estimate = own_price(visit, rooms.quote_bargain, bargain.id)
    to_pay = "paying" if paying else "held" if seat is not None and seat.status == Seat.HELD else ""
    deal = deals.deals_by_id(visit.uow, [bargain.offer_id])[bargain.offer_id] if bargain.status == "open" else None
    return {
        "bargain": bargain,
        "left": deal.left if deal else None,
        "low_at": deal.low_at if deal else 0,
        "seat": seat,
        "estimate": estimate,
        "form": visit.form,
        "paying": paying,
        "seen": f'"{_tag(bargain.id, bargain.version, to_pay)}"',
    }


def _tag(bargain_id: uuid.UUID, version: int, to_pay: str = "") -> str:
    """What a browser has seen: the bargain's version, in whose eyes and language, and how their payment stands."""
    whose = sha256((cookies.token() or "").encode()).hexdigest()[:12]
    return f"{to_public('brg', bargain_id)}-{version}-{languages.reader()}-{whose}{to_pay and '-' + to_pay}"
