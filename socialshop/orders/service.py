"""The door of orders."""

from __future__ import annotations

from socialshop.orders.events import OrdersConfirmed

__all__ = ["OrdersConfirmed"]
