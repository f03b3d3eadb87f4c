"""Random plans on random trees against plain recursion: one sale at a time, exact fractions, a list of what was paid.

The oracle reads the document, not the plan; it knows nothing of columns, groups, terms or counters.
"""

from __future__ import annotations

import uuid
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sample_sales import NEW_YEAR, Forest, uplines_in

from socialshop.commissions import capping, rules, weighing
from socialshop.commissions.plan import Plan, parse_plan
from socialshop.commissions.rules import Sales, Standing
from socialshop.commissions.salefacts import SaleFacts, document_of, read
from socialshop.commissions.subtree import subtree

# Mostly chains, and buyers near their ends: what happens high up in a tree must happen often.
FORESTS = st.lists(st.integers(0, 12), min_size=4, max_size=12).map(
    lambda picks: {n: ((n - 1 if pick < 10 else pick % n) or None) for n, pick in enumerate(picks, 1)}
)
TIERS = st.sampled_from(["wood", "silver", "gold"])
CHANNELS = st.sampled_from(["live", "moments"])
SHARE = st.one_of(
    st.integers(1, 1_500).map(lambda rate: {"rate_bps": rate}), st.integers(1, 999).map(lambda s: {"fixed_minor": s})
)
WHEN = st.one_of(
    st.none(),
    CHANNELS.map(lambda channel: {"channels": [channel]}),
    TIERS.map(lambda tier: {"buyer_tiers": [tier]}),
    st.just({"first_order": True}),
    st.tuples(CHANNELS, TIERS).map(lambda both: {"channels": [both[0]], "tiers": [both[1]]}),
)
PLACE = st.sampled_from([("sale", 1), ("sale", 1), ("sale", 2), ("sale", 3), ("host", 0), ("self", 0)])
SIMPLE = st.tuples(PLACE, SHARE, WHEN).map(
    lambda one: {
        "kind": one[0][0],
        **({"level": one[0][1]} if one[0][1] else {}),
        **one[1],
        **({"when": one[2]} if one[2] else {}),
    }
)
LEAD = st.tuples(st.integers(1, 900), st.integers(1, 9_000)).map(
    lambda one: {"kind": "lead", "fixed_minor": one[0], "min_order_minor": one[1]}
)
TIER = st.tuples(st.dictionaries(TIERS, st.integers(1, 1_500), min_size=1), st.integers(1, 4)).map(
    lambda one: {"kind": "tier", "rates": one[0], "reach": one[1]}
)
ACTIVITY = st.one_of(
    st.none(),
    st.just({"within_days": 9, "inactive": "forfeit"}),
    st.just({"within_days": 9, "inactive": "pass_up", "reach": 3}),
    st.integers(3, 6).map(lambda reach: {"within_days": 9, "inactive": "pass_up", "reach": reach}),
)
CAP = st.tuples(
    st.sampled_from([("order", None), ("member", None), ("member", "month"), ("plan", "day"), ("plan", None)]),
    st.integers(1, 3_000),
)
CAPS = st.lists(CAP, max_size=4, unique_by=lambda cap: cap[0])
SALE = st.tuples(
    st.integers(0, 99),  # the buyer
    st.integers(0, 99),  # the host
    st.integers(0, 20_000),  # the amount
    st.integers(1, 4),  # the quantity
    st.lists(TIERS, min_size=12, max_size=12),
    st.sets(st.integers(1, 12)),  # who is active
    st.one_of(st.none(), CHANNELS),
    st.booleans(),  # a first order
    st.integers(0, 1),  # which of two months
)


def _document(legs: list[dict[str, Any]], activity: dict[str, Any] | None, caps: list[Any]) -> dict[str, Any]:
    """The legs of a plan that is allowed: what always pays stands last of its kind and level."""
    always: set[tuple[str, int]] = set()
    kept = []
    for leg in legs:
        slot = leg["kind"], leg.get("level", 0)
        if slot not in always:
            kept.append(leg)
        if "when" not in leg:
            always.add(slot)
    found: dict[str, Any] = {"name": "test", "currency": "CNY", "hold_days": 0, "legs": kept}
    if activity:
        found["activity"] = activity
    if caps:
        found["caps"] = [
            {"per": per, **({"period": period} if period else {}), "amount_minor": most} for (per, period), most in caps
        ]
    return found


