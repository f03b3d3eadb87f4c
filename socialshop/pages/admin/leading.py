"""Who asks to lead, and to whom goods are open."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext, lazy_gettext

from socialshop.deals import service as deals
from socialshop.deals.service import Opening, OpenTo
from socialshop.identity import service as identity
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import BPS, MAX_AMOUNT_MINOR
from socialshop.kernel.roles import Role
from socialshop.onboarding import applying
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.states import STATES
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_APPLICATION = {"application_id": applying.APPLICATION_PREFIX}
_SKU = {"sku_id": "sku"}
_LEADERS_SHOWN = 200
_OPEN_TO = {
    OpenTo.ALL.value: lazy_gettext("All leaders"),
    OpenTo.CHOSEN.value: lazy_gettext("The chosen ones"),
    OpenTo.NONE.value: lazy_gettext("No leader"),
}


@admin.page("/applications", tab="leading")
def list_applications(visit: Visit) -> str:
    """Who waits for an answer, the oldest first; or by another state."""
    asked = request.args.get("status", "open")
    status = asked if asked in STATES["application"] else "open"
    rows, after = cut(applying.applications(visit.uow, status, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    statuses = [(name, told.words) for name, told in STATES["application"].items()]
    return render_template("admin/applications.html", applications=rows, next=after, statuses=statuses)


@admin.action("/applications/<application_id>", access=ADMINS, again="list_applications", ids=_APPLICATION)
def decide_application(visit: Visit) -> Response:
    """Approve or reject, with a reason that the member reads."""
    decide = {"approve": applying.approve, "reject": applying.reject}
    chosen = visit.form.choice("decision", decide)
    reason = visit.form.text("reason", longest=applying.LONGEST_REASON)
    visit.form.check()
    decide[chosen](visit.uow, visit.caller.member_id, visit.ids["application_id"], reason)
    flash(gettext("Decided: the member is told."))
    return go_to("admin.list_applications")


@admin.page("/goods/<sku_id>", tab="products", ids=_SKU)
def show_goods(visit: Visit) -> str:
    """To whom a unit is open, and its floor. Who is chosen is always shown: a form that is sent names all of them."""
    opening = deals.opening(visit.uow, visit.ids["sku_id"])
    chosen = [member for member in identity.named(visit.uow, ids=opening.leader_ids) if member.role == Role.LEADER]
    newest = identity.search(visit.uow, None, Role.LEADER, None, _LEADERS_SHOWN)
    return render_template(
        "admin/goods.html",
        opening=opening,
        unit=deals.stock_of(visit.uow, visit.ids["sku_id"]),
        leaders=list(dict.fromkeys([*chosen, *newest])),
        open_to=list(_OPEN_TO.items()),
        currency=visit.settings.currency,
    )


@admin.action("/goods/<sku_id>", access=ADMINS, again="show_goods", ids=_SKU)
def open_goods(visit: Visit) -> Response:
    """Keep it."""
    form = visit.form
    open_to = form.choice("open_to", _OPEN_TO)
    floor = None
    if form.values.get("floor_price_minor", "").strip():
        floor = form.money("floor_price_minor", visit.settings.currency).amount_minor
        if "floor_price_minor" not in form.errors and not 1 <= floor <= MAX_AMOUNT_MINOR:
            form.errors["floor_price_minor"] = gettext("An amount such as %(example)s.", example="12.50")
    supply = None
    if form.values.get("supply_price_minor", "").strip():
        supply = form.money("supply_price_minor", visit.settings.currency).amount_minor
        if "supply_price_minor" not in form.errors and not 1 <= supply <= MAX_AMOUNT_MINOR:
            form.errors["supply_price_minor"] = gettext("An amount such as %(example)s.", example="12.50")
    share = form.percent("margin_bps") or BPS
    form.check()
    chosen = OpenTo(open_to)
    named = [name.removeprefix("leader-") for name in form.values if name.startswith("leader-")]
    leaders = tuple(from_public("mbr", name) for name in named) if chosen is OpenTo.CHOSEN else ()
    opening = Opening(chosen, floor, leaders, supply, None if supply is None else share)
    deals.open_goods(visit.uow, visit.caller.member_id, visit.ids["sku_id"], opening)
    flash(gettext("Kept."))
    return go_to("admin.show_goods", sku_id=to_public("sku", visit.ids["sku_id"]))
