"""The best set of coupons against an oracle that tries every set there is, and counts in its own way."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import combinations, pairwise
from math import floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from socialshop.loyalty.coupons import MOST_STACKED, MOST_WEIGHED, Basket, Choice, Held, Terms, best, exactly

NOW = datetime(2026, 5, 8, tzinfo=UTC)
_FIGURES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "amount": st.fixed_dictionaries({"amount_minor": st.integers(1, 3_000)}),
    "percentage": st.fixed_dictionaries({"rate_bps": st.integers(1, 10_000), "ceiling_minor": st.integers(1, 4_000)}),
    "shipping": st.one_of(st.just({}), st.fixed_dictionaries({"amount_minor": st.integers(1, 900)})),
    "gift": st.just({"gift": "a cup", "worth_minor": 700}),
}


@st.composite
def coupons(draw: st.DrawFn, most: int = 7) -> list[Held]:
    """Up to `most` coupons, of which two may be the same."""
    found = []
    for number in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(sorted(_FIGURES)))
        terms = Terms.model_validate(
            {
                "kind": kind,
                "currency": "CNY",
                **draw(_FIGURES[kind]),
                "minimum_minor": draw(st.sampled_from([0, 0, 2_000, 9_000])),
                "tiers": draw(st.sampled_from([[], [], ["gold"]])),
                "newcomers_only": draw(st.sampled_from([False, False, True])),
                "days_of_month": draw(st.sampled_from([[], [], [8, 18], [9]])),
                "stacking": draw(st.sampled_from(["alone", "other_kinds", "any"])),
            }
        )
        left = draw(st.sampled_from([None, None, 0, 500]))
        coupon = uuid.UUID(int=draw(st.integers(0, most)))
        expires = NOW + timedelta(days=draw(st.integers(1, 3)))
        found.append(Held(uuid.UUID(int=1_000 + number), coupon, str(number), terms, expires, left))
    return found


baskets = st.builds(
    Basket,
    goods_minor=st.integers(1, 12_000),
    shipping_minor=st.sampled_from([0, 800]),
    currency=st.just("CNY"),
    deal=st.just("deal_1"),
    product=st.just("prd_1"),
    tier=st.sampled_from(["normal", "gold"]),
    is_newcomer=st.booleans(),
    on=st.just(date(2026, 5, 8)),
)


def may(one: Held, basket: Basket) -> bool:
    terms = one.terms
    return (
        basket.goods_minor >= terms.minimum_minor
        and (not terms.tiers or basket.tier in terms.tiers)
        and (basket.is_newcomer or not terms.newcomers_only)
        and (not terms.days_of_month or basket.on.day in terms.days_of_month)
        and (one.left_minor is None or paid([one], basket)[1] <= one.left_minor)
        and paid([one], basket)[0] > 0
    )


def beside(group: Sequence[Held]) -> bool:
    """Whether all of these may act on one order."""
    if len(group) < 2:
        return True
    kinds = [one.terms.kind for one in group]
    shared = {kind for kind in kinds if kinds.count(kind) > 1}
    return (
        all(one.terms.stacking != "alone" for one in group)
        and all(one.terms.stacking == "any" for one in group if one.terms.kind in shared)
        and len({one.coupon_id for one in group}) == len(group)
    )


def paid(group: Sequence[Held], basket: Basket) -> tuple[int, int]:
    """What the group is worth, and what it takes off."""
    goods, shipping, worth = Fraction(basket.goods_minor), basket.shipping_minor, 0
    for one in (o for o in group if o.terms.kind == "percentage"):
        off = min(floor(goods * Fraction(one.terms.rate_bps or 0, 10_000)), one.terms.ceiling_minor or 0)
        goods = max(goods - off, Fraction(1))
    for one in (o for o in group if o.terms.kind == "amount"):
        goods = max(goods - (one.terms.amount_minor or 0), Fraction(1))
    for one in (o for o in group if o.terms.kind == "shipping"):
        shipping = max(shipping - (one.terms.amount_minor or shipping), 0)
    worth = sum(one.terms.worth_minor or 0 for one in group)
    off = basket.goods_minor - int(goods) + basket.shipping_minor - shipping
    return off + worth, off


@settings(max_examples=300)
@given(coupons(), baskets)
def test_no_set_of_coupons_is_worth_more_than_the_one_that_is_chosen(held: list[Held], basket: Basket) -> None:
    choice = best(held, basket)
    usable = [one for one in held if may(one, basket)]
    sets = [g for n in range(MOST_STACKED + 1) for g in combinations(usable, n) if beside(g)]
    most = max(paid(group, basket)[0] for group in sets)
    used = [each.held for each in choice.used]
    assert sum(each.worth_minor for each in choice.used) == paid(used, basket)[0] == most
    assert len(used) == min(len(group) for group in sets if paid(group, basket)[0] == most)
    assert beside(used)
    assert all(may(one, basket) for one in used)
    # Every coupon is told of once, in use or with a reason; those that could not act alone say why.
    assert sorted(one.id for one in held) == sorted([*(one.id for one in used), *(u.held.id for u in choice.unused)])
    assert {u.held.id for u in choice.unused if u.reason == "others_save_more"} == {o.id for o in usable} - {
        o.id for o in used
    }
    within_bounds(choice, basket)
    assert best(list(reversed(held)), basket).used == choice.used


@settings(max_examples=100)
@given(coupons(most=4), baskets)
def test_named_coupons_act_all_or_each_says_why_not(held: list[Held], basket: Basket) -> None:
    choice = exactly(held, basket)
    if beside(held) and len(held) <= MOST_STACKED and all(may(one, basket) for one in held):
        idle = {each.held.id for each in choice.used if not each.worth_minor}
        assert {u.held.id for u in choice.unused} == idle
    else:
        assert choice.unused
    within_bounds(choice, basket)


def within_bounds(choice: Choice, basket: Basket) -> None:
    """Of the goods one minor unit is left, of the shipping never less than nothing; percentages come first."""
    off = [(each.held.terms.kind, each.amount_minor) for each in choice.used]
    assert all(amount >= 0 for _, amount in off)
    assert sum(amount for kind, amount in off if kind in {"amount", "percentage"}) <= basket.goods_minor - 1
    assert sum(amount for kind, amount in off if kind == "shipping") <= basket.shipping_minor
    order = ["percentage", "amount", "shipping", "gift"]
    assert all(order.index(before) <= order.index(after) for (before, _), (after, _) in pairwise(off))


def test_of_many_coupons_a_bounded_number_is_weighed() -> None:
    plain = {"kind": "amount", "currency": "CNY", "stacking": "any"}
    held = [
        Held(uuid.UUID(int=n), uuid.UUID(int=n), "", Terms.model_validate(plain | {"amount_minor": n}), NOW, None)
        for n in range(1, 101)
    ]
    basket = Basket(10_000, 0, "CNY", "deal_1", "prd_1", "normal", is_newcomer=False, on=NOW.date())
    choice = best(held, basket)
    assert [each.amount_minor for each in choice.used] == [98, 99, 100]
    assert len(choice.unused) == 97
    assert len(held) > MOST_WEIGHED
