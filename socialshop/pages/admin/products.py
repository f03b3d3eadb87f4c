"""Products with their stock: putting another on sale, changing one, taking one off sale and back."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.rules import MOST_RETURN_DAYS, MOST_STOCK
from socialshop.deals.service import NewProduct, NewSku, ProductChange, SkuView, UnitChange
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

UNITS = 4
_LONGEST_TITLE = 200
_LONGEST_DESCRIPTION = 5_000
_PRODUCT = {"product_id": "prd"}


@admin.page("/products", tab="products")
def list_products(visit: Visit) -> str:
    """Every product with what is left of each unit, and a form for another."""
    found = deals.products(visit.uow, visit.after(), PAGE_ROWS + 1, off_sale_too=True)
    rows, after = cut(found, lambda row: row.id)
    return render_template("admin/products.html", products=rows, next=after, units=UNITS)


@admin.action("/products", access=ADMINS, again="list_products", once=True)
def add_product(visit: Visit) -> Response:
    """Put a product on sale at once."""
    form, currency = visit.form, visit.settings.currency
    title = form.text("title", longest=_LONGEST_TITLE)
    description = form.text("description", longest=_LONGEST_DESCRIPTION, required=False)
    return_days = form.whole("return_days", 0, MOST_RETURN_DAYS)
    places = _filled_in(form)
    units = [_unit(form, place, currency) for place in places]
    form.check()
    form.places = {f"skus.{at}.code": f"code_{place}" for at, place in enumerate(places)}
    deals.add_product(visit.uow, visit.caller.member_id, NewProduct(title, description, return_days, units), currency)
    flash(gettext("On sale: %(title)s.", title=title))
    return go_to("admin.list_products")


@admin.action("/products/<product_id>", access=ADMINS, again="show_product", ids=_PRODUCT)
def change_product(visit: Visit) -> Response:
    """Change its words, and code, name and price alone of its units."""
    form, product = visit.form, deals.product(visit.uow, visit.ids["product_id"])
    change = ProductChange(
        title=form.text("title", longest=_LONGEST_TITLE),
        description=form.text("description", longest=_LONGEST_DESCRIPTION, required=False),
        return_days=form.whole("return_days", 0, MOST_RETURN_DAYS),
        units=[_unit_change(form, place, sku) for place, sku in enumerate(product.skus)],
    )
    form.check()
    deals.change_product(visit.uow, visit.caller.member_id, product.id, change)
    flash(gettext("Kept. What was ordered, and rooms that are open, stay as they were."))
    return go_to("admin.show_product", product_id=visit.path["product_id"])


@admin.action("/products/<product_id>/off-sale", access=ADMINS, again="show_product", ids=_PRODUCT)
def take_off_sale(visit: Visit) -> Response:
    """Take it off sale."""
    deals.take_off_sale(visit.uow, visit.caller.member_id, visit.ids["product_id"])
    flash(gettext("Off sale. Rooms that are open fill or expire as ever."))
    return go_to("admin.show_product", product_id=visit.path["product_id"])


@admin.action("/products/<product_id>/on-sale", access=ADMINS, again="show_product", ids=_PRODUCT)
def put_on_sale(visit: Visit) -> Response:
    """Put it back on sale."""
    deals.put_on_sale(visit.uow, visit.caller.member_id, visit.ids["product_id"])
    flash(gettext("On sale again, with those of its deals whose own end has not come."))
    return go_to("admin.show_product", product_id=visit.path["product_id"])


def _unit_change(form: Form, place: int, sku: SkuView) -> UnitChange:
    """What the form says of a unit; its fields are called as the shop names them in what it refuses."""
    code, title, price = (f"skus.{place}.{name}" for name in ("code", "title", "price_minor"))
    amount = form.money(price, sku.price.currency)
    if not 1 <= amount.amount_minor <= MAX_AMOUNT_MINOR:
        form.errors.setdefault(price, gettext("A price is more than nothing."))
    return UnitChange(
        sku.id, form.text(code, longest=64), form.text(title, longest=_LONGEST_TITLE), amount.amount_minor
    )


def _filled_in(form: Form) -> list[int]:
    """The first unit, and of the others those whose code is filled in."""
    return [place for place in range(1, UNITS + 1) if place == 1 or form.values.get(f"code_{place}", "").strip()]


def _unit(form: Form, place: int, currency: str) -> NewSku:
    price = form.money(f"price_{place}", currency)
    if price.amount_minor < 1:
        form.errors.setdefault(f"price_{place}", gettext("A price is more than nothing."))
    return NewSku(
        code=form.text(f"code_{place}", longest=64),
        title=form.text(f"unit_{place}", longest=200),
        price_minor=price.amount_minor,
        stock=form.whole(f"stock_{place}", 0, MOST_STOCK),
    )
