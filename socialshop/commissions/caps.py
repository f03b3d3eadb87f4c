"""The caps that a plan's document may set. Pure."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from socialshop.infra.documents import Document
from socialshop.kernel.money import MAX_AMOUNT_MINOR


class Cap(Document):
    """The most that may be paid for one order, to one member or by the whole plan, in minor units.

    `period`: in each day or month of the shop's clock, by when the sale was made; without it, over all the plan's
    versions. An order is one whole, and has none.
    """

    per: Literal["order", "member", "plan"]
    period: Literal["day", "month"] | None = None
    amount_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]

    @model_validator(mode="after")
    def _an_order_has_no_period(self) -> Cap:
        if self.per == "order" and self.period is not None:
            raise PydanticCustomError("period", "has no period: an order is one whole")
        return self
