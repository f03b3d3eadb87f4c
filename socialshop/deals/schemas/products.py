"""Wire shapes of products, their units, and to whom those are open."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.deals.rules import (
    MOST_RETURN_DAYS,
    MOST_STOCK,
)
from socialshop.deals.schemas.pictures import PICTURE, PictureWire
from socialshop.deals.service import (
    NewProduct,
    NewSku,
    Opening,
    OpenTo,
    ProductChange,
    ProductView,
    SkuView,
    UnitChange,
)
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import BPS, MAX_AMOUNT_MINOR
from socialshop.web.paging import Page
from socialshop.web.schemas import MoneyWire, Wire, with_example

SKU: dict[str, Any] = {
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
    "skus": [SKU],
    "pictures": [PICTURE],
    "on_sale": True,
}
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
PriceMinor = Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]


class DraftSku(Wire):
    """A unit to sell, with its price alone and its stock."""

    code: Code
    title: Title
    price_minor: PriceMinor
    stock: int = Field(ge=0, le=MOST_STOCK)


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
    return_days: int = Field(7, ge=0, le=MOST_RETURN_DAYS)
    skus: list[DraftSku] = Field(min_length=1, max_length=100)

    def new(self) -> NewProduct:
        """The command."""
        skus = [NewSku(sku.code, sku.title, sku.price_minor, sku.stock) for sku in self.skus]
        return NewProduct(self.title, self.description, self.return_days, skus)


class SkuEdit(Wire):
    """What a unit of the product is to be called and to cost alone; what is absent stays."""

    id: Annotated[str, StringConstraints(max_length=60)]
    code: Code | None = None
    title: Title | None = None
    price_minor: PriceMinor | None = None


class ProductEdit(Wire):
    """What a product is to be; what is absent stays, and so does every unit that is not named."""

    model_config = with_example({"title": "明前龙井", "skus": [{"id": SKU["id"], "price_minor": 13900}]})

    title: Title | None = None
    description: Annotated[str, StringConstraints(max_length=5_000)] | None = None
    return_days: int | None = Field(None, ge=0, le=MOST_RETURN_DAYS)
    skus: list[SkuEdit] = Field([], max_length=100)

    def change(self) -> ProductChange:
        """The command. Raises NotFound for an id that is no unit's."""
        units = [UnitChange(from_public("sku", sku.id), sku.code, sku.title, sku.price_minor) for sku in self.skus]
        return ProductChange(self.title, self.description, self.return_days, units)


class NewOpening(Wire):
    """Which leaders may make deals of a unit, and the least price of such a deal.

    `leader_ids` are for `chosen`, and only for that. With a `supply_price_minor` whoever opens a deal keeps
    `margin_bps` of what is sold above it, all of it unless less is said.
    """

    model_config = with_example({"open_to": "all", "floor_price_minor": 8900})

    open_to: Literal["all", "chosen", "none"]
    leader_ids: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=1_000)] = Field([])
    floor_price_minor: PriceMinor | None = None
    supply_price_minor: PriceMinor | None = None
    margin_bps: Annotated[int, Field(ge=1, le=BPS)] | None = None

    def new(self) -> Opening:
        """The command. Raises NotFound for an id that is no member's."""
        leaders = tuple(from_public("mbr", leader) for leader in self.leader_ids)
        share = BPS if self.margin_bps is None and self.supply_price_minor is not None else self.margin_bps
        return Opening(OpenTo(self.open_to), self.floor_price_minor, leaders, self.supply_price_minor, share)


class OpeningWire(Wire):
    """Which leaders may make deals of a unit, the least price of such a deal, and their margin; null where none is."""

    model_config = with_example(
        {"open_to": "all", "leader_ids": [], "floor_price_minor": 8900}
        | {"supply_price_minor": 8000, "margin_bps": 10000}
    )

    open_to: Literal["all", "chosen", "none"]
    leader_ids: list[str]
    floor_price_minor: int | None
    supply_price_minor: int | None
    margin_bps: int | None

    @classmethod
    def of(cls, opening: Opening) -> OpeningWire:
        """The wire form of an opening."""
        leaders = [to_public("mbr", leader) for leader in opening.leader_ids]
        return cls(
            open_to=opening.open_to.value,
            leader_ids=leaders,
            floor_price_minor=opening.floor_minor,
            supply_price_minor=opening.supply_minor,
            margin_bps=opening.margin_bps,
        )


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
    """A product; one that is not `on_sale` has no new deal, and its deals no new room."""

    model_config = with_example(_PRODUCT)

    id: str
    title: str
    description: str
    return_days: int
    skus: list[SkuWire]
    pictures: list[PictureWire]
    on_sale: bool

    @classmethod
    def of(cls, view: ProductView) -> ProductWire:
        """The wire form of a product."""
        return cls(
            id=to_public("prd", view.id),
            title=view.title,
            description=view.description,
            return_days=view.return_days,
            skus=[SkuWire.of(sku) for sku in view.skus],
            pictures=[PictureWire.of(shown) for shown in view.pictures],
            on_sale=view.on_sale,
        )


class ProductPage(Page[ProductWire]):
    """Products, in the order that was asked for."""

    model_config = with_example({"data": [_PRODUCT], "next_cursor": None})
