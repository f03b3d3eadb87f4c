"""What a plan would have paid of sales that were made, beside what the plans in force at each sale pay. Pure.

Both sides are computed by the engine itself on what is left of each line, so that they differ by the plans alone: not
by claw backs, nor by the order in which things happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from socialshop.commissions.plan import Plan
from socialshop.commissions.rules import Outcome


class Leg(NamedTuple):
    """A kind of leg and its level, whichever plan it stands in."""

    kind: str
    level: int


@dataclass(slots=True)
class Side:
    """What one plan, or the plans in force, pay of a batch of sales, in minor units."""

    earners: Counter[int] = field(default_factory=Counter)
    legs: Counter[Leg] = field(default_factory=Counter)
    rewards: Counter[Leg] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)

    def add(self, plan: Plan, outcome: Outcome, days: Sequence[date]) -> None:
        """Count the rewards of sales that were made on `days`."""
        names = [Leg(leg.kind, leg.level) for leg in plan.legs]
        terms = outcome.terms
        by_leg: dict[Leg, list[int]] = defaultdict(list)
        for place, (sale, leg, beneficiary, amount) in enumerate(outcome.rewards):
            self.earners[beneficiary] += amount
            self.days[days[sale]] += amount
            by_leg[Leg(names[leg].kind, terms[place].level) if place in terms else names[leg]].append(amount)
        for name, amounts in by_leg.items():
            self.legs[name] += sum(amounts)
            self.rewards[name] += len(amounts)


def sales_by_day(bases: Sequence[int], days: Sequence[date]) -> Counter[date]:
    """What was sold on each day, in minor units."""
    sums: Counter[date] = Counter()
    for base, day in zip(bases, days, strict=True):
        sums[day] += base
    return sums


def exhausted_on(costs: Mapping[date, int], budget_minor: int) -> date | None:
    """The first day on which the costs of all days up to it are more than the budget; None if they never are."""
    spent = 0
    for day in sorted(costs):
        spent += costs[day]
        if spent > budget_minor:
            return day
    return None
