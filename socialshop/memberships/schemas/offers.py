"""Wire shapes for the shop's people: plans' offers as they are drafted and published, everybody's subscriptions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from socialshop.kernel.ids import to_public
from socialshop.memberships.offers import Offer, Term
from socialshop.memberships.schemas.plans import FEN, SUBSCRIPTION, Status, SubscriptionWire, money_wire
from socialshop.memberships.service import OfferView, Payers
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

OFFER_PREFIX = "plo"
_OFFER: dict[str, Any] = {
    "plan": "vip",
    "name_zh": "会员卡",
    "name_en": "VIP card",
    "currency": "CNY",
    "trial_days": 7,
    "terms": [
        {"term": "month", "prices": [{"growth": 0, "price_minor": 1500}]},
        {
            "term": "year",
            "prices": [{"growth": 0, "price_minor": 88800}, {"growth": 1000, "price_minor": 8800}],
        },
    ],
    "benefits": {"points_multiplier_bps": 20000, "early_access_hours": 24},
}


class NewOffer(Offer):
    """The document of a plan's offer (docs/memberships.md)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OFFER]})


_DRAFT: dict[str, Any] = {
    "id": "plo_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "draft",
    "document": Offer.model_validate(_OFFER).model_dump(mode="json"),
    "created_at": "2026-01-31T12:00:00Z",
    "version": None,
    "effective_at": None,
}


class OfferWire(Wire):
    """An offer; `version` and `effective_at` are null for a draft."""

    model_config = with_example(_DRAFT)

    id: str
    status: Literal["draft", "published"]
    document: Offer
    created_at: Instant
    version: int | None
    effective_at: Instant | None

    @classmethod
    def of(cls, view: OfferView) -> OfferWire:
        """The wire form of an offer."""
        return cls(
            id=to_public(OFFER_PREFIX, view.id),
            status="draft" if view.number is None else "published",
            document=view.offer,
            created_at=view.created_at,
            version=view.number,
            effective_at=view.effective_at,
        )


class OfferPage(Page[OfferWire]):
    """Offers, the newest first."""

    model_config = with_example({"data": [_DRAFT], "next_cursor": None})


class OfferPublication(Wire):
    """From when on the offer holds: by default from now."""

    model_config = with_example({"effective_at": "2026-02-01T00:00:00Z"})

    effective_at: GivenInstant | None = None


class PayersWire(Wire):
    """How many members have the growth of a price's step, and not that of the next."""

    term: Term
    growth: int
    price: MoneyWire
    members: int

    @classmethod
    def of(cls, payers: Payers, currency: str) -> PayersWire:
        """The wire form of a row."""
        return cls(
            term=payers.term,  # type: ignore[arg-type]  # one of the offer's
            growth=payers.growth,
            price=money_wire(payers.price_minor, currency),
            members=payers.members,
        )


class PayersList(Wire):
    """Who would pay what."""

    model_config = with_example({"data": [{"term": "year", "growth": 1000, "price": FEN, "members": 120}]})

    data: list[PayersWire]


class SubscriptionQuery(PageQuery):
    """Which subscriptions: in any status where none is named."""

    status: Status | None = None


class HeldSubscriptionWire(SubscriptionWire):
    """A subscription, and whose it is."""

    model_config = with_example({**SUBSCRIPTION, "member": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    member: str


class SubscriptionPage(Page[HeldSubscriptionWire]):
    """Everybody's subscriptions, the newest first."""

    model_config = with_example(
        {"data": [{**SUBSCRIPTION, "member": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"}], "next_cursor": None}
    )
