"""Random plans of clicks, views and milestones over random batches, against plain lists and exact fractions.

The oracle reads the document, not the plan; it adds up days where the engine goes by what came before.
"""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from socialshop.commissions import capping, milestones, traffic
from socialshop.commissions.milestones import SoldOrder
from socialshop.commissions.plan import MilestoneLeg, Plan, parse_plan
from socialshop.commissions.salefacts import SaleFacts, document_of, read
from socialshop.commissions.traffic import Counted

CHANNELS = st.sampled_from(["blog", "mail"])
RATE = st.one_of(
    st.integers(1, 99).map(lambda minor: {"kind": "click", "fixed_minor": minor}),
    st.integers(1, 2_999).map(lambda minor: {"kind": "view", "per_thousand_minor": minor}),
)
MORE = st.sampled_from([{}, {"when": {"channels": ["blog"]}}, {"who": "members"}])
LEGS = st.lists(st.tuples(RATE, MORE).map(lambda one: {**one[0], **one[1]}), min_size=1, max_size=5)
CAPS = st.lists(
    st.tuples(
        st.sampled_from([("order", None), ("member", "day"), ("member", "month"), ("plan", None)]),
        st.integers(1, 4_000),
    ),
    max_size=3,
    unique_by=lambda cap: cap[0],
)
BATCHES = st.lists(
    st.tuples(
        st.sampled_from(["click", "view"]),
        st.integers(0, 2),  # the link; the last is of somebody who publishes nothing
        st.integers(1, 3),  # the day
        st.integers(1, 1_500),  # how many
    ),
    min_size=1,
    max_size=10,
)


def _document(legs: list[dict[str, Any]], caps: list[Any]) -> dict[str, Any]:
    """The legs of a plan that is allowed: what always pays stands last of its kind."""
    always: set[str] = set()
    kept = []
    for leg in legs:
        if leg["kind"] not in always:
            kept.append(leg)
        if "when" not in leg:
            always.add(leg["kind"])
    found: dict[str, Any] = {"name": "test", "currency": "CNY", "hold_days": 0, "legs": kept}
    if caps:
        found["caps"] = [
            {"per": per, **({"period": period} if period else {}), "amount_minor": most} for (per, period), most in caps
        ]
    return found


def _counted(batches: list[tuple[str, int, int, int]]) -> list[Counted]:
    before: Counter[tuple[str, int, int]] = Counter()
    found = []
    for kind, link, day, many in batches:
        facts = SaleFacts(
            channel=("blog", "mail", "blog")[link], periods={"day": f"2026-01-0{day}", "month": "2026-01"}
        )
        member, publisher = link + 1, link < 2
        found.append(Counted(uuid.uuid4(), kind, member, many, before[kind, link, day], publisher, facts))
        before[kind, link, day] += many
    return found


def _expected(document: dict[str, Any], batches: list[Counted]) -> list[int]:
    """What each batch pays: what the day would have paid up to it, less what it would have before it, within caps."""
    paid: list[tuple[int, dict[str, str], int]] = []
    for each in batches:
        asked = 0
        for leg in document["legs"]:
            holds = each.facts.channel in leg.get("when", {}).get("channels", [each.facts.channel])
            if leg["kind"] == each.kind and holds and (each.publisher or leg.get("who") == "members"):
                rate = Fraction(leg.get("per_thousand_minor", 0), 1_000) + leg.get("fixed_minor", 0)
                asked = floor(rate * (each.before + each.counted)) - floor(rate * each.before)
                break
        left = [asked]
        for cap in document.get("caps", []):
            period = cap.get("period")
            counted = sum(
                amount
                for member, periods, amount in paid
                if (cap["per"] == "plan" or member == each.member)
                and (period is None or periods[period] == each.facts.periods[period])
            )
            if cap["per"] != "order":
                left.append(cap["amount_minor"] - counted)
        paid.append((each.member, dict(each.facts.periods), max(min(left), 0)))
    return [amount for *_, amount in paid]


