"""Sending orders, and deciding on refunds, over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.orders import service
from socialshop.orders.errors import OrderNotConfirmed, RefundDecided
from socialshop.orders.schemas.addresses import AddressWire, OrderAddress
from socialshop.orders.schemas.orders import OrderWire, Shipment
from socialshop.orders.schemas.refunds import RefundApproval, RefundPage, RefundQuery, RefundRejection, RefundWire
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("orders_admin", __name__, tag="Orders")


@room.operation(
    "POST",
    "/admin/orders/<order_id>/shipment",
    access=ADMINS,
    body=Shipment,
    replies=Reply(200, OrderWire, "The order, on its way."),
    refuses=(OrderNotConfirmed,),
    ids={"order_id": "ord"},
)
def ship_order(call: Call[Shipment, Nothing]) -> Answer:
    """Say that a confirmed order has left. Said again, the first shipment stands."""
    body = call.body

    def ship(uow: UnitOfWork) -> Answer:
        view = service.ship(uow, call.caller.member_id, call.ids["order_id"], body.carrier, body.tracking)
        return Answer(OrderWire.of(view))

    return call.transact(ship)


@room.operation(
    "GET",
    "/admin/orders/<order_id>/address",
    access=READS_ALL,
    ids={"order_id": "ord"},
    sees="order_id",
    replies=Reply(200, OrderAddress, "Where the order goes."),
)
def show_order_address(call: Call[Nothing, Nothing]) -> Answer:
    """Where an order is to be sent. That you looked is recorded, and the buyer may see it."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.address_of(uow, call.ids["order_id"], None)
        return Answer(OrderAddress(address=AddressWire.of(found) if found else None))

    return call.transact(read)


@room.operation(
    "GET", "/admin/refunds", access=READS_ALL, query=RefundQuery, replies=Reply(200, RefundPage, "Refunds.")
)
def list_refunds(call: Call[Nothing, RefundQuery]) -> Answer:
    """Everybody's refunds, oldest first."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.refund_page(uow, query.status, after, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda view: view.id)
        return Answer(RefundPage(data=[RefundWire.of(view) for view in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/refunds/<refund_id>/approve",
    access=ADMINS,
    body=RefundApproval,
    replies=Reply(200, RefundWire, "Approved: the money is on its way back."),
    refuses=(RefundDecided,),
    ids={"refund_id": "rfd"},
)
def approve_refund(call: Call[RefundApproval, Nothing]) -> Answer:
    """Give the money back, and say whether the goods come back into stock. Said again, nothing changes."""

    def approve(uow: UnitOfWork) -> Answer:
        actor, refund_id = call.caller.member_id, call.ids["refund_id"]
        found = service.approve_refund(uow, actor, refund_id, call.body.reason, restock=call.body.restock)
        return Answer(RefundWire.of(found))

    return call.transact(approve)


@room.operation(
    "POST",
    "/admin/refunds/<refund_id>/reject",
    access=ADMINS,
    body=RefundRejection,
    replies=Reply(200, RefundWire, "Rejected."),
    refuses=(RefundDecided,),
    ids={"refund_id": "rfd"},
)
def reject_refund(call: Call[RefundRejection, Nothing]) -> Answer:
    """Give nothing back. Said again, nothing changes."""

    def reject(uow: UnitOfWork) -> Answer:
        actor, refund_id = call.caller.member_id, call.ids["refund_id"]
        return Answer(RefundWire.of(service.reject_refund(uow, actor, refund_id, call.body.reason)))

    return call.transact(reject)
