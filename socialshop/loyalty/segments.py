"""Whom an offer is for, as a rule about members. Pure; `store/segments.py` evaluates it for many at once.

All that a rule asks for must hold. It asks what a person did or is, so nobody is in it who declined to have goods and
offers chosen for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from socialshop.infra.documents import Document
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.loyalty.rules import LONGEST_DAYS

_MOST_NAMED = 12
Code = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]
Codes = Annotated[tuple[Code, ...], Field(max_length=_MOST_NAMED, strict=False)]
Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
Minor = Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)]


class Segment(Document):
    """In one of the `tiers`, by one of the `plans` that runs; joined within `newcomer_days`; born in this month.

    `not_bought_days`: bought before, and nothing for so many days. `spends_from_minor`, `spends_below_minor`: the mean
    of the sales of a year that stand, in the shop's currency, lies in between (below the second).
    """

    tiers: Codes = ()
    plans: Codes = ()
    newcomer_days: Days | None = None
    birthday_month: bool = False
    not_bought_days: Days | None = None
    spends_from_minor: Minor | None = None
    spends_below_minor: Minor | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Segment:
        if self == Segment.model_construct():
            raise PydanticCustomError("segment", "a segment asks for something")
        low, high = self.spends_from_minor or 0, self.spends_below_minor
        if high is not None and high <= low:
            raise PydanticCustomError("segment", "a band of prices ends above where it begins")
        return self


def document_of(segment: Segment) -> dict[str, Any]:
    """The rule as the JSON document that is stored, everything spelled out."""
    return segment.model_dump(mode="json")


def parse(document: Mapping[str, Any]) -> Segment:
    """The rule of a stored document."""
    return Segment.model_validate(document)
