"""The rules of points: what earns how many, under which caps, and which points go first. Pure.

Points are whole numbers. What a rule gives is rounded down, so the shop never gives a part of a point away.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from socialshop.kernel.money import BPS
from socialshop.loyalty.member_day import MemberDay

ORDER = "order"
CHECK_IN = "check_in"
ADJUSTMENT = "adjustment"
# What rules of kinds speak of; all else is given by hand or by rules of its own.
KINDS = ("review", "share", "survey", "mission", "note")
REVIEW, SHARE, SURVEY, MISSION, NOTE = KINDS
MOST_POINTS = 10**9
# The most of a coupon or a reward that is given out, in all or to one member.
MOST_GIVEN = 10**9
LONGEST_DAYS = 3_650
# What comes back to a lot that has expired, or is about to, can be used so many days longer.
GRACE = timedelta(days=7)
_HUNDRED = 100


class MissionKind(StrEnum):
    """What a mission counts: the member's own sales, friends brought who bought, and what the member did."""

    ORDER = ORDER
    FRIEND = "friend"
    CHECK_IN = CHECK_IN
    SHARE = SHARE
    SURVEY = SURVEY
    REVIEW = REVIEW
    NOTE = NOTE


# What a mission counts by the lot that it gave, also where that is of no points.
COUNTED_DEEDS = frozenset(MissionKind) - {MissionKind.ORDER, MissionKind.FRIEND}


class Repeats(StrEnum):
    """How often a mission begins anew, by the shop's clock: with each day, week (from Monday), month, or never."""

    ONCE = "once"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Span(StrEnum):
    """Over what a cap counts: a day or a month by the shop's clock, or for as long as the member is one."""

    DAY = "day"
    MONTH = "month"
    EVER = "ever"


@dataclass(frozen=True, slots=True)
class KindRule:
    """`points` an event; `per_day`, `per_month` and `ever` cap a member's points of this kind, None: no cap."""

    points: int
    per_day: int | None = None
    per_month: int | None = None
    ever: int | None = None

    def caps(self, on: date) -> list[Cap]:
        """The caps that an event of this day meets, in the order in which their counters are locked."""
        spans = ((Span.DAY, on, self.per_day), (Span.EVER, date.min, self.ever))
        month = (Span.MONTH, on.replace(day=1), self.per_month)
        return [Cap(span, begins, most) for span, begins, most in (*spans, month) if most is not None]


# Of a kind that the rules in force leave out, whatever an event is worth.
GIVES_NOTHING = KindRule(0, ever=0)


class Cap(NamedTuple):
    """At most `most` points of a kind in the span that begins on `begins_on`."""

    span: Span
    begins_on: date
    most: int


class StreakBonus(NamedTuple):
    """`points` more on every `days`-th day in a row."""

    days: int
    points: int


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rules.

    `order_points_per_unit`: points for each unit of the shop's currency paid for goods. `hundred_points_minor`:
    what a hundred points pay of a price, in minor units. `price_cap_bps`: the share of a price that points may pay. A
    `member_day` multiplies the points of orders placed on it.
    """

    version: int
    order_points_per_unit: int = 1
    expiry_days: int = 365
    warn_days: int = 14
    check_in_points: int = 2
    streak_bonuses: tuple[StreakBonus, ...] = (StreakBonus(7, 10), StreakBonus(30, 50))
    kinds: Mapping[str, KindRule] = field(default_factory=dict)
    hundred_points_minor: int = 100
    price_cap_bps: int = 3_000
    least_points: int = 100
    member_day: MemberDay | None = None


# In force in a shop that has published none.
FIRST = Rules(
    0,
    kinds={
        "review": KindRule(20, per_day=60, per_month=300),
        "share": KindRule(5, per_day=20, per_month=200),
        "survey": KindRule(30, per_month=120),
        "mission": KindRule(20, per_day=100, per_month=1_000),
        "note": KindRule(30, per_day=60, per_month=300),
    },
)


def parse(version: int, document: Mapping[str, Any]) -> Rules:
    """A version as it was kept; the document was checked before it was."""
    plain = {name: value for name, value in document.items() if name not in {"kinds", "streak_bonuses", "member_day"}}
    # Versions from before there was such a day do not speak of it.
    member_day = document.get("member_day")
    return Rules(
        version,
        kinds={kind: KindRule(**rule) for kind, rule in document["kinds"].items()},
        streak_bonuses=tuple(StreakBonus(**bonus) for bonus in document["streak_bonuses"]),
        member_day=None if member_day is None else MemberDay(**member_day),
        **plain,
    )


def of_order(paid_minor: int, exponent: int, per_unit: int, multiplier_bps: int) -> int:
    """Points for what was paid: `per_unit` a unit of the currency, times the tier's multiplier, rounded down once."""
    units: int = 10**exponent
    return min(paid_minor * per_unit * multiplier_bps // (units * BPS), MOST_POINTS)


def streak_after(last: date | None, streak: int, today: date) -> int:
    """How many days in a row, today included."""
    return streak + 1 if last == today - timedelta(days=1) else 1


def streak_bonus(bonuses: Iterable[StreakBonus], streak: int) -> int:
    """The largest bonus that falls on this day of the streak."""
    return max((bonus.points for bonus in bonuses if streak % bonus.days == 0), default=0)


class Part(NamedTuple):
    """Points of one lot: what is left of it, or what is taken from or put back into it."""

    lot_id: uuid.UUID
    points: int


def first_out(lots: Sequence[Part], points: int) -> list[Part]:
    """`points`, or all there are, from the lots in their order."""
    taken: list[Part] = []
    for lot in lots:
        part = min(lot.points, points)
        if part:
            taken.append(Part(lot.lot_id, part))
            points -= part
    return taken


def total(parts: Iterable[Part]) -> int:
    """The points of all parts."""
    return sum(part.points for part in parts)


def worth_minor(points: int, hundred_points_minor: int) -> int:
    """What points pay of a price, in minor units, rounded down."""
    return points * hundred_points_minor // _HUNDRED


def payable_minor(goods_minor: int, points: int, rules: Rules) -> int:
    """What points pay of goods: what they are worth, up to the cap, and never the whole price."""
    most = min(goods_minor * rules.price_cap_bps // BPS, goods_minor - 1)
    return min(worth_minor(points, rules.hundred_points_minor), most)


def points_for(amount_minor: int, hundred_points_minor: int) -> int:
    """The fewest points that pay this much."""
    return -(-amount_minor * _HUNDRED // hundred_points_minor)
