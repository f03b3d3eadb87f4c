"""A product's pictures: added, put in order, described in both languages, removed."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.deals import service as deals
from socialshop.deals.service import LONGEST_ALT, MOST_PICTURES, PICTURE_PREFIX, NewPicture
from socialshop.infra.pictures import MOST_BYTES
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web.auth import ADMINS

_PRODUCT = {"product_id": "prd"}
_PICTURE: Mapping[str, str] = {**_PRODUCT, "picture_id": PICTURE_PREFIX}
# The file, and what a form puts around it.
MOST_FORM_BYTES = MOST_BYTES + 100_000


@admin.page("/products/<product_id>", ids=_PRODUCT, tab="products")
def show_product(visit: Visit) -> str:
    """A product with its pictures, and a form for another."""
    product = deals.product(visit.uow, visit.ids["product_id"])
    limits = {"longest": LONGEST_ALT, "most": MOST_PICTURES}
    return render_template("admin/product.html", product=product, path=visit.path, **limits)


@admin.action(
    "/products/<product_id>/pictures",
    access=ADMINS,
    again="show_product",
    once=True,
    most_bytes=MOST_FORM_BYTES,
    ids=_PRODUCT,
)
def add_picture(visit: Visit) -> Response:
    """Show another picture, behind the others."""
    form = visit.form
    said = (form.text("alt_en", longest=LONGEST_ALT), form.text("alt_zh", longest=LONGEST_ALT))
    content = form.upload("content")
    form.check()
    deals.add_picture(visit.uow, visit.caller.member_id, visit.ids["product_id"], NewPicture(content, *said))
    return _done(visit, gettext("Added."))


@admin.action("/products/<product_id>/pictures/<picture_id>", access=ADMINS, again="show_product", ids=_PICTURE)
def describe_picture(visit: Visit) -> Response:
    """Say otherwise what it shows."""
    form, name = visit.form, visit.path["picture_id"]
    said = [form.text(f"{field}-{name}", longest=LONGEST_ALT) for field in ("alt_en", "alt_zh")]
    form.check()
    deals.describe_picture(visit.uow, visit.caller.member_id, visit.ids["picture_id"], *said)
    return _done(visit, gettext("Kept."))


@admin.action("/products/<product_id>/pictures/<picture_id>/earlier", access=ADMINS, again="show_product", ids=_PICTURE)
def move_picture(visit: Visit) -> Response:
    """Show it one place earlier; the first stays where it is."""
    ids = [shown.id for shown in deals.product(visit.uow, visit.ids["product_id"]).pictures]
    moved = visit.ids["picture_id"]
    if moved in ids[1:]:
        place = ids.index(moved)
        ids[place - 1 : place + 1] = [moved, ids[place - 1]]
    deals.order_pictures(visit.uow, visit.caller.member_id, visit.ids["product_id"], ids)
    return _done(visit, gettext("Moved."))


@admin.action("/products/<product_id>/pictures/<picture_id>/removal", access=ADMINS, again="show_product", ids=_PICTURE)
def remove_picture(visit: Visit) -> Response:
    """Show it no more."""
    deals.remove_picture(visit.uow, visit.caller.member_id, visit.ids["picture_id"])
    return _done(visit, gettext("Removed."))


def _done(visit: Visit, words: str) -> Response:
    flash(words)
    return go_to("admin.show_product", product_id=visit.path["product_id"])
