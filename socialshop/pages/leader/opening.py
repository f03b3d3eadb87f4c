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
from socialshop.deals import ladder, perks, rules
from socialshop.deals import service as deals
from socialshop.deals.ladder import Ladder, Step
from socialshop.deals.perks import HIGHEST_PERK_BPS, HostPerk, PerkKind
from socialshop.deals.rules import LatePayer, Subsidy
from socialshop.deals.service import NewDeal, ProductView, SkuView
from socialshop.invites.rules import Kind
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR, Money, parse_decimal
from socialshop.kernel.roles import Role
from socialshop.memberships import service as memberships
from socialshop.memberships.service import TierView
from socialshop.pages import formats, sharing
from socialshop.pages.forms import Form
from socialshop.pages.leader.section import leader
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit

_PRODUCTS_OFFERED = 100
_LONGEST_TITLE = 200
_MOST_HOURS = int(rules.LONGEST_ROOM / timedelta(hours=1))
_MOST_HOLD_MINUTES = 24 * 60
# Steps of a ladder beyond the first, which is the price and the people of the form itself.
_FURTHER_STEPS = 4
# A percentage has two decimals: read as an amount of a currency that has as many, its minor units are basis points.
_TWO_DECIMALS = "CNY"
_PERKS = ("", "free_seat", "percentage", "commission_rate", "commission_fixed")
_SUBSIDY = ("subsidy_from", "subsidy_budget")
# Below one part of so many of the price alone a price is asked about; the box that says that it is meant.
_CHEAP_BELOW = 2
_CHEAP = "cheap_is_meant"
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
    steps: Ladder = ()
    perk: HostPerk | None = None
    newcomers: bool = False

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
    """The form as it is filled in, with its preview: nothing is made, what is wrong so far is said beside its field."""
    form = visit.form
    _read(visit, offered_units(visit), memberships.tiers(visit.uow))
    for name in [name for name in form.errors if not form.values.get(name, "").strip()]:
        del form.errors[name]
    return make_response(render_template("leader/new_deal.html", tab="deals", form=form, **_facts(visit)))


@leader.action("/deals", again="new_deal", once=True)
def open_deal(visit: Visit) -> Response:
    """Open the deal, or keep it as a draft."""
    offered = offered_units(visit)
    new = _read(visit, offered, memberships.tiers(visit.uow))
    visit.form.check()
    _ask_if_cheap(visit.form, new, offered)
    deal = deals.open_deal(visit.uow, visit.caller.member_id, visit.caller.number, new)
    if new.draft:
        flash(gettext("The draft is kept. Nobody sees it until you publish it."))
    else:
        sharing.make(visit.uow, visit.caller.member_id, Kind.DEAL, deal.id)
        flash(gettext("The deal is open. Share it below."))
    return go_to("leader.show_deal", deal_id=to_public("deal", deal.id))


def _ask_if_cheap(form: Form, new: NewDeal, offered: dict[str, Offered]) -> None:
    """Ask once more where a group pays less than half of the price alone: a digit is easily left out.

    Raises FormRefused until the box that the form then shows is ticked. Programs are not asked.
    """
    alone = offered[to_public("sku", new.sku_id)].unit.price
    least = min([new.price_minor, *(step.price_minor for step in new.price_steps)])
    if least * _CHEAP_BELOW < alone.amount_minor and not form.is_ticked(_CHEAP):
        form.errors[_CHEAP] = gettext(
            "A group pays %(price)s, and who buys alone %(alone)s. If that is meant, tick the box and send it again.",
            price=formats.money(Money(least, alone.currency)),
            alone=formats.money(alone),
        )
        form.refuse()


