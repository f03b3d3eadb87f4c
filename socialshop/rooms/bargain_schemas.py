"""Wire shapes of bargains."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from socialshop.deals.rules import MOST_CHOPS, MOST_STOCK, MOST_UNITS, MOST_WEIGHT_BPS, SAME_WEIGHT_BPS
from socialshop.deals.schemas.deals import Seconds
from socialshop.deals.schemas.products import PriceMinor, Title
from socialshop.deals.service import BargainOffer, BuyAt, NewBargain
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.rooms.schemas import SeatClaim
from socialshop.rooms.service import BargainView
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

BARGAIN_PREFIX = "brg"
_LONGEST = 7 * 86_400
_OFFER: dict[str, Any] = {
    "id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "live",
    "sku_id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "product_id": "prd_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "title": "Chop the tea",
    "start_price": {"amount_minor": 12900, "currency": "CNY"},
    "floor_price": {"amount_minor": 6900, "currency": "CNY"},
    "chops": 12,
    "lasts_seconds": 86400,
    "buy_at": "reached",
    "newcomer_weight_bps": 10000,
    "starts_at": "2026-01-31T12:00:00Z",
    "ends_at": None,
    "seat_hold_seconds": 900,
    "per_member_limit": None,
    "quota": None,
    "shipping": {"amount_minor": 800, "currency": "CNY"},
    "stock": 1000,
}
_CHOP: dict[str, Any] = {
    "display_name": "周…",
    "amount": {"amount_minor": 312, "currency": "CNY"},
    "at": "2026-01-31T12:05:00Z",
}
_BARGAIN: dict[str, Any] = {
    "id": "brg_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "offer_id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "open",
    "title": "Chop the tea",
    "starter": {"display_name": "林小满"},
    "start_price": {"amount_minor": 12900, "currency": "CNY"},
    "floor_price": {"amount_minor": 6900, "currency": "CNY"},
    "price": {"amount_minor": 12588, "currency": "CNY"},
    "chops": 12,
    "chops_made": 1,
    "buy_at": "reached",
    "expires_at": "2026-02-01T12:00:00Z",
    "friends": [_CHOP],
    "is_own": False,
    "has_chopped": False,
    "room_id": None,
}


class DraftBargain(Wire):
    """A bargain to offer: friends bring the price from `start_price_minor` to `floor_price_minor` in `chops` chops.

    A newcomer is a friend who has bought nothing here yet; `newcomer_weight_bps` says how much such a chop may be
    expected to weigh: 10,000 as much as any, at most 50,000.
    """

    model_config = with_example(
        {
            "sku_id": "sku_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "title": "Chop the tea",
            "start_price_minor": 9900,
            "floor_price_minor": 6900,
            "chops": 12,
            "lasts_seconds": 86400,
        }
    )

    sku_id: Annotated[str, StringConstraints(max_length=100)]
    title: Title
    start_price_minor: PriceMinor
    floor_price_minor: PriceMinor
    chops: int = Field(ge=1, le=MOST_CHOPS)
    lasts_seconds: int = Field(ge=1, le=_LONGEST)
    buy_at: Literal["reached", "floor"] = "reached"
    newcomer_weight_bps: int = Field(SAME_WEIGHT_BPS, ge=SAME_WEIGHT_BPS, le=MOST_WEIGHT_BPS)
    starts_at: GivenInstant | None = None
    ends_at: GivenInstant | None = None
    seat_hold_seconds: Seconds = 900
    per_member_limit: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = None
    quota: Annotated[int, Field(ge=1, le=MOST_STOCK)] | None = None
    shipping_minor: Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)] | None = Field(
        None, description="what sending it costs, for an admin to say; null: the shop's own fee"
    )

    def new(self) -> NewBargain:
        """The command. Raises NotFound for an id that is no unit's."""
        return NewBargain(
            sku_id=from_public("sku", self.sku_id),
            title=self.title,
            start_minor=self.start_price_minor,
            floor_minor=self.floor_price_minor,
            chops=self.chops,
            lasts=timedelta(seconds=self.lasts_seconds),
            buy_at=BuyAt(self.buy_at),
            newcomer_bps=self.newcomer_weight_bps,
            seat_hold=timedelta(seconds=self.seat_hold_seconds),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            per_member_limit=self.per_member_limit,
            quota=self.quota,
            shipping_minor=self.shipping_minor,
        )


