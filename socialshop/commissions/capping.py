"""Caps: how much of what legs ask is left room for, counter by counter, first come, first served. Pure.

A counter says what a cap has let through; its key is the cap's own, so that versions of a plan go on counting. What a
line found its counters at is kept with it, so that the same decision can be made again from the line alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import NamedTuple

from socialshop.commissions.caps import Cap
from socialshop.commissions.plan import Plan
from socialshop.commissions.rules import Outcome, Pass, Reason, Reward, Sales, Skip, Terms
from socialshop.commissions.salefacts import SaleFacts

_REASONS = {"order": Reason.CAP_OF_ORDER, "member": Reason.CAP_OF_MEMBER, "plan": Reason.CAP_OF_PLAN}
_ORDER = "order:"


class Capped(NamedTuple):
    """What is left of an outcome, and by sale what its counters stood at before it."""

    outcome: Outcome
    found: Mapping[int, Mapping[str, int]]


def keys_of(caps: Sequence[Cap], order_id: uuid.UUID, member: int, periods: Mapping[str, str]) -> list[str]:
    """The counter of each cap that a reward of this order to this member counts in."""
    return [_key(cap, order_id, member, periods) for cap in caps]


def kept_keys(caps: Sequence[Cap], order_id: uuid.UUID, member: int, periods: Mapping[str, str]) -> list[str]:
    """Those of them that outlive the order: all lines of one are decided together, and it counts from nothing."""
    return [key for key in keys_of(caps, order_id, member, periods) if not key.startswith(_ORDER)]


def asked_keys(plan: Plan, sales: Sales, outcome: Outcome, *, orders: bool = False) -> set[str]:
    """The counters that these rewards would count in; those of orders only where they are wanted too."""
    caps = plan.caps or ()
    return {
        key
        for reward in outcome.rewards
        for key in keys_of(caps, sales.order_ids[reward.sale], reward.beneficiary, sales.facts[reward.sale].periods)
        if orders or not key.startswith(_ORDER)
    }


def cut(plan: Plan, sales: Sales, outcome: Outcome, counters: MutableMapping[str, int] | None) -> Capped:
    """What the plan's caps leave of the rewards; `counters` move on.

    Sale by sale, and in each in the order of the plan's legs: a reward has what every cap has room for. Without
    `counters` each sale goes by what was kept of it.
    """
    return _Cutting(plan, sales, outcome).capped(counters)


class _Cutting:
    """One outcome while it is cut."""

    def __init__(self, plan: Plan, sales: Sales, outcome: Outcome) -> None:
        self.plan = plan
        self.caps = plan.caps or ()
        self.sales = sales
        self.outcome = outcome
        self.rewards: list[Reward] = []
        self.terms: dict[int, Terms] = {}
        self.skips = list(outcome.skips)
        self.passes = list(outcome.passes)

    def capped(self, counters: MutableMapping[str, int] | None) -> Capped:
        found: dict[int, dict[str, int]] = {}
        for number, places in self._by_sale():
            kept: MutableMapping[str, int] = counters if counters is not None else dict(self._facts(number).used)
            found[number] = self._cut_sale(number, places, kept)
        return Capped(Outcome(self.rewards, self.skips, self.passes, self.terms), found)

    def _by_sale(self) -> Iterator[tuple[int, list[int]]]:
        places: dict[int, list[int]] = {}
        for place, reward in enumerate(self.outcome.rewards):
            places.setdefault(reward.sale, []).append(place)
        yield from sorted(places.items())

    def _facts(self, number: int) -> SaleFacts:
        return self.sales.facts[number]

    def _cut_sale(self, number: int, places: Sequence[int], counters: MutableMapping[str, int]) -> dict[str, int]:
        order_id, periods = self.sales.order_ids[number], self._facts(number).periods
        found: dict[str, int] = {}
        paid: set[int] = set()
        denied: dict[int, Reason] = {}
        for place in places:
            reward = self.outcome.rewards[place]
            keys = keys_of(self.caps, order_id, reward.beneficiary, periods)
            for key in keys:
                found.setdefault(key, counters.get(key, 0))
            rooms = [max(cap.amount_minor - counters.get(key, 0), 0) for cap, key in zip(self.caps, keys, strict=True)]
            tightest = rooms.index(min(rooms))
            granted = min(reward.amount_minor, rooms[tightest])
            for key in keys:
                counters[key] = counters.get(key, 0) + granted
            if granted:
                self._grant(place, granted, tightest)
                paid.add(reward.leg)
            else:
                reason = _REASONS[self.caps[tightest].per]
                self._deny(place, reason)
                denied[reward.leg] = reason
        # A tier leg that was to pay several, and of whom none was left anything, ends in one skip as well.
        for leg, reason in denied.items():
            if self.plan.legs[leg].kind == "tier" and leg not in paid:
                self.skips.append(Skip(number, leg, None, reason))
        return found

    def _grant(self, place: int, granted: int, cap: int) -> None:
        reward, terms = self.outcome.rewards[place], self.outcome.terms.get(place)
        if granted < reward.amount_minor:
            level = self.plan.legs[reward.leg].level
            terms = (terms or Terms(level, level))._replace(asked_minor=reward.amount_minor, cap=cap)
        if terms is not None:
            self.terms[len(self.rewards)] = terms
        self.rewards.append(reward._replace(amount_minor=granted))

    def _deny(self, place: int, reason: Reason) -> None:
        reward, terms = self.outcome.rewards[place], self.outcome.terms.get(place)
        if self.plan.legs[reward.leg].kind == "tier" and terms is not None:
            self.passes.append(Pass(reward.sale, reward.leg, terms.level, reward.beneficiary, reason))
        else:
            self.skips.append(Skip(reward.sale, reward.leg, reward.beneficiary, reason))


def _key(cap: Cap, order_id: uuid.UUID, member: int, periods: Mapping[str, str]) -> str:
    if cap.per == "order":
        return f"{_ORDER}{order_id}"
    whose = f"member:{member}" if cap.per == "member" else "plan"
    return f"{whose}:{periods[cap.period]}" if cap.period else whose
