"""A plan's offer: the document that says what a paid membership costs, gives and promises. Never edited, only followed.

A document is strict: no unknown field, no coerced type. Prices are whole minor units of the offer's currency; a step's
price holds from its `growth` on, and more growth never costs more. Days are the shop's.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from socialshop.infra.documents import Document, KnownCurrency
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.memberships.programme import BenefitSet, Code, Points, Text

Term = Literal["month", "quarter", "year"]
TERMS: tuple[Term, ...] = ("month", "quarter", "year")
# A renewal is announced so many days before at least (the CN rules on network transactions, article 18).
LEAST_NOTICE_DAYS = 5
MOST_NOTICE_DAYS = 30
_Days = Annotated[int, Field(ge=1, le=60)]


class PriceStep(Document):
    """What a term costs whoever has this growth or more."""

    growth: Points
    price_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]


class TermOffer(Document):
    """A term with its prices, from the step at no growth on."""

    term: Term
    prices: Annotated[tuple[PriceStep, ...], Field(min_length=1, max_length=12, strict=False)]

    @model_validator(mode="after")
    def _steps(self) -> TermOffer:
        rising = all(low.growth < high.growth for low, high in pairwise(self.prices))
        if self.prices[0].growth != 0 or not rising:
            raise PydanticCustomError("steps", "prices begin at growth 0 and rise in growth from step to step")
        if any(low.price_minor < high.price_minor for low, high in pairwise(self.prices)):
            raise PydanticCustomError("dearer", "more growth never costs more")
        return self

    def price_at(self, growth: int) -> int:
        """What the term costs with this growth, in minor units."""
        return next(step.price_minor for step in reversed(self.prices) if step.growth <= max(growth, 0))


class Offer(Document):
    """What members buy.

    `remind_days` before its end a member hears what comes; a failed renewal is tried again `retry_days` after the first
    attempt, and the benefits stay for `grace_days`. Within `full_refund_days` an unused term is refunded whole. So many
    as `family_seats` share it with its owner; each gets a voucher of each of the `partners` a month.
    """

    plan: Code
    name_zh: Text
    name_en: Text
    currency: KnownCurrency
    on_sale: bool = True
    trial_days: Annotated[int, Field(ge=0, le=90)] = 0
    terms: Annotated[tuple[TermOffer, ...], Field(min_length=1, max_length=len(TERMS), strict=False)]
    benefits: BenefitSet = BenefitSet()
    remind_days: Annotated[int, Field(ge=LEAST_NOTICE_DAYS, le=MOST_NOTICE_DAYS)] = 7
    retry_days: Annotated[tuple[_Days, ...], Field(max_length=6, strict=False)] = (1, 3, 5)
    grace_days: _Days = 7
    full_refund_days: Annotated[int, Field(ge=0, le=60)] = 7
    family_seats: Annotated[int, Field(ge=0, le=10)] = 0
    partners: Annotated[tuple[Code, ...], Field(max_length=10, strict=False)] = ()

    @model_validator(mode="after")
    def _whole(self) -> Offer:
        names = [term.term for term in self.terms]
        if len(set(names)) < len(names):
            raise PydanticCustomError("repeats", "terms name the same twice")
        days = (0, *self.retry_days)
        if any(before >= after for before, after in pairwise(days)) or days[-1] > self.grace_days:
            raise PydanticCustomError("retries", "days of another attempt rise and lie within the grace")
        return self

    def term_of(self, name: str) -> TermOffer | None:
        """The term of this name; None where it is not offered."""
        return next((term for term in self.terms if term.term == name), None)


def document_of(offer: Offer) -> dict[str, Any]:
    """The offer as the JSON document that is stored, everything spelled out."""
    return offer.model_dump(mode="json")


def parse(document: Mapping[str, Any]) -> Offer:
    """The offer of a stored document."""
    return Offer.model_validate(document)
