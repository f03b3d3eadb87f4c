"""A tier programme: the document that says which tiers there are, what each gives, and where growth comes from.

A document is strict: no unknown field, no coerced type. Units: `threshold` and `points` are growth, `*_bps` basis
points; a spend rule gives one point for each `minor_per_point` minor units of its currency, the rest is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from socialshop.infra.documents import STORABLE, Document, KnownCurrency
from socialshop.kernel.money import BPS

MOST_TIERS = 12
MOST_POINTS = 10**12
LONGEST_DAYS = 3_650
# Kinds of growth that follow sales: no activity may call itself so.
SALES_KINDS = ("order", "refund", "referral", "referral_refund")


Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=60), STORABLE]
Points = Annotated[int, Field(ge=0, le=MOST_POINTS)]
_Coupons = Annotated[
    tuple[Annotated[str, Field(pattern=r"^cpn_[0-9a-z]{26}$")], ...], Field(max_length=10, strict=False)
]


class BenefitSet(Document):
    """What a tier or plan gives; what is not said is not given. 10,000 bps of points are the plain number.

    `discount_bps` off the goods at checkout, which are never free; `free_shipping`: sending costs nothing;
    `monthly_coupons`: these coupons of the shop's, once a month each; `birthday_coupons`: these, once a year each, on
    the birthday; `service_line`: questions are answered in half the time.
    """

    discount_bps: Annotated[int, Field(ge=0, lt=BPS)] = 0
    free_shipping: bool = False
    points_multiplier_bps: Annotated[int, Field(ge=BPS, le=100 * BPS)] = BPS
    early_access_hours: Annotated[int, Field(ge=0, le=168)] = 0
    exclusive_deals: bool = False
    service_line: bool = False
    monthly_coupons: _Coupons = ()
    birthday_coupons: _Coupons = ()


class TierBenefits(BenefitSet):
    """What a tier gives: also a voucher of each of `partner_vouchers` a month. A plan's partners are its offer's."""

    partner_vouchers: Annotated[tuple[Code, ...], Field(max_length=10, strict=False)] = ()


class Tier(Document):
    """A step of the ladder, reached with `threshold` growth within the period."""

    code: Code
    name_zh: Text
    name_en: Text
    threshold: Points
    benefits: TierBenefits = TierBenefits()


class SpendRule(Document):
    """One point for each `minor_per_point` of what a sale is worth after refunds."""

    currency: KnownCurrency
    minor_per_point: Annotated[int, Field(ge=1, le=10**9)]


class ActivityRule(Document):
    """Points for an act, at most so many a day by the shop's clock and so many within the period."""

    kind: Code
    points: Annotated[int, Field(ge=1, le=10**6)]
    day_cap: Annotated[int, Field(ge=1, le=10**9)]
    period_cap: Annotated[int, Field(ge=1, le=10**9)]


class Programme(Document):
    """Tiers from the lowest, whose threshold is 0, to the highest; growth counts for `period_days`.

    Who has less than the tier asks is warned, and steps down after `grace_days` with less.
    """

    name: Annotated[str, Field(min_length=1, max_length=200), STORABLE]
    period_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    grace_days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)]
    spend: Annotated[tuple[SpendRule, ...], Field(max_length=20, strict=False)] = ()
    referral_points: Points = 0
    activities: Annotated[tuple[ActivityRule, ...], Field(max_length=40, strict=False)] = ()
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=MOST_TIERS, strict=False)]

    @model_validator(mode="after")
    def _a_ladder(self) -> Programme:
        thresholds = [tier.threshold for tier in self.tiers]
        if thresholds[0] != 0 or any(low >= high for low, high in pairwise(thresholds)):
            raise PydanticCustomError("ladder", "thresholds begin at 0 and rise from tier to tier")
        _refuse_twice("tiers", [tier.code for tier in self.tiers])
        _refuse_twice("spend", [rule.currency for rule in self.spend])
        _refuse_twice("activities", [*SALES_KINDS, *(rule.kind for rule in self.activities)])
        return self


def _refuse_twice(field: str, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        raise PydanticCustomError("repeats", "{field} name the same twice", {"field": field})


def document_of(programme: Programme) -> dict[str, Any]:
    """The programme as the JSON document that is stored, every benefit spelled out."""
    return programme.model_dump(mode="json")


def parse(document: Mapping[str, Any]) -> Programme:
    """The programme of a stored document."""
    return Programme.model_validate(document)
