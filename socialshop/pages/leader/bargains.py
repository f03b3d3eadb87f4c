"""Bargains that a leader offers."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext

from socialshop.deals import rules
from socialshop.deals import service as deals
from socialshop.deals.service import BuyAt, NewBargain
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.pages.leader.opening import offered_units, shipping_fee
from socialshop.pages.leader.section import leader
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut

_LONGEST_TITLE = 200
_MOST_HOURS = 7 * 24
_USUAL = {"chops": 12, "hours": 24}
_WEIGHTS = {
    "10000": lazy_gettext("as much as any"),
    "20000": lazy_gettext("twice as much"),
    "30000": lazy_gettext("three times as much"),
}
_BUY_AT = {
    BuyAt.REACHED.value: lazy_gettext("At any price reached"),
    BuyAt.FLOOR.value: lazy_gettext("Only at the lowest price"),
}


@leader.page("/bargains", tab="bargains")
def list_bargains(visit: Visit) -> str:
    """My bargains, the newest first."""
    found = deals.bargain_offers_of(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda offer: offer.deal.id)
    return render_template("leader/bargains.html", offers=rows, next=after)


@leader.page("/bargains/new", tab="bargains")
def new_bargain(visit: Visit) -> str:
    """The form."""
    return render_template("leader/new_bargain.html", **_facts(visit))


@leader.action("/bargains", again="new_bargain", once=True)
def offer_bargain(visit: Visit) -> Response:
    """Offer it."""
    form, zone = visit.form, visit.zone
    offered = offered_units(visit)
    chosen = offered.get(form.choice("sku_id", offered))
    currency = chosen.unit.price.currency if chosen else visit.settings.currency
    prices = {name: form.money(name, currency) for name in ("start_price_minor", "floor_price_minor")}
    for name, price in prices.items():
        if name not in form.errors and not 1 <= price.amount_minor <= MAX_AMOUNT_MINOR:
            form.errors[name] = gettext("An amount such as %(example)s.", example="12.50")
    weight = form.choice("newcomer_bps", _WEIGHTS)
    new = NewBargain(
        sku_id=chosen.unit.id if chosen else uuid.UUID(int=0),
        title=form.text("title", longest=_LONGEST_TITLE),
        start_minor=prices["start_price_minor"].amount_minor,
        floor_minor=prices["floor_price_minor"].amount_minor,
        chops=form.whole("chops", 1, rules.MOST_CHOPS),
        lasts=timedelta(hours=form.whole("hours", 1, _MOST_HOURS)),
        newcomer_bps=int(weight) if weight in _WEIGHTS else rules.SAME_WEIGHT_BPS,
        ends_at=form.instant("ends_at", zone),
        per_member_limit=form.whole_or_none("per_member_limit", 1, rules.MOST_UNITS),
        quota=form.whole_or_none("quota", 1, rules.MOST_STOCK),
        shipping_minor=shipping_fee(visit, currency),
        buy_at=BuyAt.FLOOR if form.choice("buy_at", _BUY_AT) == BuyAt.FLOOR else BuyAt.REACHED,
    )
    form.check()
    deals.offer_bargain(visit.uow, visit.caller.member_id, visit.caller.number, new)
    flash(gettext("The bargain is offered: members start it from the list of bargains."))
    return go_to("leader.list_bargains")


@leader.action("/bargains/<deal_id>/end", again="list_bargains", ids={"deal_id": "deal"})
def end_bargain(visit: Visit) -> Response:
    """Let nobody start it any more; what was started goes on."""
    deals.end(visit.uow, visit.caller, visit.ids["deal_id"])
    flash(gettext("Nobody starts it any more. What was started goes on."))
    return go_to("leader.list_bargains")


def _facts(visit: Visit) -> dict[str, Any]:
    return {
        "offered": offered_units(visit),
        "usual": _USUAL,
        "currency": visit.settings.currency,
        "weights": list(_WEIGHTS.items()),
        "buy_at": list(_BUY_AT.items()),
    }
