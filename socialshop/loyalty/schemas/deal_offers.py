"""Wire shapes of deals that are offered to segments."""

from __future__ import annotations

import uuid
from typing import Any

from socialshop.deals.schemas.deals import DEAL, DealWire
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.loyalty.segment_sentences import because
from socialshop.loyalty.segments import Segment
from socialshop.loyalty.service import DealOffered
from socialshop.web.paging import Page
from socialshop.web.problems import InvalidFields
from socialshop.web.schemas import Instant, Wire, with_example

_OFFERED: dict[str, Any] = {
    "deal": {**DEAL, "status": "draft", "invited_only": True},
    "segment": Segment(not_bought_days=90).model_dump(mode="json"),
    "offered_at": "2026-01-31T12:00:00Z",
    "invited": 0,
}
_MINE: dict[str, Any] = {
    "deal": {**DEAL, "invited_only": True},
    "because_zh": ["因为你的会员等级"],
    "because_en": ["because of your tier"],
}


class DealOfferDraft(Wire):
    """Which draft, and for whom: all that the segment asks for must hold."""

    model_config = with_example({"deal_id": DEAL["id"], "segment": {"not_bought_days": 90}})

    deal_id: str
    segment: Segment

    def deal(self) -> uuid.UUID:
        """The deal's id. Raises InvalidFields."""
        try:
            return from_public("deal", self.deal_id)
        except NotFound:
            said = {"field": "deal_id", "reason": "not_allowed", "detail": "ids of deals look like deal_…"}
            raise InvalidFields([said]) from None


class DealOfferWire(Wire):
    """A deal that is for a segment; `invited` is how many were found in it so far, each of them once."""

    model_config = with_example(_OFFERED)

    deal: DealWire
    segment: Segment
    offered_at: Instant
    invited: int

    @classmethod
    def of(cls, offered: DealOffered) -> DealOfferWire:
        """The wire form."""
        return cls(
            deal=DealWire.of(offered.deal),
            segment=offered.segment,
            offered_at=offered.offered_at,
            invited=offered.invited,
        )


class DealOfferPage(Page[DealOfferWire]):
    """Deals that are for segments, the newest first."""

    model_config = with_example({"data": [_OFFERED], "next_cursor": None})


class OwnDealOffer(Wire):
    """A deal that is offered to you among some alone, and why."""

    model_config = with_example(_MINE)

    deal: DealWire
    because_zh: list[str]
    because_en: list[str]

    @classmethod
    def of(cls, offered: DealOffered) -> OwnDealOffer:
        """The wire form."""
        return cls(
            deal=DealWire.of(offered.deal),
            because_zh=because(offered.segment, "zh"),
            because_en=because(offered.segment, "en"),
        )


class OwnDealOffers(Wire):
    """The deals that are offered to you, the newest first."""

    model_config = with_example({"data": [_MINE]})

    data: list[OwnDealOffer]
