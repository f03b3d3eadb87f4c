"""Wire shapes of the rules of points, of what the shop owes in them, and of points given by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from socialshop.kernel.money import BPS
from socialshop.loyalty.rules import FIRST, LONGEST_DAYS, MOST_POINTS, Rules
from socialshop.loyalty.schemas.points import ExpiringWire
from socialshop.loyalty.schemas.rewards import Reason
from socialshop.loyalty.service import Liability, RulesVersion
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

Points = Annotated[int, Field(ge=0, le=MOST_POINTS)]
Kind = Literal["review", "share", "survey", "mission", "note"]


class KindRuleWire(Wire):
    """What an event of a kind gives, and at most how much in a day, a month, and ever."""

    points: Points
    per_day: Points | None = None
    per_month: Points | None = None
    ever: Points | None = None


class StreakBonusWire(Wire):
    """So many points more on every `days`-th day in a row."""

    days: int = Field(ge=2, le=LONGEST_DAYS)
    points: Points


class MemberDayWire(Wire):
    """A day of each month (the last, where a month has no such day), or a weekday: 1 is Monday, 7 Sunday."""

    day_of_month: int | None = Field(None, ge=1, le=31)
    weekday: int | None = Field(None, ge=1, le=7)
    multiplier_bps: int = Field(2 * BPS, ge=BPS, le=10 * BPS)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.day_of_month is None) == (self.weekday is None):
            raise ValueError("a member day is a day of the month or a weekday")
        return self


def document_of(rules: Rules) -> dict[str, Any]:
    """The rules as they are sent and kept."""
    return {
        **{name: value for name, value in asdict(rules).items() if name not in {"version", "kinds", "streak_bonuses"}},
        "streak_bonuses": [bonus._asdict() for bonus in rules.streak_bonuses],
        "kinds": {kind: asdict(rule) for kind, rule in rules.kinds.items()},
    }


class RulesWire(Wire):
    """The rules of points: what earns how many, how long they last, and what they pay.

    `order_points_per_unit` a unit of the shop's currency paid; a hundred points pay `hundred_points_minor` minor
    units of at most `price_cap_bps` of a price, from `least_points` on. On a `member_day` orders give more.
    """

    model_config = with_example(document_of(FIRST))

    order_points_per_unit: int = Field(ge=0, le=1_000)
    expiry_days: int = Field(ge=1, le=LONGEST_DAYS)
    warn_days: int = Field(ge=0, le=365)
    check_in_points: Points
    streak_bonuses: list[StreakBonusWire] = Field(max_length=20)
    kinds: dict[Kind, KindRuleWire]
    hundred_points_minor: int = Field(ge=1, le=1_000_000)
    price_cap_bps: int = Field(ge=0, le=BPS)
    least_points: int = Field(ge=1, le=MOST_POINTS)
    member_day: MemberDayWire | None = None


class RulesDraft(Wire):
    """Rules to bring into force, at once or later."""

    model_config = with_example({"rules": document_of(FIRST)})

    rules: RulesWire
    effective_at: GivenInstant | None = None


class RulesVersionWire(Wire):
    """A version of the rules; version 0 is what a shop begins with."""

    model_config = with_example({"version": 0, "effective_at": None, "rules": document_of(FIRST)})

    version: int
    effective_at: Instant | None
    rules: RulesWire

    @classmethod
    def of(cls, version: RulesVersion) -> RulesVersionWire:
        """The wire form of a version."""
        rules = RulesWire.model_validate(document_of(version.rules))
        return cls(version=version.rules.version, effective_at=version.effective_at, rules=rules)


class RulesVersions(Wire):
    """The newest versions, the latest to come into force first."""

    model_config = with_example({"data": [{"version": 0, "effective_at": None, "rules": document_of(FIRST)}]})

    data: list[RulesVersionWire]


class FlowWire(Wire):
    """Points that a kind of movement gave members (above zero) or took from them, in a year."""

    kind: str
    points: int


class LiabilityWire(Wire):
    """What the shop owes in points, what it is worth at checkout, when it ends, and what became of a year's points.

    `breakage_bps`: of the points used or ended, the share that ended unused. `agrees`: lots and books say the same.
    """

    model_config = with_example(
        {
            "pending": 99,
            "available": 420,
            "reserved": 0,
            "owed": 10,
            "outstanding": 509,
            "worth": {"amount_minor": 509, "currency": "CNY"},
            "ending_by_month": [{"on": "2027-03-01", "points": 420}],
            "flows": [{"kind": "points_earned", "points": 600}, {"kind": "points_expired", "points": -91}],
            "breakage_bps": 10000,
            "agrees": True,
        }
    )

    pending: int
    available: int
    reserved: int
    owed: int
    outstanding: int
    worth: MoneyWire
    ending_by_month: list[ExpiringWire]
    flows: list[FlowWire]
    breakage_bps: int
    agrees: bool

    @classmethod
    def of(cls, found: Liability, currency: str) -> LiabilityWire:
        """The wire form of the report."""
        return cls(
            pending=found.pending,
            available=found.available,
            reserved=found.reserved,
            owed=found.owed,
            outstanding=found.outstanding,
            worth=MoneyWire(amount_minor=found.worth_minor, currency=currency),
            ending_by_month=[ExpiringWire(on=each.on.isoformat(), points=each.points) for each in found.ending],
            flows=[FlowWire(kind=flow.kind, points=flow.points) for flow in found.flows],
            breakage_bps=found.breakage_bps,
            agrees=found.agrees,
        )


class Adjustment(Wire):
    """Points to give a member, or to take where below zero, and the reason that the member reads."""

    model_config = with_example({"points": 50, "reason": "The parcel came late."})

    points: int = Field(ge=-MOST_POINTS, le=MOST_POINTS)
    reason: Reason


class AdjustedPoints(Wire):
    """What the member has now."""

    model_config = with_example({"available": 470})

    available: int