def _read(visit: Visit, offered: dict[str, Offered], tiers: Sequence[TierView]) -> NewDeal:
    form, zone = visit.form, visit.zone
    sku = form.choice("sku_id", offered)
    chosen = offered.get(sku)
    price = form.money("price_minor", chosen.unit.price.currency if chosen else visit.settings.currency)
    if "price_minor" not in form.errors and not 1 <= price.amount_minor <= MAX_AMOUNT_MINOR:
        form.errors["price_minor"] = gettext("An amount such as %(example)s.", example="12.50")
    more = _more_units(form, chosen, offered, price)
    size = form.whole("group_size", rules.SMALLEST_GROUP, rules.LARGEST_GROUP)
    steps = _ladder(form, Step(size, price.amount_minor), price.currency)
    return NewDeal(
        sku_id=chosen.unit.id if chosen else uuid.UUID(int=0),
        title=form.text("title", longest=_LONGEST_TITLE),
        group_size=steps[-1].size if steps else size,
        price_minor=price.amount_minor,
        room_ttl=timedelta(hours=form.whole("room_hours", 1, _MOST_HOURS)),
        seat_hold=timedelta(minutes=form.whole("hold_minutes", 1, _MOST_HOLD_MINUTES)),
        starts_at=form.instant("starts_at", zone),
        ends_at=form.instant("ends_at", zone),
        per_member_limit=form.whole_or_none("per_member_limit", 1, rules.MOST_UNITS),
        quota=form.whole_or_none("quota", 1, rules.MOST_STOCK),
        draft=form.choice("draft", ("yes", "no")) == "yes",
        circle_only=form.is_ticked("circle_only"),
        late_payer=_late_payer(form),
        subsidy=_subsidy(visit, price.currency),
        minimum_tier=form.choice("minimum_tier", {"", *(tier.code for tier in tiers)}) or None,
        price_steps=steps,
        more_units=more,
        host_perk=_perk(form, price.currency),
        newcomer_only=form.is_ticked("newcomer_only"),
        return_days=form.whole_or_none("return_days", 0, rules.MOST_RETURN_DAYS),
        shipping_minor=shipping_fee(visit, price.currency),
    )


def _subsidy(visit: Visit, currency: str) -> Subsidy | None:
    """What an admin lets rooms of the deal cost the shop; both fields, or none."""
    form = visit.form
    if visit.caller.role is not Role.ADMIN or not any(form.values.get(name, "").strip() for name in _SUBSIDY):
        return None
    budget = form.money("subsidy_budget", currency)
    if "subsidy_budget" not in form.errors and not 1 <= budget.amount_minor <= MAX_AMOUNT_MINOR:
        form.errors["subsidy_budget"] = gettext("An amount such as %(example)s.", example="12.50")
    return Subsidy(form.whole("subsidy_from", 1, rules.LARGEST_GROUP), budget.amount_minor)


def shipping_fee(visit: Visit, currency: str) -> int | None:
    """What an admin says that sending an order costs; None where nothing was typed."""
    if visit.caller.role is not Role.ADMIN or not visit.form.values.get("shipping_minor", "").strip():
        return None
    fee = visit.form.money("shipping_minor", currency).amount_minor
    if "shipping_minor" not in visit.form.errors and not 0 <= fee <= MAX_AMOUNT_MINOR:
        visit.form.errors["shipping_minor"] = gettext("An amount such as %(example)s.", example="12.50")
    return fee


def _more_units(form: Form, chosen: Offered | None, offered: dict[str, Offered], price: Money) -> dict[uuid.UUID, int]:
    """The other kinds of the product that were ticked, at the same price."""
    if chosen is None:
        return {}
    return {
        one.unit.id: price.amount_minor
        for sku, one in offered.items()
        if one.product.id == chosen.product.id and one is not chosen and form.is_ticked(f"also.{sku}")
    }


def _late_payer(form: Form) -> LatePayer:
    """What becomes of late money; the usual where nothing else was chosen."""
    chosen = form.choice("late_payer", {"", *LatePayer})
    return LatePayer(chosen) if chosen in set(LatePayer) else LatePayer.REFUND


