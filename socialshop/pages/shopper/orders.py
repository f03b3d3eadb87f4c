"""A member's orders: how each stands, receipt, money back."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.kernel.money import Money
from socialshop.orders import service as orders
from socialshop.orders.rebates import Rebate
from socialshop.orders.sentences import why_back, words
from socialshop.orders.service import LateRow, OrderView, PriceLine, Status
from socialshop.pages import formats, languages
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
_UNDER_WAY = frozenset({"requested", "approved"})
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
    passage = rooms.passage_of(visit.uow, order.id)
    left = orders.left_to_ask_minor(visit.uow, order.id) if order.status in _WITH_MONEY else 0
    return render_template(
        "shopper/order.html",
        order=order,
        paying=is_under_way(visit, order),
        refunds=refunds,
        steps=_steps(order, passage, max((row.refunded_at for row in refunds if row.refunded_at), default=None)),
        goes_to=orders.address_of(visit.uow, order.id, visit.caller.number),
        book=orders.addresses_of(visit.uow, visit.caller.number) if order.status in _NOT_LEFT else [],
        has_not_left=order.status in _NOT_LEFT,
        left_to_ask=Money(left, order.total.currency) if left else None,
        asked_back=[row for row in refunds if row.status in _UNDER_WAY],
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


class _Step(NamedTuple):
    """A row of components/steps.html."""

    state: str
    words: str
    at: datetime | None
    note: str | None = None


def _steps(order: OrderView, passage: rooms.PassageRow, refunded_at: datetime | None) -> list[_Step]:
    """The life of an order, as far as it went, each step with its time, and as it would go on."""
    life = _life(order, passage)
    if order.status in (Status.CANCELLED, Status.REFUNDED):
        cancelled = order.status is Status.CANCELLED
        ended = gettext("Cancelled") if cancelled else gettext("The money went back")
        went = [_Step("done", step.words, step.at, step.note) for _status, step in life if step.at is not None]
        return [*went, _Step("failed", ended, passage.given_up_at if cancelled else refunded_at or passage.given_up_at)]
    at = [status for status, _step in life].index(order.status)
    names = ["done" if place < at else "now" if place == at else "later" for place in range(len(life))]
    told = [
        (name, step, step.at if name != "later" else None) for name, (_status, step) in zip(names, life, strict=True)
    ]
    return [step._replace(state=name, at=at_last) for name, step, at_last in told]


def _life(order: OrderView, passage: rooms.PassageRow) -> list[tuple[Status, _Step]]:
    """Every step that an order may take, with when it did."""
    tracking = f"{order.carrier} {order.tracking}" if order.carrier else None
    over, until = order.status is Status.COMPLETED, order.completes_at
    back = (
        None if over or until is None else gettext("It can be sent back until %(when)s.", when=formats.instant(until))
    )
    held = gettext("Paid; the money is held until the room is filled")
    return [
        (Status.AWAITING_PAYMENT, _Step("", gettext("Order placed"), order.ordered_at)),
        (Status.PAID, _Step("", held, passage.paid_at)),
        (Status.CONFIRMED, _Step("", gettext("Room filled, order confirmed"), passage.filled_at)),
        (Status.SHIPPED, _Step("", gettext("On its way"), order.shipped_at, tracking)),
        (Status.RECEIVED, _Step("", gettext("Received"), order.received_at, back)),
        (Status.COMPLETED, _Step("", gettext("Completed"), until if over else None)),
    ]
