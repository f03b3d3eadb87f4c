"""Wire shapes of looking for something among what is on sale."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from socialshop.deals.rules import LARGEST_GROUP, LONGEST_SOUGHT, MOST_HOURS
from socialshop.deals.schemas.products import PriceMinor
from socialshop.deals.service import DealKind, Place, Sort, Sought
from socialshop.web.paging import OrderedQuery

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_SOUGHT)]


class _Query(OrderedQuery):
    """What products and deals are looked for by alike."""

    q: Words | None = Field(
        None, description="words of the title, the goods or their description, in any script; each must be there"
    )
    price_from_minor: PriceMinor | None = Field(None, description="the least price, in minor units")
    price_to_minor: PriceMinor | None = Field(None, description="the highest price, in minor units")
    in_stock: bool | None = Field(None, description="true: what is there; false: what is sold out")

    def after(self) -> Place | None:  # type: ignore[override]
        """Where the page before ended. Raises InvalidFields for a cursor that no list gave."""
        place = self.place()
        return None if place is None else Place(*place)


class ProductQuery(_Query):
    """Which products, and in which order; prices are those alone."""

    sort: Literal["oldest", "newest", "price"] = Field("oldest", description="in which order")

    def sought(self) -> Sought:
        """What is looked for."""
        return Sought(
            words=self.q,
            from_minor=self.price_from_minor,
            to_minor=self.price_to_minor,
            in_stock=self.in_stock,
            sort=Sort(self.sort),
        )


class DealQuery(_Query):
    """Which deals, and in which order; prices are those together, as they are paid at first."""

    kind: Literal["fixed", "ladder", "subsidy"] | None = Field(
        None, description="one price, a price ladder, or rooms that the shop fills when a few are missing"
    )
    seats_to_go: int | None = Field(
        None, ge=1, le=LARGEST_GROUP, description="so many seats at most are missing in the fullest open room"
    )
    newcomer_only: bool | None = Field(None, description="for who buys for the first time, or for everybody")
    ends_within_hours: int | None = Field(None, ge=1, le=MOST_HOURS, description="ends within so many hours")
    sort: Literal["oldest", "newest", "nearest", "ends_soon", "price"] = Field(
        "oldest", description="in which order; `nearest`: to a full room"
    )

    def sought(self) -> Sought:
        """What is looked for."""
        return Sought(
            words=self.q,
            kind=None if self.kind is None else DealKind(self.kind),
            from_minor=self.price_from_minor,
            to_minor=self.price_to_minor,
            seats_to_go=self.seats_to_go,
            newcomer_only=self.newcomer_only,
            ends_within_hours=self.ends_within_hours,
            in_stock=self.in_stock,
            sort=Sort(self.sort),
        )
