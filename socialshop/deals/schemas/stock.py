"""Wire shapes of stock: what is left of each unit, and the moves by which it came to that."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.deals.rules import MOST_STOCK, StockReason
from socialshop.deals.service import MOVE_PREFIX, MoveRow, NewMove, StockRow
from socialshop.kernel.ids import to_public
from socialshop.web.paging import Page
from socialshop.web.schemas import Instant, Wire, with_example

_STOCK: dict[str, Any] = {
    "sku_id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "product_id": "prd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "product": "明前龙井",
    "code": "TEA-500",
    "title": "500 g",
    "stock": 8,
    "low_stock_at": 10,
    "standing": "low",
}
_MOVE: dict[str, Any] = {
    "id": "smv_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "reason": "received",
    "quantity": 200,
    "units": 200,
    "note": "delivery note 4411",
    "at": "2026-02-10T12:00:00Z",
    "order_id": None,
    "refund_id": None,
}


class NewStockMove(Wire):
    """A change of a unit's stock, by so many units: below zero where they leave.

    `received` adds, `damaged` takes away, `counted` is what a stocktake found too many or too few, `corrected` undoes
    an entry that was wrong. What is left changes while you write: so you say by how much, never what there is to be.
    """

    model_config = with_example({"reason": "received", "quantity": 200, "note": "delivery note 4411"})

    reason: Literal["received", "counted", "damaged", "corrected"]
    quantity: int = Field(ge=-MOST_STOCK, le=MOST_STOCK)
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""

    def new(self) -> NewMove:
        """The command."""
        return NewMove(StockReason(self.reason), self.quantity, self.note)


class LowStock(Wire):
    """From how few units on a unit is low: buyers see it, and the admins are told once. 0: only once it is sold out."""

    model_config = with_example({"low_stock_at": 10})

    low_stock_at: int = Field(ge=0, le=MOST_STOCK)


class StockWire(Wire):
    """What is left of a unit; what is in seats, paid or not, is not left."""

    model_config = with_example(_STOCK)

    sku_id: str
    product_id: str
    product: str
    code: str
    title: str
    stock: int
    low_stock_at: int
    standing: Literal["in_stock", "low", "sold_out"]

    @classmethod
    def of(cls, row: StockRow) -> StockWire:
        """The wire form of a unit's stock."""
        return cls(
            sku_id=to_public("sku", row.id),
            product_id=to_public("prd", row.product_id),
            product=row.product,
            code=row.code,
            title=row.title,
            stock=row.stock,
            low_stock_at=row.low_stock_at,
            standing="sold_out" if not row.stock else "low" if row.stock <= row.low_stock_at else "in_stock",
        )


class StockPage(Page[StockWire]):
    """Units, what is sold out or low first."""

    model_config = with_example({"data": [_STOCK], "next_cursor": None})


class MoveWire(Wire):
    """A move of a unit's stock, or a seat in it, which is one too.

    `reason` is `first` (what there was when it was put on sale), what the shop said, `restocked` (by a refund), or of a
    seat `reserved`, then `sold` or `returned`. `quantity` is what it adds to the stock as it stands, `units` what it is
    about: what was returned adds nothing. All `quantity` together are what is left.
    """

    model_config = with_example(_MOVE)

    id: str
    reason: str
    quantity: int
    units: int
    note: str
    at: Instant
    order_id: str | None
    refund_id: str | None

    @classmethod
    def of(cls, row: MoveRow) -> MoveWire:
        """The wire form of a move."""
        return cls(
            id=to_public(MOVE_PREFIX, row.id),
            reason=row.reason,
            quantity=row.quantity,
            units=row.units,
            note=row.note,
            at=row.at,
            order_id=to_public("ord", row.order_id) if row.order_id else None,
            refund_id=to_public("rfd", row.refund_id) if row.refund_id else None,
        )


class MovePage(Page[MoveWire]):
    """Moves of a unit, the newest first."""

    model_config = with_example({"data": [_MOVE], "next_cursor": None})
