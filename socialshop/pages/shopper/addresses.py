"""Where goods go: the address book, and the address that an order is given."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.kernel.ids import from_public, to_public
from socialshop.orders import service as orders
from socialshop.orders.schemas.addresses import ADDRESS_PREFIX
from socialshop.orders.service import ADDRESS_PARTS, Address
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web.auth import BUYERS

_ADDRESS = {"address_id": ADDRESS_PREFIX}


@shopper.page("/account/addresses", tab="me")
def show_addresses(visit: Visit) -> str:
    """The book, the default first."""
    return render_template("shopper/addresses.html", book=orders.addresses_of(visit.uow, visit.caller.number))


@shopper.action("/account/addresses", again="show_addresses")
def add_address(visit: Visit) -> Response:
    """Add one; the first is the default."""
    form = visit.form
    parts = ADDRESS_PARTS.items()
    address = Address(*(form.text(name, longest=most, required=name != "postcode") for name, most in parts))
    form.check()
    orders.add_address(visit.uow, visit.caller.number, address, default=form.is_ticked("default"))
    flash(gettext("Kept."))
    return go_to("shopper.show_addresses")


@shopper.action("/account/addresses/<address_id>/default", again="show_addresses", ids=_ADDRESS)
def prefer_address(visit: Visit) -> Response:
    """Propose this one first."""
    address_id, number = visit.ids["address_id"], visit.caller.number
    for row in orders.addresses_of(visit.uow, number):
        if row.id == address_id:
            orders.change_address(visit.uow, number, address_id, row.address, default=True)
    return go_to("shopper.show_addresses")


@shopper.action("/account/addresses/<address_id>/removal", again="show_addresses", ids=_ADDRESS)
def remove_address(visit: Visit) -> Response:
    """Take it out; orders keep what they have."""
    orders.remove_address(visit.uow, visit.caller.number, visit.ids["address_id"])
    flash(gettext("It is out of your book."))
    return go_to("shopper.show_addresses")


@shopper.action("/orders/<order_id>/address", access=BUYERS, again="show_order", ids={"order_id": "ord"})
def choose_address(visit: Visit) -> Response:
    """Say where the goods go."""
    book = orders.addresses_of(visit.uow, visit.caller.number)
    chosen = visit.form.choice("address_id", [to_public(ADDRESS_PREFIX, row.id) for row in book])
    visit.form.check()
    orders.send_to(visit.uow, visit.caller.number, visit.ids["order_id"], from_public(ADDRESS_PREFIX, chosen))
    flash(gettext("The goods go there."))
    return go_to("shopper.show_order", order_id=visit.path["order_id"])
