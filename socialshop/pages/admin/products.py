"""Products with their stock, and putting another on sale."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.rules import MOST_RETURN_DAYS, MOST_STOCK
from socialshop.deals.service import NewProduct, NewSku
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

UNITS = 4


@admin.page("/products", tab="products")
def list_products(visit: Visit) -> str:
    """Every product with what is left of each unit, and a form for another."""
    found = deals.products(visit.uow, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    return render_template("admin/products.html", products=rows, next=after, units=UNITS)


@admin.action("/products", access=ADMINS, again="list_products", once=True)
def add_product(visit: Visit) -> Response:
    """Put a product on sale at once."""
    form, currency = visit.form, visit.settings.currency
    title = form.text("title", longest=200)
    description = form.text("description", longest=5_000, required=False)
    return_days = form.whole("return_days", 0, MOST_RETURN_DAYS)
    units = list(_units(form, currency))
    form.check()
    deals.add_product(visit.uow, visit.caller.member_id, NewProduct(title, description, return_days, units), currency)
    flash(gettext("On sale: %(title)s.", title=title))
    return go_to("admin.list_products")


def _units(form: Form, currency: str) -> Iterator[NewSku]:
    """The first unit, and of the others those whose code is filled in."""
    for place in range(1, UNITS + 1):
        if place > 1 and not form.values.get(f"code_{place}", "").strip():
            continue
        price = form.money(f"price_{place}", currency)
        if price.amount_minor < 1:
            form.errors.setdefault(f"price_{place}", gettext("A price is more than nothing."))
        yield NewSku(
            code=form.text(f"code_{place}", longest=64),
            title=form.text(f"unit_{place}", longest=200),
            price_minor=price.amount_minor,
            stock=form.whole(f"stock_{place}", 0, MOST_STOCK),
        )
