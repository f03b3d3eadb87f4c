"""Wire shapes of deals: what is offered, at which price or ladder, with what for the host."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from socialshop.deals.ladder import FEWEST_STEPS, MOST_STEPS, Ladder, Step
from socialshop.deals.perks import HIGHEST_PERK_BPS, HostPerk, PerkKind
from socialshop.deals.rules import (
    LARGEST_GROUP,
    MOST_RETURN_DAYS,
    MOST_STOCK,
    MOST_UNITS,
    MOST_UNITS_OFFERED,
    SMALLEST_GROUP,
    LatePayer,
    subsidy_of,
)
from socialshop.deals.schemas.pictures import PictureWire
from socialshop.deals.schemas.products import SKU, PriceMinor, Title
from socialshop.deals.service import (
    DealUnit,
    DealView,
    NewDeal,
)
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

_LONGEST_YEARS = 10 * 366 * 86_400

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
    "invited_only": False,
    "price_steps": [],
    "host_perk": None,
    "newcomer_only": False,
    "fill_policy": "none",
    "subsidy_from": None,
    "return_days": 7,
    "picture": None,
    "shipping": {"amount_minor": 800, "currency": "CNY"},
    "skus": [SKU | {"price": {"amount_minor": 9900, "currency": "CNY"}}],
}

GroupSize = Annotated[int, Field(ge=SMALLEST_GROUP, le=LARGEST_GROUP)]
Seconds = Annotated[int, Field(ge=1, le=_LONGEST_YEARS)]


class PriceStep(Wire):
    """What a unit costs each once so many have paid."""

    size: GroupSize
    price_minor: PriceMinor


class StepWire(Wire):
    """What a unit costs each once `size` members have paid."""

    size: int
    price: MoneyWire

    @classmethod
    def all_of(cls, ladder: Ladder, currency: str) -> list[StepWire]:
        """The wire form of a ladder."""
        return [
            cls(size=size, price=MoneyWire(amount_minor=price_minor, currency=currency)) for size, price_minor in ladder
        ]


class PerkWire(Wire):
    """What who is host at the fill has of it.

    `free_seat`: the own seat costs nothing (of several units one). `percentage`: `rate_bps` off the own seat.
    `commission`: of what each other member of the room buys, `rate_bps` or `fixed_minor` a unit.
    """

    kind: Literal["free_seat", "percentage", "commission"]
    rate_bps: Annotated[int, Field(ge=1, le=HIGHEST_PERK_BPS)] | None = None
    fixed_minor: PriceMinor | None = None

    @model_validator(mode="after")
    def _what_the_kind_needs(self) -> Self:
        given = (self.rate_bps is not None) + (self.fixed_minor is not None)
        if self.kind == "free_seat" and given:
            raise ValueError("a free seat has neither rate_bps nor fixed_minor")
        if self.kind == "percentage" and (self.rate_bps is None or self.fixed_minor is not None):
            raise ValueError("a percentage needs rate_bps alone")
        if self.kind == "commission" and given != 1:
            raise ValueError("a commission needs rate_bps or fixed_minor, and not both")
        return self

    def perk(self) -> HostPerk:
        """The perk."""
        return HostPerk(PerkKind(self.kind), self.rate_bps, self.fixed_minor)

    @classmethod
    def of(cls, perk: HostPerk | None) -> PerkWire | None:
        """The wire form of a perk."""
        if perk is None:
            return None
        return cls(kind=perk.kind.value, rate_bps=perk.rate_bps, fixed_minor=perk.fixed_minor)


class OfferedUnit(Wire):
    """A unit that may be chosen, at a price of its own or the deal's."""

    sku_id: Annotated[str, StringConstraints(max_length=100)]
    price_minor: PriceMinor | None = None


class DealUnitWire(Wire):
    """A unit that a deal offers, at its price in it."""

    id: str
    code: str
    title: str
    price: MoneyWire
    stock: int

    @classmethod
    def of(cls, unit: DealUnit) -> DealUnitWire:
        """The wire form of a unit."""
        return cls(
            id=to_public("sku", unit.id),
            code=unit.code,
            title=unit.title,
            price=MoneyWire.of(unit.price),
            stock=unit.stock,
        )


