"""Shipment, receipt by word or by time, and the end of the time to send back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.orders.errors import OrderNotConfirmed, OrderNotShipped
from socialshop.orders.events import OrderReceived, OrdersCompleted, OrderShipped
from socialshop.orders.rules import AFTER_RECEIPT, AFTER_SHIPMENT, Status
from socialshop.orders.service.reading import OrderView, order
from socialshop.orders.store import orders as store
from socialshop.orders.store import refunds
from socialshop.orders.store.orders import ReceivedRow

_BATCH = 500


def ship(uow: UnitOfWork, actor: uuid.UUID, order_id: uuid.UUID, carrier: str, tracking: str) -> OrderView:
    """A confirmed order leaves; one that has left stays as it is.

    Raises NotFound, OrderNotConfirmed, also where the money for all of its goods is on its way back.
    """
    row = store.lock(uow.session, order_id)
    if row is None:
        raise NotFound("no such order")
    if row.status is Status.CONFIRMED:
        if refunds.are_all_goods_back(uow.session, order_id):
            raise OrderNotConfirmed("all of its goods were given back: there is nothing to send")
        store.ship(uow.session, order_id, carrier, tracking, uow.now)
        facts = {"carrier": carrier, "tracking": tracking}
        audit.record(uow, actor=actor, action="order.shipped", target=to_public("ord", order_id), facts=facts)
        uow.emit(OrderShipped(order_id=order_id))
    elif row.status not in AFTER_SHIPMENT:
        raise OrderNotConfirmed(f"the order is {row.status}; only a confirmed one is sent")
    return order(uow, order_id, None)


def receive(uow: UnitOfWork, buyer: int, order_id: uuid.UUID) -> OrderView:
    """The buyer has the goods; said again, nothing changes. Raises NotFound, OrderNotShipped."""
    row = store.lock(uow.session, order_id)
    if row is None or row.buyer != buyer:
        raise NotFound("no such order")
    if row.status is Status.SHIPPED:
        _tell(uow, store.receive(uow.session, order_id, uow.now))
    elif row.status not in AFTER_RECEIPT:
        raise OrderNotShipped(f"the order is {row.status}; only a shipped one is received")
    return order(uow, order_id, buyer)


def receive_overdue(uow: UnitOfWork, after: timedelta) -> bool:
    """Take as received what was shipped so long ago; True if there is more. For the periodic table."""
    received = store.receive_overdue(uow.session, uow.now, after, _BATCH)
    _tell(uow, received)
    return len(received) == _BATCH


def complete_due(uow: UnitOfWork) -> bool:
    """Complete orders that can no longer be sent back; True if there is more. For the periodic table."""
    completed = store.complete_due(uow.session, uow.now, _BATCH)
    if completed:
        uow.emit(OrdersCompleted(tuple(completed)))
    return len(completed) == _BATCH


def _tell(uow: UnitOfWork, received: Sequence[ReceivedRow]) -> None:
    uow.emit_all(
        [OrderReceived(order_id=row.id, received_at=row.received_at, return_days=row.return_days) for row in received]
    )
