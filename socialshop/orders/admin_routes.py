"""Sending orders over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.orders import service
from socialshop.orders.errors import OrderNotConfirmed
from socialshop.orders.schemas import OrderWire, Shipment
from socialshop.web.auth import ADMINS
from socialshop.web.operations import Answer, Call, Reply, Room
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
