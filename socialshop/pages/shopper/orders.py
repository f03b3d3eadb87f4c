"""A member's orders."""

from __future__ import annotations

from flask import render_template

from socialshop.orders import service as orders
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut


@shopper.page("/orders", tab="rooms")
def list_orders(visit: Visit) -> str:
    """The newest first, each with its room."""
    found = orders.orders(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda order: order.id)
    return render_template("shopper/orders.html", orders=rows, next=after)


@shopper.page("/orders/<order_id>", ids={"order_id": "ord"}, tab="rooms")
def show_order(visit: Visit) -> str:
    """One order: what was bought, how it stands, what can be done."""
    order = orders.order(visit.uow, visit.ids["order_id"], visit.caller.number)
    refunds = orders.refunds_of(visit.uow, order.id, visit.caller.number)
    return render_template("shopper/order.html", order=order, refunds=refunds)