class Oracle:
    """What one sale after another pays, and what was paid so far."""

    def __init__(self, document: dict[str, Any], forest: Forest) -> None:
        self.document, self.forest = document, forest
        self.paid: list[tuple[int, int, dict[str, str], int]] = []  # sale, member, periods, amount

    def sell(self, number: int, buyer: int, host: int | None, line: tuple[int, int], facts: SaleFacts) -> list[object]:
        found: list[object] = []
        for kind, level, member, amount in self._asked(buyer, host, line, facts):
            left = min([amount, *(self._left(cap, number, member, facts) for cap in self.document.get("caps", []))])
            if left > 0:
                self.paid.append((number, member, dict(facts.periods), left))
                found.append((kind, level, member, left))
        return found

    def _left(self, cap: dict[str, Any], number: int, member: int, facts: SaleFacts) -> int:
        period = cap.get("period")
        counted = sum(
            amount
            for sale, who, periods, amount in self.paid
            if (cap["per"] != "order" or sale == number)
            and (cap["per"] != "member" or who == member)
            and (period is None or periods[period] == facts.periods[period])
        )
        return int(cap["amount_minor"]) - counted

    def _asked(
        self, buyer: int, host: int | None, line: tuple[int, int], facts: SaleFacts
    ) -> list[tuple[str, int, int, int]]:
        found: list[tuple[str, int, int, int]] = []
        done: set[tuple[str, int]] = set()
        for leg in self.document["legs"]:
            slot = leg["kind"], leg.get("level", 0)
            if slot in done or not self._holds(leg.get("when", {}), buyer, facts):
                continue
            for level, member, amount in self._of_leg(leg, buyer, host, line, facts):
                wanted = leg.get("when", {}).get("tiers")
                if wanted is None or facts.tiers[member] in wanted:
                    done.add(slot)
                    if amount:
                        found.append((leg["kind"], level, member, amount))
        return found

    def _holds(self, when: dict[str, Any], buyer: int, facts: SaleFacts) -> bool:
        return (
            ("channels" not in when or facts.channel in when["channels"])
            and ("buyer_tiers" not in when or facts.tiers[buyer] in when["buyer_tiers"])
            and ("first_order" not in when or facts.first_order)
        )

    def _of_leg(
        self, leg: dict[str, Any], buyer: int, host: int | None, line: tuple[int, int], facts: SaleFacts
    ) -> list[tuple[int, int, int]]:
        amount, quantity = line
        share = floor(Fraction(leg.get("rate_bps", 0), 10_000) * amount) or leg.get("fixed_minor", 0) * (
            quantity if amount else 0
        )
        if leg["kind"] == "self":
            return [(0, buyer, share)]
        if leg["kind"] == "host":
            return [] if host in {None, buyer} else [(0, host, share)]  # type: ignore[list-item]
        if leg["kind"] == "lead":
            sponsor = self.forest[buyer]
            qualified = facts.first_order and amount >= leg["min_order_minor"]
            return [(1, sponsor, leg["fixed_minor"])] if qualified and sponsor else []
        if leg["kind"] == "tier":
            return self._tiers(leg, self.forest[buyer], (1, 0), amount, facts)
        found = self._nth(self.forest[buyer], leg["level"], 1, facts)
        return [] if found is None else [(leg["level"], found, share)]

    def _nth(self, member: int | None, level: int, depth: int, facts: SaleFacts) -> int | None:
        """The upline at this level from here on; an inactive one is no level, or takes it along."""
        activity = self.document.get("activity")
        if member is None or depth > (activity or {}).get("reach", 99):
            return None
        if activity and activity["inactive"] == "pass_up" and member not in facts.active:
            return self._nth(self.forest[member], level, depth + 1, facts)
        if level > 1:
            return self._nth(self.forest[member], level - 1, depth + 1, facts)
        return None if activity and member not in facts.active else member

    def _tiers(
        self, leg: dict[str, Any], member: int | None, at: tuple[int, int], amount: int, facts: SaleFacts
    ) -> list[tuple[int, int, int]]:
        depth, below = at
        if member is None or depth > leg["reach"]:
            return []
        activity = self.document.get("activity")
        idle = activity is not None and member not in facts.active
        rate = leg["rates"].get(facts.tiers[member], 0)
        mine = 0 if idle else floor(Fraction(max(rate - below, 0), 10_000) * amount)
        counts = below if idle and activity is not None and activity["inactive"] == "pass_up" else max(below, rate)
        above = self._tiers(leg, self.forest[member], (depth + 1, counts), amount, facts)
        return ([(depth, member, mine)] if mine else []) + above


