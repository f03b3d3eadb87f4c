"""The door of orders."""

from __future__ import annotations

from socialshop.orders.events import OrdersConfirmed
from socialshop.orders.imports import ImportedOrders, import_orders, landed_before
from socialshop.orders.pricing import PriceLine
from socialshop.orders.rebates import Off, Rebate, RebateKind
from socialshop.orders.rules import ADDRESS_PARTS, Address, Status
from socialshop.orders.service.addressing import (
    add_address,
    address_of,
    addresses_of,
    change_address,
    remove_address,
    send_to,
)
from socialshop.orders.service.disputing import follow_disputes
from socialshop.orders.service.fulfilling import complete_due, receive, receive_overdue, ship
from socialshop.orders.service.placing import cancel, confirm, mark_paid, record_late, refund_whole
from socialshop.orders.service.pricing import ANY_MEANS, Estimate, Goods, Hand, Means, Quote, price_order, quote
from socialshop.orders.service.reading import (
    LineView,
    OrderView,
    buyers_of,
    order,
    orders,
    received_lines,
    search,
    to_do,
)
from socialshop.orders.service.rebating import grant_rebates, rebated_minor
from socialshop.orders.service.refunding import (
    RefundView,
    approve_refund,
    concede,
    is_asked_back_whole,
    left_to_ask_minor,
    on_refund_failed,
    on_refund_paid,
    refund,
    refund_page,
    refunds_of,
    reject_refund,
    request_refund,
)
from socialshop.orders.store.addresses import AddressRow
from socialshop.orders.store.late import REVIVED, LateRow
from socialshop.orders.store.orders import BOUGHT_BEFORE, PLACED, ReceivedLine, Sought, ToDo
from socialshop.orders.store.personal import PERSONAL

__all__ = [
    "ADDRESS_PARTS",
    "ANY_MEANS",
    "BOUGHT_BEFORE",
    "PERSONAL",
    "PLACED",
    "REVIVED",
    "Address",
    "AddressRow",
    "Estimate",
    "Goods",
    "Hand",
    "ImportedOrders",
    "LateRow",
    "LineView",
    "Means",
    "Off",
    "OrderView",
    "OrdersConfirmed",
    "PriceLine",
    "Quote",
    "Rebate",
    "RebateKind",
    "ReceivedLine",
    "RefundView",
    "Sought",
    "Status",
    "ToDo",
    "add_address",
    "address_of",
    "addresses_of",
    "approve_refund",
    "buyers_of",
    "cancel",
    "change_address",
    "complete_due",
    "concede",
    "confirm",
    "follow_disputes",
    "grant_rebates",
    "import_orders",
    "is_asked_back_whole",
    "landed_before",
    "left_to_ask_minor",
    "mark_paid",
    "on_refund_failed",
    "on_refund_paid",
    "order",
    "orders",
    "price_order",
    "quote",
    "rebated_minor",
    "receive",
    "receive_overdue",
    "received_lines",
    "record_late",
    "refund",
    "refund_page",
    "refund_whole",
    "refunds_of",
    "reject_refund",
    "remove_address",
    "request_refund",
    "search",
    "send_to",
    "ship",
    "to_do",
]
