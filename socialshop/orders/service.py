"""The door of orders."""

from __future__ import annotations

from socialshop.orders.events import OrdersConfirmed
from socialshop.orders.imports import import_orders

__all__ = ["OrdersConfirmed", "import_orders"]