class DraftDeal(Wire):
    """The terms of a deal: one price for a group of a fixed size, or a ladder: the more members, the less each pays.

    With `price_steps` (sizes rise, prices fall, the last size is the room's) everybody pays the price of the smallest
    step, and the difference to the step that the room reaches goes back. `sku_id` offers one unit; `skus` offers
    several of a product, of which who joins chooses one, each at a price of its own where there is no ladder.
    """

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

    sku_id: Annotated[str, StringConstraints(max_length=100)] | None = None
    skus: Annotated[list[OfferedUnit], Field(min_length=1, max_length=MOST_UNITS_OFFERED)] | None = None
    title: Title
    group_size: GroupSize
    price_steps: Annotated[list[PriceStep], Field(min_length=FEWEST_STEPS, max_length=MOST_STEPS)] | None = None
    host_perk: PerkWire | None = None
    newcomer_only: bool = Field(False, description="who joins has not bought before; the host may have")
    return_days: Annotated[int, Field(ge=0, le=MOST_RETURN_DAYS)] | None = None
    price_minor: PriceMinor | None = None
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant | None = None
    room_ttl_seconds: Seconds
    seat_hold_seconds: Seconds = 900
    per_member_limit: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = None
    quota: Annotated[int, Field(ge=1, le=MOST_STOCK)] | None = None
    late_payer: Literal["refund", "reroute", "new_room"] = Field(
        "refund", description="who pays for a lost seat gets the money back, a seat in another room, or a room"
    )
    fill_policy: Literal["none", "subsidy"] = "none"
    subsidy_from: Annotated[int, Field(ge=1, le=LARGEST_GROUP)] | None = Field(
        None, description="from how many paid seats on the shop fills a room at its clock"
    )
    subsidy_budget_minor: PriceMinor | None = Field(None, description="what that may cost the shop, for all rooms")
    shipping_minor: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)] | None = Field(
        None, description="what sending an order costs, for an admin to say; null: the shop's own fee"
    )
    draft: bool = False
    minimum_tier: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None
    circle_only: bool = Field(False, description="for the circle of who opens it alone")

    def new(self) -> NewDeal:
        """The command. Raises NotFound for an id that is no unit's, InvalidValue without goods, or without a price."""
        steps = tuple(Step(step.size, step.price_minor) for step in self.price_steps or ())
        (first, price), *others = self._units(steps)
        more = dict(others)
        return NewDeal(
            sku_id=first,
            title=self.title,
            group_size=self.group_size,
            price_minor=price,
            more_units=more,
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
            price_steps=steps,
            host_perk=self.host_perk.perk() if self.host_perk else None,
            newcomer_only=self.newcomer_only,
            return_days=self.return_days,
            shipping_minor=self.shipping_minor,
            subsidy=subsidy_of(self.fill_policy, self.subsidy_from, self.subsidy_budget_minor),
        )

    def _units(self, steps: Ladder) -> list[tuple[uuid.UUID, int]]:
        """What is offered, with what everybody pays for it at first."""
        if (self.sku_id is None) == (self.skus is None):
            raise InvalidValue("send sku_id or skus, and not both", field="sku_id" if self.skus is None else "skus")
        if steps and self.price_minor is not None:
            raise InvalidValue("send price_minor or price_steps, not both", field="price_minor")
        given = self.skus or [OfferedUnit(sku_id=self.sku_id or "")]
        found: dict[uuid.UUID, int] = {}
        for place, unit in enumerate(given):
            if steps and unit.price_minor is not None:
                raise InvalidValue("on a ladder all units cost the same", field=f"skus.{place}.price_minor")
            price = steps[0].price_minor if steps else unit.price_minor or self.price_minor
            if price is None:
                raise InvalidValue("a deal needs price_minor or price_steps", field="price_minor")
            sku_id = from_public("sku", unit.sku_id)
            if sku_id in found:
                raise InvalidValue("names a unit twice", field=f"skus.{place}.sku_id")
            found[sku_id] = price
        return list(found.items())


class DealWire(Wire):
    """A deal; `skus` may be chosen, `sku_id` is the first of them; `stock` is what is left of all of them together.

    `price` is what everybody pays at first; with `price_steps` it is that of the smallest step, and the fill gives the
    difference back. `ends_at` is when it was ended, where somebody ended it before its time. `minimum_tier` is the
    least tier that it is for, null where it is for everybody; `circle_only`: it is for the circle of its leader alone;
    `invited_only`: for those whom the shop offers it.
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
    invited_only: bool
    price_steps: list[StepWire]
    host_perk: PerkWire | None
    newcomer_only: bool
    fill_policy: Literal["none", "subsidy"]
    subsidy_from: int | None
    return_days: int
    picture: PictureWire | None
    shipping: MoneyWire
    skus: list[DealUnitWire]

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
            invited_only=view.invited_only,
            price_steps=StepWire.all_of(view.price_steps, view.price.currency),
            host_perk=PerkWire.of(view.host_perk),
            newcomer_only=view.newcomer_only,
            fill_policy="none" if view.subsidy_from is None else "subsidy",
            subsidy_from=view.subsidy_from,
            return_days=view.return_days,
            picture=PictureWire.or_none(view.cover),
            shipping=MoneyWire.of(view.shipping),
            skus=[DealUnitWire.of(unit) for unit in view.units],
        )


class DealPage(Page[DealWire]):
    """Deals that are announced or live, in the order that was asked for."""

    model_config = with_example({"data": [DEAL], "next_cursor": None})
