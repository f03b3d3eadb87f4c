"""Paying for a seat: here at the sandbox provider, which plays whatever outcome is chosen."""

from __future__ import annotations

from flask import Response, render_template

from socialshop.kernel.ids import to_public
from socialshop.orders import service as orders
from socialshop.orders.service import OrderView, Status
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.payments import rules as payment_rules
from socialshop.payments import service as payments
from socialshop.payments.gateway import gateways
from socialshop.payments.rules import PAYABLE, Outcome
from socialshop.rooms import service as rooms
from socialshop.web.auth import BUYERS

_ORDER = {"order_id": "ord"}


@shopper.page("/orders/<order_id>/pay", access=BUYERS, ids=_ORDER, tab="rooms")
def show_payment(visit: Visit) -> str:
    """What is to be paid, until when, and how."""
    order = orders.order(visit.uow, visit.ids["order_id"], visit.caller.number)
    seat = bargain = None
    if order.room_id is not None:
        seat = rooms.own_seat(visit.uow, order.room_id, visit.caller.number)
        bargain = rooms.bargain_of_room(visit.uow, order.room_id)
    payable = order.payment is not None and order.payment.status in PAYABLE
    # At a provider that buyers pay at themselves there is no buyer to play.
    ready = order.payment is not None and any(
        name == order.payment.provider and not each.hands_over for name, each in gateways().items()
    )
    paying = is_under_way(visit, order)
    facts = {"order": order, "seat": seat, "bargain": bargain, "payable": payable, "ready": ready, "paying": paying}
    return render_template("shopper/pay.html", **facts)


def is_under_way(visit: Visit, order: OrderView) -> bool:
    """Whether the buyer has paid and waits: the provider is being asked, or the order has yet to hear of it."""
    payment = order.payment
    if payment is None or order.status != Status.AWAITING_PAYMENT:
        return False
    return payment.status == payment_rules.Status.AUTHORIZED or payment.id in payments.being_paid(
        visit.uow, [payment.id]
    )


@shopper.action("/orders/<order_id>/pay", access=BUYERS, again="show_payment", ids=_ORDER)
def pay(visit: Visit) -> Response:
    """Pay; what came of it is seen in the room a moment later."""
    outcome = visit.form.choice("outcome", [outcome.value for outcome in Outcome])
    visit.form.check()
    order = orders.order(visit.uow, visit.ids["order_id"], visit.caller.number)
    payment = payments.payment_of_order(visit.uow, order.id)
    payments.pay(visit.uow, gateways(), payment.id, visit.caller.number, Outcome(outcome))
    if order.room_id is None:
        return go_to("shopper.show_order", order_id=visit.path["order_id"])
    return go_to("shopper.show_room", room_id=to_public("room", order.room_id))
