"""Opening a deal, with a preview of what members see and what it earns while the terms are typed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response, flash, make_response, render_template
from flask_babel import gettext

from socialshop.commissions import service as commissions
from socialshop.commissions.service import Preview
from socialshop.deals import rules
from socialshop.deals import service as deals
from socialshop.deals.rules import LatePayer
from socialshop.deals.service import NewDeal, ProductView, SkuView
from socialshop.invites.rules import Kind
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR, Money, parse_decimal
from socialshop.memberships import service as memberships
from socialshop.memberships.service import TierView
from socialshop.pages import sharing
from socialshop.pages.forms import Form
from socialshop.pages.leader.section import leader
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit

_PRODUCTS_OFFERED = 100
_LONGEST_TITLE = 200
_MOST_HOURS = int(rules.LONGEST_ROOM / timedelta(hours=1))
_MOST_HOLD_MINUTES = 24 * 60
_MOST_QUOTA = 1_000_000_000
_USUAL_SIZE, _USUAL_HOURS, _USUAL_HOLD_MINUTES = 3, 24, 15


@dataclass(frozen=True, slots=True)
class Offered:
    """A unit that a deal may sell."""

    product: ProductView
    unit: SkuView


@dataclass(frozen=True, slots=True)
class Seen:
    """The terms as far as they are typed, as members would see them; `earns` is None where no plan is in force."""

    title: str
    size: int
    price: Money | None
    alone: Money | None
    earns: Preview | None

    @property
    def is_dearer(self) -> bool:
        """Whether buying together would cost no less than alone."""
        return self.price is not None and self.alone is not None and self.price.amount_minor >= self.alone.amount_minor


@leader.page("/deals/new", tab="deals")
def new_deal(visit: Visit) -> str:
    """The form."""
    return render_template("leader/new_deal.html", **_facts(visit))


@leader.action("/deals/preview", again="new_deal")
def preview_deal(visit: Visit) -> Response:
    """The form as it is filled in, with its preview: nothing is made, nothing is refused."""
    return make_response(render_template("leader/new_deal.html", tab="deals", form=visit.form, **_facts(visit)))


@leader.action("/deals", again="new_deal", once=True)
def open_deal(visit: Visit) -> Response:
    """Open the deal, or keep it as a draft."""
    new = _read(visit, _offered(visit), memberships.tiers(visit.uow))
    visit.form.check()
    deal = deals.open_deal(visit.uow, visit.caller.member_id, visit.caller.number, new)
    if new.draft:
        flash(gettext("The draft is kept. Nobody sees it until you publish it."))
    else:
        sharing.make(visit.uow, visit.caller.member_id, Kind.DEAL, deal.id)
        flash(gettext("The deal is open. Share it below."))
    return go_to("leader.show_deal", deal_id=to_public("deal", deal.id))


def _read(visit: Visit, offered: dict[str, Offered], tiers: Sequence[TierView]) -> NewDeal:
    form, zone = visit.form, visit.zone
    sku = form.choice("sku_id", offered)
    chosen = offered.get(sku)
    price = form.money("price_minor", chosen.unit.price.currency if chosen else visit.settings.currency)
    if "price_minor" not in form.errors and not 1 <= price.amount_minor <= MAX_AMOUNT_MINOR:
        form.errors["price_minor"] = gettext("An amount such as %(example)s.", example="12.50")
    return NewDeal(
        sku_id=chosen.unit.id if chosen else uuid.UUID(int=0),
        title=form.text("title", longest=_LONGEST_TITLE),
        group_size=form.whole("group_size", rules.SMALLEST_GROUP, rules.LARGEST_GROUP),
        price_minor=price.amount_minor,
        room_ttl=timedelta(hours=form.whole("room_hours", 1, _MOST_HOURS)),
        seat_hold=timedelta(minutes=form.whole("hold_minutes", 1, _MOST_HOLD_MINUTES)),
        starts_at=form.instant("starts_at", zone),
        ends_at=form.instant("ends_at", zone),
        per_member_limit=form.whole_or_none("per_member_limit", 1, rules.MOST_UNITS),
        quota=form.whole_or_none("quota", 1, _MOST_QUOTA),
        draft=form.choice("draft", ("yes", "no")) == "yes",
        circle_only=form.is_ticked("circle_only"),
        late_payer=_late_payer(form),
        minimum_tier=form.choice("minimum_tier", {"", *(tier.code for tier in tiers)}) or None,
    )


def _late_payer(form: Form) -> LatePayer:
    """What becomes of late money; the usual where nothing else was chosen."""
    chosen = form.choice("late_payer", {"", *LatePayer})
    return LatePayer(chosen) if chosen in set(LatePayer) else LatePayer.REFUND


def _facts(visit: Visit) -> dict[str, Any]:
    offered = _offered(visit)
    usual = {"group_size": _USUAL_SIZE, "room_hours": _USUAL_HOURS, "hold_minutes": _USUAL_HOLD_MINUTES}
    return {
        "offered": offered,
        "usual": usual,
        "seen": _seen(visit, offered),
        "currency": visit.settings.currency,
        "tiers": memberships.tiers(visit.uow),
    }


def _offered(visit: Visit) -> dict[str, Offered]:
    products = deals.products(visit.uow, None, _PRODUCTS_OFFERED)
    return {to_public("sku", unit.id): Offered(product, unit) for product in products for unit in product.skus}


def _seen(visit: Visit, offered: dict[str, Offered]) -> Seen:
    """What can be told of the terms so far; what is missing or wrong is left out."""
    values = visit.form.values
    chosen = offered.get(values.get("sku_id", "")) or next(iter(offered.values()), None)
    typed = Form(values)
    size = typed.whole("group_size", rules.SMALLEST_GROUP, rules.LARGEST_GROUP)
    size = _USUAL_SIZE if "group_size" in typed.errors else size
    alone = chosen.unit.price if chosen else None
    price = _price(values.get("price_minor", ""), alone.currency) if alone else None
    title = values.get("title", "").strip()[:_LONGEST_TITLE] or (chosen.product.title if chosen else "")
    earns = commissions.preview(visit.uow, price, size) if price else None
    return Seen(title, size, price, alone, earns)


def _price(typed: str, currency: str) -> Money | None:
    try:
        minor = parse_decimal(typed.strip(), currency)
    except InvalidValue:
        return None
    return Money(minor, currency) if 1 <= minor <= MAX_AMOUNT_MINOR else None
