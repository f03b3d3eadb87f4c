"""The measure of a campaign against published examples, and against chance itself."""

from __future__ import annotations

import math
import random
import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.loyalty.lift import Group, Interval, Metric, Verdict, measure, student_t, verdict, wilson
from socialshop.loyalty.lift_sentences import Said, tell


def group(members: int, buyers: int, spent: int = 0, squares: int = 0) -> Group:
    return Group(members, buyers, spent, squares)


# Newcombe (1998), table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339; 9/10 against 3/10: 0.1705 to 0.8090;
# 5/56 against 0/29: -0.0381 to 0.1926; 10/10 against 0/20: 0.6791 to 1.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((70, 56), (80, 48), 524, 3_339),
        ((10, 9), (10, 3), 1_705, 8_090),
        ((56, 5), (29, 0), -381, 1_926),
        ((10, 10), (20, 0), 6_791, 10_000),
    ],
)
def test_the_interval_of_two_rates_is_that_of_the_paper(
    first: tuple[int, int], second: tuple[int, int], low: int, high: int
) -> None:
    found = measure(group(*first), group(*second)).rate
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=1)


def test_wilsons_interval_is_that_of_the_paper() -> None:
    # Newcombe (1998), two-sided intervals for the single proportion: 81/263: 0.2553 to 0.3662; 0/20: 0 to 0.1611.
    assert [round(float(bound), 4) for bound in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(float(bound), 4) for bound in wilson(0, 20)] == [0.0, 0.1611]


@pytest.mark.parametrize(("freedom", "quantile"), [(10, 2.2281), (30, 2.0423), (60, 2.0003), (120, 1.9799)])
def test_students_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert float(student_t(Decimal(freedom))) == pytest.approx(quantile, abs=1e-4)


def test_welchs_interval_of_a_worked_example() -> None:
    first = [271, 245, 211, 263, 250, 239, 268, 214, 226, 255] * 4
    second = [201, 195, 248, 190, 222, 189, 210, 236] * 4
    found = measure(
        Group(len(first), 40, sum(first), sum(x * x for x in first)),
        Group(len(second), 32, sum(second), sum(x * x for x in second)),
    ).spend
    a, b = statistics.variance(first) / len(first), statistics.variance(second) / len(second)
    freedom = (a + b) ** 2 / (a * a / (len(first) - 1) + b * b / (len(second) - 1))
    half = float(student_t(Decimal(freedom))) * math.sqrt(a + b)
    difference = statistics.mean(first) - statistics.mean(second)
    assert found == Interval(math.floor(difference - half), math.floor(difference), math.ceil(difference + half))


@given(
    first=st.integers(2, 10**6),
    second=st.integers(2, 10**6),
    shares=st.tuples(st.integers(0, 100), st.integers(0, 100)),
    spend=st.integers(0, 10**12),
)
def test_an_interval_holds_its_estimate_and_turns_with_its_groups(
    first: int, second: int, shares: tuple[int, int], spend: int
) -> None:
    one = group(first, first * shares[0] // 100, spend, spend * spend)
    other = group(second, second * shares[1] // 100)
    there, back = measure(one, other), measure(other, one)
    for found, turned in ((there.rate, back.rate), (there.spend, back.spend)):
        assert found is not None
        assert turned is not None
        assert found.low <= found.estimate <= found.high
        assert (turned.low, turned.high) == (-found.high, -found.low)


def test_where_nothing_differs_one_in_twenty_intervals_says_otherwise() -> None:
    """2,000 campaigns without effect: the share that is believed to have one is that of a 95 % interval."""
    chance = random.Random(7)
    believed = 0
    for _ in range(2_000):
        treated, control = (sum(chance.random() < 0.1 for _ in range(200)) for _ in range(2))
        found = measure(group(200, treated), group(200, control))
        believed += verdict(found, Metric.BUYERS, 0, over=True) in {Verdict.REACHED, Verdict.LIFT, Verdict.HARM}
    assert 50 <= believed <= 125


@pytest.mark.parametrize(
    ("treated", "control", "over", "said"),
    [
        (group(1_000, 200), group(1_000, 100), False, Verdict.GOES_ON),
        (group(1_000, 200), group(0, 0), True, Verdict.NO_CONTROL),
        (group(99, 60), group(1_000, 100), True, Verdict.TOO_FEW),
        (group(1_000, 10), group(1_000, 9), True, Verdict.TOO_FEW),
        (group(1_000, 110), group(1_000, 100), True, Verdict.UNCLEAR),
        (group(1_000, 100), group(1_000, 200), True, Verdict.HARM),
        (group(1_000, 140), group(1_000, 100), True, Verdict.LIFT),
        (group(1_000, 200), group(1_000, 100), True, Verdict.REACHED),
    ],
)
def test_what_may_be_said(treated: Group, control: Group, over: bool, said: Verdict) -> None:
    found = measure(treated, control)
    assert verdict(found, Metric.BUYERS, 500, over=over) is said
    for language in ("en", "zh"):
        told = tell(language, Said(said, Metric.BUYERS, found.rate, "CNY"))  # type: ignore[arg-type]
        assert "{" not in told


def test_a_sentence_has_its_figures() -> None:
    said = Said(Verdict.HARM, Metric.SPEND, Interval(-250, -120, -10), "CNY")
    assert tell("en", said) == (
        "It did harm: the difference of what is spent per head is -1.20 CNY, between -2.50 CNY and -0.10 CNY (95 %)."
    )
    said = Said(Verdict.UNCLEAR, Metric.BUYERS, Interval(-105, 40, 185), "CNY")
    assert tell("zh", said) == "不能确定是否有效果：下单率之差在 -1.05 个百分点 与 +1.85 个百分点 之间（95%）。"
