"""The shop front, and a deal."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import NamedTuple

from flask import Response, make_response, render_template
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.deals import service as deals
from socialshop.deals.rules import Sort, Sought, Status
from socialshop.identity import service as identity
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import from_public
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.rules import MOST_POINTS
from socialshop.memberships import service as memberships
from socialshop.orders.service import Estimate, Means, Quote
from socialshop.pages import languages
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper import finding
from socialshop.pages.shopper.seats import attribution
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.recommendations import service as recommendations
from socialshop.recommendations.service import Recommendations
from socialshop.rooms import service as rooms
from socialshop.web.auth import BUYERS, PUBLIC

_ROOMS_SHOWN = 5
_FOR_YOU_SHOWN = 3
_SESSIONS_SHOWN = 6
MOST_UNITS = 20


@shopper.page("/", access=PUBLIC, tab="shop")
def shop_front(visit: Visit) -> str:
    """What is nearest to a full room, flash sessions, some deals for whoever is here, and the way to look further."""
    found, after = finding.listed(visit, Sought(sort=Sort.NEAREST))
    strip = deals.next_sessions(visit.uow, _SESSIONS_SHOWN)
    facts = {"sessions": strip, "for_you": for_you(visit), **finding.choices()}
    return render_template("shopper/shop.html", found=found, next=after, **facts)


def for_you(visit: Visit) -> Recommendations | None:
    """A few deals with their reasons; None for nobody."""
    if visit.visitor is None:
        return None
    return recommendations.recommend(visit.uow, visit.visitor.number, languages.reader(), _FOR_YOU_SHOWN)


@shopper.page("/deals/<deal_id>", access=PUBLIC, ids={"deal_id": "deal"}, tab="shop")
def show_deal(visit: Visit) -> str | Response:
    """A deal, and the open rooms that lack the fewest members; a bargain has a page of its own."""
    try:
        deal = deals.deal(visit.uow, visit.ids["deal_id"], visit.visitor)
    except NotFound:
        deals.bargain_offer(visit.uow, visit.ids["deal_id"])
        return go_to("shopper.show_bargain_offer", deal_id=visit.path["deal_id"])
    product = deals.product(visit.uow, deal.product_id)
    found = rooms.open_rooms(visit.uow, deal.id, _ROOMS_SHOWN)
    is_early = _may_come_early(visit, deal)
    may_open = deal.status is Status.LIVE or is_early
    return render_template(
        "shopper/deal.html",
        tab="shop",
        form=visit.form,
        deal=deal,
        product=product,
        leader_id=_leader_of(visit, deal),
        rating=community.rating_of(visit.uow, product.id),
        rooms=found,
        kept_out=newcomer_bar(visit) if deal.newcomer_only else None,
        is_early=is_early,
        asked=_asked_tier(visit, deal),
        offered=_why_offered(visit, deal),
        estimate=own_price(visit, rooms.quote_opening, deal.id) if may_open else None,
    )


def _why_offered(visit: Visit, deal: deals.DealView) -> list[str]:
    """Why a deal that is for some alone is offered to who looks at it."""
    if not deal.invited_only:
        return []
    return loyalty.why_offered(visit.uow, [deal.id], languages.reader()).get(deal.id, [])


def _leader_of(visit: Visit, deal: deals.DealView) -> uuid.UUID | None:
    """Whose circle the deal is for; None where it is for everybody."""
    if not deal.circle_only:
        return None
    return next(member.id for member in identity.named(visit.uow, numbers=[deal.opened_by]))


@shopper.action("/deals/<deal_id>/price", access=BUYERS, again="show_deal", ids={"deal_id": "deal"})
def price_deal(visit: Visit) -> Response:
    """The deal with the price of what was typed so far. Nothing is taken."""
    return make_response(show_deal(visit))


class OwnPrice(NamedTuple):
    """What a seat costs who looks at it, what it earns them, and how many of their points can pay of it."""

    price: Quote
    earns_points: int
    points: loyalty.PointsBounds


def own_price(visit: Visit, quote: Callable[..., Estimate], about: uuid.UUID) -> OwnPrice | None:
    """What the seat costs who looks at it, as it is typed so far; None for nobody, and for who may not buy it.

    Points of which none act, or more than there are, are named at their field; the price is said without them.
    """
    if visit.visitor is None or visit.visitor.role not in BUYERS.roles:
        return None
    quantity, sku_id, means = wanted(visit.form)
    through, buyer = attribution(visit), visit.visitor
    without = Means(None, means.coupon_ids)
    if "use_points" in visit.form.errors:
        # No number: its field says so already.
        means = without
    try:
        found = quote(visit.uow, buyer, about, quantity, through, sku_id=sku_id, means=means)
    except NotFound:
        # Who looks after a deal that is for others alone.
        return None
    except InvalidValue as wrong:
        visit.form.take(wrong)
        quantity = quantity if wrong.field == "use_points" else 1
        found = quote(visit.uow, buyer, about, quantity, through, sku_id=sku_id, means=without)
    points = loyalty.points_bounds(visit.uow, buyer.number, found.price.goods_before_points)
    if means.use_points is not None and means.use_points > points.have:
        visit.form.errors["use_points"] = gettext("You have %(have)s points.", have=points.have)
        found = quote(visit.uow, buyer, about, quantity, through, sku_id=sku_id, means=without)
    return OwnPrice(found.price, found.earns_points, points)


def wanted(form: Form) -> tuple[int, uuid.UUID | None, Means]:
    """How many units, of which kind, and what besides money should pay a part; one where nothing was typed yet."""
    quantity = form.whole("quantity", 1, MOST_UNITS) if form.values else 1
    use_points = form.whole_or_none("use_points", 1, MOST_POINTS)
    chosen = form.values.get("sku_id")
    sku_id = from_public("sku", chosen) if chosen else None
    return max(quantity, 1), sku_id, Means(use_points, () if form.is_ticked("keep_coupons") else None)


def newcomer_bar(visit: Visit) -> rooms.NewcomerRow | None:
    """Why who looks may join no room for newcomers; None for who may, for nobody, and for who buys nothing."""
    if visit.visitor is None or visit.visitor.role not in BUYERS.roles:
        return None
    found = rooms.newcomer(visit.uow, visit.visitor.number)
    return found if found.bought or found.room_id else None


def _may_come_early(visit: Visit, deal: deals.DealView) -> bool:
    """Whether the deal is announced, and open already for who looks at it."""
    if visit.visitor is None or deal.status is not Status.SCHEDULED:
        return False
    return visit.uow.now + memberships.head_start_of(visit.uow, visit.visitor.number) >= deal.starts_at


def _asked_tier(visit: Visit, deal: deals.DealView) -> memberships.TierView | None:
    """The least tier that the deal is for; None where it is for everybody."""
    if deal.minimum_tier is None:
        return None
    return next((tier for tier in memberships.tiers(visit.uow) if tier.code == deal.minimum_tier), None)