def _amounts(plan: Plan, batches: list[Counted]) -> tuple[list[int], list[Counted]]:
    """What the engine pays each batch within the caps, and the batches with what they found their counters at."""
    outcome, capped = traffic.accrue(plan, batches), traffic.capped_by(plan)
    found = capping.cut(capped, traffic.columns_of(batches), outcome, {}) if capped.caps else None
    rewards = outcome.rewards if found is None else found.outcome.rewards
    skipped = {skip.sale for skip in (outcome if found is None else found.outcome).skips}
    by_batch = {reward.sale: reward.amount_minor for reward in rewards}
    assert len(by_batch) == len(rewards)
    kinds = {leg.kind for leg in plan.legs}
    assert all(
        place in by_batch or place in skipped or batches[place].kind not in kinds for place in range(len(batches))
    )
    used = {} if found is None else found.found
    kept = [
        each._replace(facts=read(document_of(each.facts._replace(used=used.get(place, {})))))
        for place, each in enumerate(batches)
    ]
    return [by_batch.get(place, 0) for place in range(len(batches))], kept


@settings(deadline=None, max_examples=200)
@given(LEGS, CAPS, BATCHES, st.integers(0, 1_500))
def test_counts_pay_what_the_oracle_says_within_caps_again_alone_and_never_more_for_less(
    legs: list[dict[str, Any]], caps: list[Any], counted: list[tuple[str, int, int, int]], struck: int
) -> None:
    document = _document(legs, caps)
    plan, batches = parse_plan(document), _counted(counted)
    amounts, kept = _amounts(plan, batches)
    assert amounts == _expected(document, batches)
    # each batch, decided again by what was kept of it alone, pays the same
    for amount, each in zip(amounts, kept, strict=True):
        again = traffic.again(plan, [each])
        assert sum(reward.amount_minor for reward in again.rewards) == amount
        # and of fewer that count, no leg gives more
        for leg in plan.legs:
            less = traffic.amount_of(leg, max(each.counted - struck, 0), each.before)
            assert 0 <= less <= traffic.amount_of(leg, each.counted, each.before)


MILESTONES = st.lists(
    st.builds(
        lambda counts, reaches, period, least: MilestoneLeg(
            kind="milestone", counts=counts, reaches=reaches, period=period, min_order_minor=least, fixed_minor=1
        ),
        st.sampled_from(["sales", "buyers"]),
        st.integers(1, 4),
        st.sampled_from([None, "day", "month"]),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=4,
)
ORDERS = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3), st.integers(0, 3)), max_size=25)


@settings(deadline=None, max_examples=150)
@given(MILESTONES, ORDERS)
def test_milestones_of_past_orders_are_reached_where_a_list_of_each_period_says(
    legs: list[MilestoneLeg], drawn: list[tuple[int, int, int, int]]
) -> None:
    began = datetime(2026, 1, 30, 12, tzinfo=UTC)
    orders = [
        SoldOrder(uuid.UUID(int=place), member, buyer, at := began + timedelta(days=day), at.date(), net)
        for place, (member, buyer, day, net) in enumerate(sorted(drawn, key=lambda one: one[2]))
    ]
    expected = set()
    for number, leg in enumerate(legs):
        lists: dict[tuple[int, str], list[SoldOrder]] = {}
        for order in orders:
            if order.net_minor >= leg.min_order_minor:
                key = order.member, str(order.on_day)[: {None: 0, "day": 10, "month": 7}[leg.period]]
                known = lists.setdefault(key, [])
                if leg.counts == "sales" or order.buyer not in {one.buyer for one in known}:
                    known.append(order)
        expected |= {(known[leg.reaches - 1].order_id, number) for known in lists.values() if len(known) >= leg.reaches}
    found = list(milestones.reached(list(enumerate(legs)), orders))
    assert {(one.order.order_id, one.leg) for one in found} == expected
    assert len(found) == len(expected)
