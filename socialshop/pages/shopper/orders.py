"""A member's orders: how each stands, receipt, money back."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.orders import service as orders
from socialshop.orders.rebates import Rebate
from socialshop.orders.sentences import why_back, words
from socialshop.orders.service import LateRow, OrderView, PriceLine, Status
from socialshop.pages import languages
from socialshop.pages.section import go_to
from socialshop.pages.shopper.paying import is_under_way
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.pages.wording import SENTENCES
from socialshop.rooms import service as rooms
from socialshop.web.auth import BUYERS

_ORDER = {"order_id": "ord"}
_LONGEST_REASON = 500
_NOT_LEFT = frozenset({Status.AWAITING_PAYMENT, Status.PAID, Status.CONFIRMED})
_WITH_MONEY = frozenset({Status.PAID, Status.CONFIRMED, Status.SHIPPED, Status.RECEIVED, Status.COMPLETED})


@shopper.page("/orders", tab="rooms")
def list_orders(visit: Visit) -> str:
    """The newest first, each with its room."""
    found = orders.orders(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda order: order.id)
    return render_template("shopper/orders.html", orders=rows, next=after)


@shopper.page("/orders/<order_id>", ids=_ORDER, tab="rooms")
def show_order(visit: Visit) -> str:
    """One order: what was bought, how it stands, what can be done."""
    order = orders.order(visit.uow, visit.ids["order_id"], visit.caller.number)
    refunds = orders.refunds_of(visit.uow, order.id, visit.caller.number)
    return render_template(
        "shopper/order.html",
        order=order,
        paying=is_under_way(visit, order),
        refunds=refunds,
        steps=_steps(order),
        goes_to=orders.address_of(visit.uow, order.id, visit.caller.number),
        book=orders.addresses_of(visit.uow, visit.caller.number) if order.status in _NOT_LEFT else [],
        has_not_left=order.status in _NOT_LEFT,
        has_money=order.status in _WITH_MONEY and order.refunded != order.total,
        to_write=community.to_write(visit.uow, visit.caller.number, order_id=order.id),
    )


@shopper.app_template_global()
def price_words(line: PriceLine) -> str:
    """What a step of a price is called in the reader's language."""
    return words(line, languages.reader())


@shopper.app_template_global()
def late_words(late: LateRow) -> str:
    """What became of money that came after the seat was lost, and why it went back where it did."""
    told = {
        "rerouted": gettext("Your payment came after the seat was lost. You have a seat in another room."),
        "new_room": gettext("Your payment came after the seat was lost. A new room was opened, and you are its host."),
        "refunded": gettext("Your payment came after the seat was lost. The money goes back to you."),
    }[late.decision]
    why = {
        "by_terms": gettext("The deal says so."),
        "means_returned": gettext("Points or coupons of the order were given back to you with the seat."),
        "hold_too_short": gettext("No room ends before the money must be taken."),
        **SENTENCES,
    }
    return f"{told} {why[late.reason]}" if late.reason in why else told


@shopper.app_template_global()
def rebate_words(rebate: Rebate) -> str:
    """Why the fill of the room gave money back, in the reader's language."""
    return why_back(rebate, languages.reader())


@shopper.action("/orders/<order_id>/receipt", access=BUYERS, again="show_order", ids=_ORDER)
def receive(visit: Visit) -> Response:
    """The buyer has the goods."""
    orders.receive(visit.uow, visit.caller.number, visit.ids["order_id"])
    flash(gettext("Thank you. Enjoy it."))
    return go_to("shopper.show_order", order_id=visit.path["order_id"])


@shopper.action("/orders/<order_id>/refunds", access=BUYERS, again="show_order", once=True, ids=_ORDER)
def ask_back(visit: Visit) -> Response:
    """Ask for money back: a sum, or all that is left."""
    form = visit.form
    order = orders.order(visit.uow, visit.ids["order_id"], visit.caller.number)
    reason = form.text("reason", longest=_LONGEST_REASON)
    amount = form.money("amount_minor", order.total.currency) if form.values.get("amount_minor") else None
    form.check()
    rooms.ask_back(
        visit.uow,
        visit.caller,
        order.id,
        reason,
        amount_minor=None if amount is None else amount.amount_minor,
    )
    flash(gettext("Asked for. You see here what is decided."))
    return go_to("shopper.show_order", order_id=visit.path["order_id"])


def _steps(order: OrderView) -> list[tuple[str, str, object, str | None]]:
    """The life of an order, as far as it went and as it would go on."""
    if order.status in (Status.CANCELLED, Status.REFUNDED):
        ended = gettext("Cancelled") if order.status is Status.CANCELLED else gettext("The money went back")
        return [("done", gettext("Order placed"), order.ordered_at, None), ("failed", ended, None, None)]
    tracking = f"{order.carrier} {order.tracking}" if order.carrier else None
    words = [
        (Status.AWAITING_PAYMENT, gettext("Order placed"), order.ordered_at, None),
        (Status.PAID, gettext("Paid; the money is held until the room is filled"), None, None),
        (Status.CONFIRMED, gettext("Room filled, order confirmed"), None, None),
        (Status.SHIPPED, gettext("On its way"), None, tracking),
        (Status.RECEIVED, gettext("Received"), None, None),
        (Status.COMPLETED, gettext("Completed"), None, None),
    ]
    at = [status for status, *_rest in words].index(order.status)
    names = ["done" if place < at else "now" if place == at else "later" for place in range(len(words))]
    return [(name, text, when, note) for name, (_status, text, when, note) in zip(names, words, strict=True)]
