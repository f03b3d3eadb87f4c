"""Wire shapes of recommendations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from socialshop.deals.schemas.deals import DEAL, DealWire
from socialshop.recommendations.rules import MOST
from socialshop.recommendations.service import Recommendation, Recommendations
from socialshop.web.schemas import Wire, with_example

_ONE = {"deal": DEAL, "reason": "popular", "because": "Because 12 people bought it in the last four weeks."}


class HowMany(Wire):
    """How many are wanted."""

    limit: int = Field(10, ge=1, le=MOST, description="at most so many deals")


class RecommendationWire(Wire):
    """A deal that you can buy now, and why it is shown."""

    model_config = with_example(_ONE)

    deal: DealWire
    reason: Literal[
        "offered", "bought_together", "room_friends", "tier", "new_since", "price_band", "popular", "most_filled", "new"
    ]
    because: str

    @classmethod
    def of(cls, one: Recommendation) -> RecommendationWire:
        """The wire form of a recommendation."""
        return cls(deal=DealWire.of(one.deal), reason=one.reason.value, because=one.because)


class RecommendationList(Wire):
    """Deals for you; `segment` null: you want none chosen for you, and these are what everybody is shown."""

    model_config = with_example({"segment": "newcomer", "data": [_ONE]})

    segment: Literal["newcomer", "regular", "lapsed"] | None
    data: list[RecommendationWire]

    @classmethod
    def of(cls, found: Recommendations) -> RecommendationList:
        """The wire form of what is shown to a member."""
        return cls(
            segment=None if found.segment is None else found.segment.value,
            data=[RecommendationWire.of(one) for one in found.deals],
        )
