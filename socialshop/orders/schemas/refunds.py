"""Wire shapes of refunds: what is asked back, and what becomes of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.orders.service import RefundView
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_PRICE = {"amount_minor": 9900, "currency": "CNY"}
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
