"""Wire shapes of orders."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.orders.service import LineView, OrderView
from socialshop.payments.schemas import PaymentWire
from socialshop.web.paging import Page
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_PRICE = {"amount_minor": 9900, "currency": "CNY"}
ORDER: dict[str, Any] = {
    "id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "awaiting_payment",
    "lines": [{"title": "Tea for five", "sku_id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz", "quantity": 1, "amount": _PRICE}],
    "total": _PRICE,
    "refunded": {"amount_minor": 0, "currency": "CNY"},
    "ordered_at": "2026-01-31T12:00:00Z",
    "room_id": "room_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "payment": {
        "id": "pay_01k9w3q2mxe5tb6v8c4yd7r1hz",
        "status": "created",
        "amount": _PRICE,
        "provider": "sandbox",
    },
    "carrier": None,
    "tracking": None,
}


class LineWire(Wire):
    """`quantity` units for `amount` in all."""

    title: str | None
    sku_id: str | None
    quantity: int
    amount: MoneyWire

    @classmethod
    def of(cls, view: LineView) -> LineWire:
        """The wire form of a line."""
        sku_id = to_public("sku", view.sku_id) if view.sku_id else None
        return cls(title=view.title, sku_id=sku_id, quantity=view.quantity, amount=MoneyWire.of(view.amount))


class OrderWire(Wire):
    """An order: `cancelled` where no money came, `refunded` where all that came went back."""

    model_config = with_example(ORDER)

    id: str
    status: Literal[
        "awaiting_payment", "paid", "confirmed", "shipped", "received", "completed", "cancelled", "refunded"
    ]
    lines: list[LineWire]
    total: MoneyWire
    refunded: MoneyWire
    ordered_at: Instant
    room_id: str | None
    payment: PaymentWire | None
    carrier: str | None
    tracking: str | None

    @classmethod
    def of(cls, view: OrderView) -> OrderWire:
        """The wire form of an order."""
        return cls(
            id=to_public("ord", view.id),
            status=view.status.value,
            lines=[LineWire.of(line) for line in view.lines],
            total=MoneyWire.of(view.total),
            refunded=MoneyWire.of(view.refunded),
            ordered_at=view.ordered_at,
            room_id=to_public("room", view.room_id) if view.room_id else None,
            payment=PaymentWire.of(view.payment) if view.payment else None,
            carrier=view.carrier,
            tracking=view.tracking,
        )


class OrderPage(Page[OrderWire]):
    """Orders, the newest first."""

    model_config = with_example({"data": [ORDER], "next_cursor": None})


class Shipment(Wire):
    """Who carries the goods, and under which number."""

    model_config = with_example({"carrier": "SF", "tracking": "SF1029384756"})

    carrier: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    tracking: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
