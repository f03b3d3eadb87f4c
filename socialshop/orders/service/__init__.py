"""The door of orders."""

from __future__ import annotations

from socialshop.orders.events import OrdersConfirmed
from socialshop.orders.imports import import_orders
from socialshop.orders.rules import Status
from socialshop.orders.service.fulfilling import complete_due, receive, receive_overdue, ship
from socialshop.orders.service.placing import cancel, confirm, mark_paid, refund_whole
from socialshop.orders.service.reading import LineView, OrderView, order, orders
from socialshop.orders.store.orders import PLACED

__all__ = [
    "PLACED",
    "LineView",
    "OrderView",
    "OrdersConfirmed",
    "Status",
    "cancel",
    "complete_due",
    "confirm",
    "import_orders",
    "mark_paid",
    "order",
    "orders",
    "receive",
    "receive_overdue",
    "refund_whole",
    "ship",
]
