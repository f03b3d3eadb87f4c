"""Wire shapes of orders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.orders.pricing import PriceLine
from socialshop.orders.rebates import Rebate
from socialshop.orders.sentences import why_back, words
from socialshop.orders.service import ADDRESS_PARTS, Address, AddressRow, LateRow, LineView, OrderView, RefundView
from socialshop.payments.schemas import PaymentWire
from socialshop.web.paging import Page, PageQuery
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


_REFUND: dict[str, Any] = {
    "id": "rfd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "requested",
    "amount": _PRICE,
    "reason": "broken on arrival",
    "in_window": True,
    "lines": [{"line": 1, "quantity": 1, "amount": _PRICE}],
    "requested_at": "2026-02-03T12:00:00Z",
    "decided_at": None,
    "decision_reason": None,
    "failed_at": None,
    "refunded_at": None,
    "restock": None,
}
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class ReturnedLine(Wire):
    """Units of one line that go back; all that are left of it if `quantity` is absent."""

    line: Annotated[int, Field(ge=1, le=32_767, description="place in the order's lines, from 1")]
    quantity: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)] | None = None


class RefundRequest(Wire):
    """What to give back: a sum, lines, or all that is left if neither is said."""

    model_config = with_example({"reason": "broken on arrival", "lines": [{"line": 1, "quantity": 1}]})

    reason: Words
    amount_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)] | None = None
    lines: Annotated[list[ReturnedLine], Field(min_length=1, max_length=100)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> RefundRequest:
        if self.amount_minor is not None and self.lines is not None:
            raise ValueError("send amount_minor or lines, not both")
        lines = [each.line for each in self.lines or ()]
        if len(lines) != len(set(lines)):
            raise ValueError("lines names a line twice")
        return self

    def units(self) -> dict[int, int | None] | None:
        """Units by line, None for all that are left; None for no lines at all."""
        return None if self.lines is None else {each.line: each.quantity for each in self.lines}


class RefundPart(Wire):
    """What goes back of one line; no unit where the money is a concession."""

    line: int
    quantity: int
    amount: MoneyWire


class RefundWire(Wire):
    """A refund. `in_window`: asked for before the days to send back were over.

    `restock`: whether its units come back into stock, null before it is decided.
    """

    model_config = with_example(_REFUND)

    id: str
    order_id: str
    status: Literal["requested", "approved", "rejected", "refunded"]
    amount: MoneyWire
    reason: str
    in_window: bool
    lines: list[RefundPart]
    requested_at: Instant
    decided_at: Instant | None
    decision_reason: str | None
    failed_at: Instant | None
    refunded_at: Instant | None
    restock: bool | None

    @classmethod
    def of(cls, view: RefundView) -> RefundWire:
        """The wire form of a refund."""
        currency = view.amount.currency
        return cls.model_validate(
            {
                "id": to_public("rfd", view.id),
                "order_id": to_public("ord", view.order_id),
                "status": view.status,
                "amount": MoneyWire.of(view.amount),
                "lines": [
                    RefundPart(
                        line=part.line,
                        quantity=part.quantity,
                        amount=MoneyWire(amount_minor=part.amount_minor, currency=currency),
                    )
                    for part in view.parts
                ],
                **{name: getattr(view, name) for name in _AS_THEY_ARE},
            }
        )


_AS_THEY_ARE = (
    "reason",
    "in_window",
    "requested_at",
    "decided_at",
    "decision_reason",
    "failed_at",
    "refunded_at",
    "restock",
)


class RefundList(Wire):
    """The refunds of one order, oldest first."""

    model_config = with_example({"data": [_REFUND], "next_cursor": None})

    data: list[RefundWire]
    next_cursor: None = None


class RefundPage(Page[RefundWire]):
    """Refunds, oldest first."""

    model_config = with_example({"data": [_REFUND], "next_cursor": None})


class RefundQuery(PageQuery):
    """Which refunds."""

    status: Literal["requested", "approved", "rejected", "refunded"] | None = Field(
        None, description="only those in this status"
    )


class RefundApproval(Wire):
    """Why, if there is anything to say, and whether the goods come back into stock.

    Where `restock` is not said they do if the parcel has not left yet.
    """

    model_config = with_example({"reason": "broken on arrival, pictures seen", "restock": False})

    reason: Words | None = None
    restock: bool | None = None


class RefundRejection(Wire):
    """Why not."""

    model_config = with_example({"reason": "worn"})

    reason: Words


ADDRESS_PREFIX = "adr"
_ADDRESS = {
    "recipient": "林小满",
    "phone": "+86 138 0000 0000",
    "region": "上海市 徐汇区",
    "street": "漕溪北路 1 号 2 室",
    "postcode": "200030",
}
_ENTRY = {"id": "adr_01k9w3q2mxe5tb6v8c4yd7r1hz", "is_default": True, **_ADDRESS}


class AddressWire(Wire):
    """Where goods go; `region` is province, city and district, `street` the rest."""

    model_config = with_example(_ADDRESS)

    recipient: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["recipient"])]
    phone: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["phone"])]
    region: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["region"])]
    street: Annotated[str, StringConstraints(min_length=1, max_length=ADDRESS_PARTS["street"])]
    postcode: Annotated[str, StringConstraints(max_length=ADDRESS_PARTS["postcode"])] = ""

    @classmethod
    def of(cls, address: Address) -> AddressWire:
        """The wire form of an address."""
        return cls(**address._asdict())


class AddressEdit(AddressWire):
    """An address for your book; `is_default`: the one that is proposed first."""

    model_config = with_example({"is_default": True, **_ADDRESS})

    is_default: bool = False

    def address(self) -> Address:
        """The address as orders have it."""
        return Address(self.recipient, self.phone, self.region, self.street, self.postcode)


class AddressEntry(AddressWire):
    """An address of your book."""

    model_config = with_example(_ENTRY)

    id: str
    is_default: bool

    @classmethod
    def of_row(cls, row: AddressRow) -> AddressEntry:
        """The wire form of an entry."""
        return cls(id=to_public(ADDRESS_PREFIX, row.id), is_default=row.is_default, **row.address._asdict())


class AddressBook(Wire):
    """Your addresses: the default first, then the newest."""

    model_config = with_example({"data": [_ENTRY]})

    data: list[AddressEntry]


class AddressChoice(Wire):
    """The address of your book that an order is to go to."""

    model_config = with_example({"address_id": "adr_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    address_id: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class OrderAddress(Wire):
    """Where an order goes; null where nobody has said."""

    model_config = with_example({"address": _ADDRESS})

    address: AddressWire | None