class OfferWire(Wire):
    """A bargain that is offered; it is paused, resumed and ended as a deal is, by the same id."""

    model_config = with_example(_OFFER)

    id: str
    status: Literal["draft", "scheduled", "live", "paused", "ended"]
    sku_id: str
    product_id: str
    title: str
    start_price: MoneyWire
    floor_price: MoneyWire
    chops: int
    lasts_seconds: int
    buy_at: Literal["reached", "floor"]
    newcomer_weight_bps: int
    starts_at: Instant
    ends_at: Instant | None
    seat_hold_seconds: int
    per_member_limit: int | None
    quota: int | None
    shipping: MoneyWire
    stock: int

    @classmethod
    def of(cls, offer: BargainOffer) -> Self:
        """The wire form of an offer."""
        deal = offer.deal
        return cls(
            id=to_public("deal", deal.id),
            status=deal.status.value,
            sku_id=to_public("sku", deal.sku_id),
            product_id=to_public("prd", deal.product_id),
            title=deal.title,
            start_price=MoneyWire.of(offer.start),
            floor_price=MoneyWire.of(offer.floor),
            chops=offer.chops,
            lasts_seconds=int(offer.lasts.total_seconds()),
            buy_at=offer.buy_at.value,
            newcomer_weight_bps=offer.newcomer_bps,
            starts_at=deal.starts_at,
            ends_at=deal.ends_at,
            seat_hold_seconds=deal.seat_hold_seconds,
            per_member_limit=deal.per_member_limit,
            quota=deal.quota,
            shipping=MoneyWire.of(deal.shipping),
            stock=deal.stock,
        )


class OfferPage(Page[OfferWire]):
    """Bargains that can be started, in the order they were made."""

    model_config = with_example({"data": [_OFFER], "next_cursor": None})


class StarterWire(Wire):
    """Whose bargain it is; the name is empty once that person has left the shop."""

    display_name: str


class ChopWire(Wire):
    """A friend's chop. The name is whole for whose bargain it is and for the friend, a letter for others.

    Whether that friend has bought here before is nobody else's to read.
    """

    display_name: str
    amount: MoneyWire
    at: Instant


class BargainWire(Wire):
    """A bargain as you see it; `room_id` is where its owner bought it, for the owner alone."""

    model_config = with_example(_BARGAIN)

    id: str
    offer_id: str
    status: Literal["open", "bought", "expired"]
    title: str
    starter: StarterWire
    start_price: MoneyWire
    floor_price: MoneyWire
    price: MoneyWire
    chops: int
    chops_made: int
    buy_at: Literal["reached", "floor"]
    expires_at: Instant
    friends: list[ChopWire]
    is_own: bool
    has_chopped: bool
    room_id: str | None

    @classmethod
    def of(cls, view: BargainView) -> Self:
        """The wire form of a bargain."""
        return cls(
            id=to_public(BARGAIN_PREFIX, view.id),
            offer_id=to_public("deal", view.offer_id),
            status=view.status.value,
            title=view.title,
            starter=StarterWire(display_name=view.starter),
            start_price=MoneyWire.of(view.start),
            floor_price=MoneyWire.of(view.floor),
            price=MoneyWire.of(view.price),
            chops=view.chops,
            chops_made=view.chops_made,
            buy_at=view.buy_at.value,
            expires_at=view.expires_at,
            friends=[
                ChopWire(
                    display_name=friend.display_name,
                    amount=MoneyWire.of(friend.amount),
                    at=friend.at,
                )
                for friend in view.friends
            ],
            is_own=view.is_own,
            has_chopped=view.has_chopped,
            room_id=None if view.room_id is None else to_public("room", view.room_id),
        )


class BargainPage(Page[BargainWire]):
    """Your bargains, the newest first, without their friends."""

    model_config = with_example({"data": [{**_BARGAIN, "friends": [], "is_own": True}], "next_cursor": None})


class ChoppedWire(Wire):
    """What your chop took off, and the bargain after it."""

    model_config = with_example({"amount": _CHOP["amount"], "bargain": {**_BARGAIN, "has_chopped": True}})

    amount: MoneyWire
    bargain: BargainWire


class Purchase(SeatClaim):
    """How the bargain is paid besides money, where the goods go, and through whose invitation. It is one unit."""

    model_config = with_example({"coupons": "auto"})

    quantity: Literal[1] = 1
