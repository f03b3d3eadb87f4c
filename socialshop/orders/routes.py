"""A buyer's own orders over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.orders import service
from socialshop.orders.errors import OrderNotShipped
from socialshop.orders.schemas import OrderPage, OrderWire, RefundList, RefundWire
from socialshop.web.auth import BUYERS, READS_ALL, SIGNED_IN
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