def _facts(sale: tuple[Any, ...]) -> SaleFacts:
    _, _, amount, _, tiers, active, channel, first, month = sale
    return SaleFacts(
        sale_at=NEW_YEAR,
        channel=channel,
        first_order=first,
        tiers=dict(enumerate(tiers, 1)),
        active=frozenset(active),
        order_minor=amount,
        bears=amount > 0,
        periods={"day": f"2026-0{month + 1}-01", "month": f"2026-0{month + 1}"},
    )


def _columns(forest: Forest, sales: list[tuple[Any, ...]]) -> Sales:
    buyers = [len(forest) - sale[0] % 3 for sale in sales]
    hosts = [sale[1] % (len(forest) + 1) or None for sale in sales]
    ids = [uuid.uuid4() for _ in sales]
    uplines = [uplines_in(forest, buyer) for buyer in buyers]
    facts = [_facts(sale) for sale in sales]
    bases, quantities = [sale[2] for sale in sales], [sale[3] for sale in sales]
    return Sales(ids, ids, buyers, hosts, uplines, bases, quantities, [NEW_YEAR] * len(sales), facts)


DOCUMENTS = st.builds(
    _document, st.lists(st.one_of(SIMPLE, SIMPLE, LEAD, TIER), min_size=1, max_size=6), ACTIVITY, CAPS
)


@settings(deadline=None, max_examples=200)
@given(FORESTS, DOCUMENTS, st.lists(SALE, min_size=1, max_size=8), st.lists(st.integers(0, 1_000), max_size=3))
def test_the_engine_agrees_with_plain_recursion_within_caps_again_and_after_refunds(
    forest: dict[int, int | None], document: dict[str, Any], sold: list[tuple[Any, ...]], refunds: list[int]
) -> None:
    plan, sales = parse_plan(document), _columns(forest, sold)
    outcome = weighing.accrue(plan, sales, subtree(sales.buyers, sales.uplines, plan.depth))
    capped = capping.cut(plan, sales, outcome, {}) if plan.caps else capping.Capped(outcome, {})
    outcome = capped.outcome
    oracle = Oracle(document, forest)
    for number in range(len(sold)):
        line = sales.bases[number], sales.quantities[number]
        expected = oracle.sell(number, sales.buyers[number], sales.hosts[number], line, sales.facts[number])
        assert sorted(_paid(plan, outcome, number), key=str) == sorted(expected, key=str)
    # what was kept with each line alone gives the same again
    kept = [
        read(document_of(facts._replace(used=capped.found.get(number, {})))) for number, facts in enumerate(sales.facts)
    ]
    again = Sales(*sales[:-1], kept)
    second = weighing.accrue(plan, again, subtree(sales.buyers, sales.uplines, plan.depth))
    assert (capping.cut(plan, again, second, None).outcome if plan.caps else second) == outcome
    # and however a line goes back, each claw back takes something or nothing, and all end at the rule on what is left
    for place in range(len(outcome.rewards)):
        _refunded(plan, sales, outcome, place, refunds)


def _paid(plan: Plan, outcome: rules.Outcome, number: int) -> list[object]:
    return [
        (
            plan.legs[reward.leg].kind,
            outcome.terms[place].level if place in outcome.terms else plan.legs[reward.leg].level,
            reward.beneficiary,
            reward.amount_minor,
        )
        for place, reward in enumerate(outcome.rewards)
        if reward.sale == number
    ]


def _refunded(plan: Plan, sales: Sales, outcome: rules.Outcome, place: int, refunds: list[int]) -> None:
    reward = outcome.rewards[place]
    base, leg, terms = sales.bases[reward.sale], plan.legs[reward.leg], outcome.terms.get(place)
    gone = clawed = 0
    for share in [*refunds, 1_000]:
        gone = max(gone, base * share // 1_000)
        standing = Standing(
            uuid.uuid4(), reward.beneficiary, reward.amount_minor, "CNY", clawed, reward.leg, uuid.uuid4(), base,
            sales.quantities[reward.sale], gone, 0, None, terms.rate_bps if terms else None, uuid.uuid4(),
            {"order_minor": base}, gone,
        )  # fmt: skip
        back = rules.too_much(leg, standing)
        assert back >= 0
        clawed += back
    assert clawed == reward.amount_minor
