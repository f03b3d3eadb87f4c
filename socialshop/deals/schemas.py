"""Wire shapes of products and deals."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from socialshop.deals.rules import LARGEST_GROUP, MOST_UNITS, SMALLEST_GROUP, LatePayer
from socialshop.deals.service import DealView, NewDeal, NewProduct, NewSku, ProductView, SkuView
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

__all__ = ["DealPage", "DealWire", "DraftDeal", "DraftProduct", "PageQuery", "ProductPage", "ProductWire"]

_LONGEST_YEARS = 10 * 366 * 86_400

_SKU: dict[str, Any] = {
    "id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "code": "TEA-500",
    "title": "500 g",
    "price": {"amount_minor": 12900, "currency": "CNY"},
    "stock": 1000,
}
_PRODUCT: dict[str, Any] = {
    "id": "prd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "title": "明前龙井",
    "description": "",
    "return_days": 7,
    "skus": [_SKU],
}
DEAL: dict[str, Any] = {
    "id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "live",
    "sku_id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "product_id": "prd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "title": "Tea for five",
    "group_size": 5,
    "price": {"amount_minor": 9900, "currency": "CNY"},
    "starts_at": "2026-01-31T12:00:00Z",
    "ends_at": None,
    "room_ttl_seconds": 86400,
    "seat_hold_seconds": 900,
    "per_member_limit": None,
    "quota": None,
    "late_payer": "refund",
    "stock": 1000,
    "minimum_tier": None,
    "circle_only": False,
}


def _not_yet(value: object) -> object:
    if value:
        raise ValueError("this term is not offered: leave it out")
    return value


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
PriceMinor = Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
Seconds = Annotated[int, Field(ge=1, le=_LONGEST_YEARS)]


class DraftSku(Wire):
    """A unit to sell, with its price alone and its stock."""

    code: Code
    title: Title
    price_minor: PriceMinor
    stock: int = Field(ge=0, le=1_000_000_000)


class DraftProduct(Wire):
    """A product to put on sale."""

    model_config = with_example(
        {
            "title": "明前龙井",
            "return_days": 7,
            "skus": [{"code": "TEA-500", "title": "500 g", "price_minor": 12900, "stock": 1000}],
        }
    )

    title: Title
    description: Annotated[str, StringConstraints(max_length=5_000)] = ""
    return_days: int = Field(7, ge=0, le=365)
    skus: list[DraftSku] = Field(min_length=1, max_length=100)

    def new(self) -> NewProduct:
        """The command."""
        skus = [NewSku(sku.code, sku.title, sku.price_minor, sku.stock) for sku in self.skus]
        return NewProduct(self.title, self.description, self.return_days, skus)


class SkuWire(Wire):
    """A unit on sale."""

    id: str
    code: str
    title: str
    price: MoneyWire
    stock: int

    @classmethod
    def of(cls, view: SkuView) -> SkuWire:
        """The wire form of a unit."""
        return cls(
            id=to_public("sku", view.id),
            code=view.code,
            title=view.title,
            price=MoneyWire.of(view.price),
            stock=view.stock,
        )


class ProductWire(Wire):
    """A product on sale."""

    model_config = with_example(_PRODUCT)

    id: str
    title: str
    description: str
    return_days: int
    skus: list[SkuWire]

    @classmethod
    def of(cls, view: ProductView) -> ProductWire:
        """The wire form of a product."""
        return cls(
            id=to_public("prd", view.id),
            title=view.title,
            description=view.description,
            return_days=view.return_days,
            skus=[SkuWire.of(sku) for sku in view.skus],
        )


class ProductPage(Page[ProductWire]):
    """Products, in the order they were added."""

    model_config = with_example({"data": [_PRODUCT], "next_cursor": None})


class PriceStep(Wire):
    """A price from a group size on."""

    size: int
    price_minor: PriceMinor


class DraftDeal(Wire):
    """The terms of a deal: one price for a group of a fixed size."""

    model_config = with_example(
        {
            "sku_id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "title": "Tea for five",
            "group_size": 5,
            "price_minor": 9900,
            "room_ttl_seconds": 86400,
            "late_payer": "refund",
        }
    )

    sku_id: Annotated[str, StringConstraints(max_length=100)]
    title: Title
    group_size: int = Field(ge=SMALLEST_GROUP, le=LARGEST_GROUP)
    price_steps: Annotated[list[PriceStep] | None, AfterValidator(_not_yet)] = None
    host_perk: Annotated[dict[str, Any] | None, AfterValidator(_not_yet)] = None
    newcomer_only: Annotated[bool, AfterValidator(_not_yet)] = False
    price_minor: PriceMinor
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant | None = None
    room_ttl_seconds: Seconds
    seat_hold_seconds: Seconds = 900
    per_member_limit: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = None
    quota: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    late_payer: Literal["refund", "reroute", "new_room"] = Field(
        "refund", description="who pays for a lost seat gets the money back, a seat in another room, or a room"
    )
    draft: bool = False
    minimum_tier: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    circle_only: bool = Field(False, description="for the circle of who opens it alone")

    def new(self) -> NewDeal:
        """The command. Raises NotFound for an id that is no unit's."""
        return NewDeal(
            sku_id=from_public("sku", self.sku_id),
            title=self.title,
            group_size=self.group_size,
            price_minor=self.price_minor,
            room_ttl=timedelta(seconds=self.room_ttl_seconds),
            seat_hold=timedelta(seconds=self.seat_hold_seconds),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            per_member_limit=self.per_member_limit,
            quota=self.quota,
            draft=self.draft,
            minimum_tier=self.minimum_tier,
            circle_only=self.circle_only,
            late_payer=LatePayer(self.late_payer),
        )


class DealWire(Wire):
    """A deal; `stock` is what is left of the unit, for all its deals together.

    `ends_at` is when it was ended, where somebody ended it before its time. `minimum_tier` is the least tier that it is
    for, null where it is for everybody; `circle_only`: it is for the circle of its leader alone.
    """

    model_config = with_example(DEAL)

    id: str
    status: Literal["draft", "scheduled", "live", "paused", "ended"]
    sku_id: str
    product_id: str
    title: str
    group_size: int
    price: MoneyWire
    starts_at: Instant
    ends_at: Instant | None
    room_ttl_seconds: int
    seat_hold_seconds: int
    per_member_limit: int | None
    quota: int | None
    late_payer: str
    stock: int
    minimum_tier: str | None
    circle_only: bool

    @classmethod
    def of(cls, view: DealView) -> DealWire:
        """The wire form of a deal."""
        return cls(
            id=to_public("deal", view.id),
            status=view.status.value,
            sku_id=to_public("sku", view.sku_id),
            product_id=to_public("prd", view.product_id),
            title=view.title,
            group_size=view.group_size,
            price=MoneyWire.of(view.price),
            starts_at=view.starts_at,
            ends_at=view.ends_at,
            room_ttl_seconds=view.room_ttl_seconds,
            seat_hold_seconds=view.seat_hold_seconds,
            per_member_limit=view.per_member_limit,
            quota=view.quota,
            late_payer=view.late_payer,
            stock=view.stock,
            minimum_tier=view.minimum_tier,
            circle_only=view.circle_only,
        )


class DealPage(Page[DealWire]):
    """Deals that are announced or live, in the order they were made."""

    model_config = with_example({"data": [DEAL], "next_cursor": None})
