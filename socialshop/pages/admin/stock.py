"""Stock: what is left of each unit, how it came to that, and what comes in or is put right."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext, ngettext

from socialshop.deals import service as deals
from socialshop.deals.rules import MOST_STOCK
from socialshop.deals.service import NewMove, StockReason
from socialshop.kernel.ids import to_public
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.screening import service as screening
from socialshop.web.auth import ADMINS

_SKU = {"sku_id": "sku"}
_LONGEST_NOTE = 500
# What an admin says of a change: its reason, and whether units come or go.
CHANGES = {
    "received": (StockReason.RECEIVED, 1, lazy_gettext("Goods came in")),
    "counted_more": (StockReason.COUNTED, 1, lazy_gettext("Counted: there are more")),
    "counted_less": (StockReason.COUNTED, -1, lazy_gettext("Counted: there are fewer")),
    "damaged": (StockReason.DAMAGED, -1, lazy_gettext("Damaged or lost")),
    "corrected_up": (StockReason.CORRECTED, 1, lazy_gettext("An entry was wrong: more")),
    "corrected_down": (StockReason.CORRECTED, -1, lazy_gettext("An entry was wrong: fewer")),
}
REASONS = {
    "first": lazy_gettext("put on sale"),
    "received": lazy_gettext("came in"),
    "counted": lazy_gettext("counted"),
    "damaged": lazy_gettext("damaged or lost"),
    "corrected": lazy_gettext("put right"),
    "restocked": lazy_gettext("sent back by a buyer"),
    "reserved": lazy_gettext("in a seat"),
    "sold": lazy_gettext("sold"),
    "returned": lazy_gettext("seat given up"),
    "redeemed": lazy_gettext("taken for points"),
    "limited": lazy_gettext("counted from here on"),
}


@admin.page("/stock", tab="stock")
def list_stock(visit: Visit) -> str:
    """What is left of every unit; what is sold out or low comes first."""
    rows, after = cut(deals.stock_page(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    return render_template("admin/stock.html", units=rows, next=after)


@admin.page("/stock/<sku_id>", ids=_SKU, tab="stock")
def show_stock(visit: Visit) -> str:
    """One unit: what is left, the moves by which it came to that, and what a check found."""
    sku_id = visit.ids["sku_id"]
    unit = deals.stock_of(visit.uow, sku_id)
    moves, after = cut(deals.stock_moves(visit.uow, sku_id, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    return render_template(
        "admin/stock_unit.html",
        unit=unit,
        moves=moves,
        next=after,
        reasons=REASONS,
        changes=[(name, words) for name, (_, _, words) in CHANGES.items()],
        findings=screening.findings_about(visit.uow, [to_public("sku", sku_id)]),
    )


@admin.action("/stock/<sku_id>", access=ADMINS, again="show_stock", ids=_SKU, once=True)
def move_stock(visit: Visit) -> Response:
    """Add to it, or take from it."""
    row = deals.move_stock(visit.uow, visit.caller.member_id, visit.ids["sku_id"], typed_move(visit.form))
    flash(ngettext("%(num)s is left now.", "%(num)s are left now.", row.stock))
    return go_to("admin.show_stock", sku_id=visit.path["sku_id"])


def typed_move(form: Form) -> NewMove:
    """The change that was typed. Raises FormRefused."""
    chosen = form.choice("change", CHANGES)
    units = form.whole("quantity", 1, MOST_STOCK)
    note = form.text("note", longest=_LONGEST_NOTE, required=False)
    form.check()
    reason, way, _ = CHANGES[chosen]
    return NewMove(reason, way * units, note)


@admin.action("/stock/<sku_id>/low", access=ADMINS, again="show_stock", ids=_SKU)
def set_low_stock(visit: Visit) -> Response:
    """Say from how few on it is low."""
    low = visit.form.whole("low_stock_at", 0, MOST_STOCK)
    visit.form.check()
    deals.set_low_stock(visit.uow, visit.caller.member_id, visit.ids["sku_id"], low)
    flash(gettext("Kept."))
    return go_to("admin.show_stock", sku_id=visit.path["sku_id"])