def _ladder(form: Form, first: Step, currency: str) -> Ladder:
    """The steps that were typed beyond the first one; none where the deal has one price.

    Their fields are called as the shop names them, so that what it refuses of one is told beside it.
    """
    found = [first]
    for number in range(1, _FURTHER_STEPS + 1):
        size, price = f"price_steps.{number}.size", f"price_steps.{number}.price_minor"
        if any(form.values.get(name, "").strip() for name in (size, price)):
            people = form.whole(size, rules.SMALLEST_GROUP, rules.LARGEST_GROUP)
            found.append(Step(people, form.money(price, currency).amount_minor))
    return tuple(found) if len(found) > 1 else ()


def _perk(form: Form, currency: str) -> HostPerk | None:
    """What the host has; a rate is typed as a percentage, a fixed sum as an amount."""
    kind = form.choice("host_perk", _PERKS)
    if kind in ("percentage", "commission_rate"):
        bps = form.money("perk_value", _TWO_DECIMALS).amount_minor
        return HostPerk(PerkKind(kind.removesuffix("_rate")), rate_bps=_in_bounds(form, bps, HIGHEST_PERK_BPS))
    if kind == "commission_fixed":
        minor = form.money("perk_value", currency).amount_minor
        return HostPerk(PerkKind.COMMISSION, fixed_minor=_in_bounds(form, minor, MAX_AMOUNT_MINOR))
    if form.values.get("perk_value", "").strip():
        without = gettext("Say above what the host has, or leave this empty.")
        form.errors["perk_value"] = gettext("A free seat has no amount.") if kind else without
    return HostPerk(PerkKind.FREE_SEAT) if kind == "free_seat" else None


def _in_bounds(form: Form, value: int, most: int) -> int:
    if "perk_value" not in form.errors and not 1 <= value <= most:
        form.errors["perk_value"] = gettext("A percentage up to %(most)s, or an amount.", most=HIGHEST_PERK_BPS // 100)
    return value


def _facts(visit: Visit) -> dict[str, Any]:
    offered = offered_units(visit)
    usual = {"group_size": _USUAL_SIZE, "room_hours": _USUAL_HOURS, "hold_minutes": _USUAL_HOLD_MINUTES}
    return {
        "offered": offered,
        "usual": usual,
        "further_steps": _FURTHER_STEPS,
        "seen": _seen(visit, offered),
        "currency": visit.settings.currency,
        "tiers": memberships.tiers(visit.uow),
    }


def offered_units(visit: Visit) -> dict[str, Offered]:
    """What this leader may make a deal of, by the public ids of the units."""
    products = deals.products(visit.uow, None, _PRODUCTS_OFFERED)
    units = [Offered(product, unit) for product in products for unit in product.skus]
    leave = deals.leave_of(visit.uow, visit.caller.number, [one.unit.id for one in units])
    return {
        to_public("sku", one.unit.id): one for one in units if one.unit.id not in leave or leave[one.unit.id].is_open
    }


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
    steps = _seen_ladder(typed, Step(size, price.amount_minor), price.currency) if price else ()
    typed.errors.clear()
    perk = _perk(typed, price.currency) if price and values.get("host_perk") in _PERKS else None
    perk = None if typed.errors else perk
    promised = perks.document_of(perk) if perk and perk.kind is PerkKind.COMMISSION else None
    margin = deals.margin_of(visit.uow, visit.caller.number, chosen.unit.id) if chosen else None
    many = steps[-1].size if steps else size
    earns = commissions.preview(visit.uow, price, many, promised, margin) if price else None
    return Seen(title, size, price, alone, earns, steps, perk, "newcomer_only" in values)


def _seen_ladder(typed: Form, first: Step, currency: str) -> Ladder:
    """The steps as far as they make a ladder."""
    steps = _ladder(typed, first, currency)
    try:
        if steps:
            ladder.check(steps, steps[-1].size)
    except InvalidValue:
        return ()
    return () if any(name.startswith("price_steps") for name in typed.errors) else steps


def _price(typed: str, currency: str) -> Money | None:
    try:
        minor = parse_decimal(typed.strip(), currency)
    except InvalidValue:
        return None
    return Money(minor, currency) if 1 <= minor <= MAX_AMOUNT_MINOR else None
