"""Wire shapes of orders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from socialshop.kernel.ids import to_public
from socialshop.orders.pricing import PriceLine
from socialshop.orders.rebates import Rebate
from socialshop.orders.sentences import why_back, words
from socialshop.orders.service import LateRow, LineView, OrderView
from socialshop.payments.schemas import PaymentWire
from socialshop.web.paging import Page
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_PRICE = {"amount_minor": 9900, "currency": "CNY"}
ORDER: dict[str, Any] = {
    "id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "awaiting_payment",
    "lines": [
        {
            "kind": "goods",
            "title": "Tea for five",
            "sku_id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "quantity": 1,
            "amount": _PRICE,
        }
    ],
    "price": [],
    "total": _PRICE,
    "refunded": {"amount_minor": 0, "currency": "CNY"},
    "rebates": [],
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
    "late_payment": None,
}


class LineWire(Wire):
    """`quantity` units for `amount` in all; `shipping` is what sending them costs, a `gift` costs nothing."""

    kind: Literal["goods", "shipping", "gift"]
    title: str | None
    sku_id: str | None
    quantity: int
    amount: MoneyWire

    @classmethod
    def of(cls, view: LineView) -> LineWire:
        """The wire form of a line."""
        sku_id = to_public("sku", view.sku_id) if view.sku_id else None
        amount = MoneyWire.of(view.amount)
        return cls(kind=view.kind, title=view.title, sku_id=sku_id, quantity=view.quantity, amount=amount)


class PriceLineWire(Wire):
    """What a step adds to a price, or takes off it, and what it is called in Chinese and English."""

    kind: Literal["goods", "member_price", "coupon", "gift", "points", "shipping", "free_shipping", "shipping_coupon"]
    amount: MoneyWire
    words_zh: str
    words_en: str

    @classmethod
    def all_of(cls, lines: Iterable[PriceLine], currency: str) -> list[PriceLineWire]:
        """The wire form of a price's steps."""
        return [
            cls(
                kind=line.kind.value,
                amount=MoneyWire(amount_minor=line.amount_minor, currency=currency),
                words_zh=words(line, "zh"),
                words_en=words(line, "en"),
            )
            for line in lines
        ]


class LatePaymentWire(Wire):
    """What became of money for a lost seat. Reasons: `by_terms`, `means_returned`, `hold_too_short`, codes of joins."""

    model_config = with_example({"decision": "rerouted", "room_id": "room_01k9w3q2mxe5tb6v8c4yd7r1hz", "reason": None})

    decision: Literal["rerouted", "new_room", "refunded"]
    room_id: str | None
    reason: str | None

    @classmethod
    def of(cls, row: LateRow) -> LatePaymentWire:
        """The wire form of a decision."""
        room_id = to_public("room", row.to_room) if row.to_room else None
        return cls.model_validate({"decision": row.decision, "room_id": room_id, "reason": row.reason})


class RebateWire(Wire):
    """What the fill of the room gave back, and why, in Chinese and English."""

    kind: Literal["ladder", "host_discount", "free_seat"]
    amount: MoneyWire
    words_zh: str
    words_en: str

    @classmethod
    def of(cls, rebate: Rebate, currency: str) -> RebateWire:
        """The wire form of a rebate."""
        return cls(
            kind=rebate.kind.value,
            amount=MoneyWire(amount_minor=rebate.amount_minor, currency=currency),
            words_zh=why_back(rebate, "zh"),
            words_en=why_back(rebate, "en"),
        )


class OrderWire(Wire):
    """An order: `cancelled` where no money came, `refunded` where all that came went back.

    `price` has the steps of the total where there were more than the goods alone. `rebates`: what the fill of the room
    gave back of it, by its ladder or to its host; it counts as `refunded`.
    """

    model_config = with_example(ORDER)

    id: str
    status: Literal[
        "awaiting_payment", "paid", "confirmed", "shipped", "received", "completed", "cancelled", "refunded"
    ]
    lines: list[LineWire]
    price: list[PriceLineWire]
    total: MoneyWire
    refunded: MoneyWire
    rebates: list[RebateWire]
    ordered_at: Instant
    room_id: str | None
    payment: PaymentWire | None
    carrier: str | None
    tracking: str | None
    late_payment: LatePaymentWire | None

    @classmethod
    def of(cls, view: OrderView) -> OrderWire:
        """The wire form of an order."""
        return cls(
            id=to_public("ord", view.id),
            status=view.status.value,
            lines=[LineWire.of(line) for line in view.lines],
            price=PriceLineWire.all_of(view.price, view.total.currency),
            total=MoneyWire.of(view.total),
            refunded=MoneyWire.of(view.refunded),
            rebates=[RebateWire.of(rebate, view.total.currency) for rebate in view.rebates],
            ordered_at=view.ordered_at,
            room_id=to_public("room", view.room_id) if view.room_id else None,
            payment=PaymentWire.of(view.payment) if view.payment else None,
            carrier=view.carrier,
            tracking=view.tracking,
            late_payment=LatePaymentWire.of(view.late) if view.late else None,
        )


class OrderPage(Page[OrderWire]):
    """Orders, the newest first."""

    model_config = with_example({"data": [ORDER], "next_cursor": None})


class Shipment(Wire):
    """Who carries the goods, and under which number."""

    model_config = with_example({"carrier": "SF", "tracking": "SF1029384756"})

    carrier: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    tracking: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
