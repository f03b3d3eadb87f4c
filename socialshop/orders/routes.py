"""A buyer's own orders over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.orders import service
from socialshop.orders.errors import AmountTooLarge, NothingToRefund, OrderNotConfirmed, OrderNotShipped
from socialshop.orders.schemas import OrderPage, OrderWire, RefundList, RefundRequest, RefundWire
from socialshop.web.auth import BUYERS, READS_ALL, SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("orders", __name__, tag="Orders")


@room.operation("GET", "/orders", access=SIGNED_IN, query=PageQuery, replies=Reply(200, OrderPage, "Your orders."))
def list_orders(call: Call[Nothing, PageQuery]) -> Answer:
    """Your orders, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.orders(uow, call.caller.number, before, query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(OrderPage(data=[OrderWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET", "/orders/<order_id>", access=SIGNED_IN, replies=Reply(200, OrderWire, "The order."), ids={"order_id": "ord"}
)
def show_order(call: Call[Nothing, Nothing]) -> Answer:
    """Your order; finance and admins see anybody's."""
    buyer = None if call.caller.role in READS_ALL.roles else call.caller.number
    return call.transact(lambda uow: Answer(OrderWire.of(service.order(uow, call.ids["order_id"], buyer))))


@room.operation(
    "POST",
    "/orders/<order_id>/receipt",
    access=BUYERS,
    replies=Reply(200, OrderWire, "The order, received."),
    refuses=(OrderNotShipped,),
    ids={"order_id": "ord"},
)
def receive_order(call: Call[Nothing, Nothing]) -> Answer:
    """Say that you have the goods; the time to send them back begins. Said again, nothing changes."""
    return call.transact(
        lambda uow: Answer(OrderWire.of(service.receive(uow, call.caller.number, call.ids["order_id"])))
    )


@room.operation(
    "POST",
    "/orders/<order_id>/refunds",
    access=BUYERS,
    body=RefundRequest,
    replies=Reply(201, RefundWire, "Asked for; an admin decides."),
    refuses=(OrderNotConfirmed, NothingToRefund, AmountTooLarge),
    ids={"order_id": "ord"},
    idempotency=Idempotency.REQUIRED,
)
def request_refund(call: Call[RefundRequest, Nothing]) -> Answer:
    """Ask for money back: a sum, some lines, or all that is left.

    Also after the days to send back are over. What you have asked for and is not decided counts as taken.
    """
    body = call.body

    def ask(uow: UnitOfWork) -> Answer:
        asked = service.request_refund(
            uow,
            call.caller.number,
            call.ids["order_id"],
            body.reason,
            amount_minor=body.amount_minor,
            units=body.units(),
        )
        return Answer(RefundWire.of(asked), 201)

    return call.transact(ask)


@room.operation(
    "GET",
    "/orders/<order_id>/refunds",
    access=SIGNED_IN,
    replies=Reply(200, RefundList, "The refunds of the order."),
    ids={"order_id": "ord"},
)
def list_order_refunds(call: Call[Nothing, Nothing]) -> Answer:
    """The refunds of your order, oldest first; finance and admins see anybody's."""
    buyer = None if call.caller.role in READS_ALL.roles else call.caller.number

    def read(uow: UnitOfWork) -> Answer:
        found = service.refunds_of(uow, call.ids["order_id"], buyer)
        return Answer(RefundList(data=[RefundWire.of(view) for view in found]))

    return call.transact(read)
