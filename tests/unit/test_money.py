"""Money: exact, whole, and never quietly rounded."""

from __future__ import annotations

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.infra.locales import money_text
from socialshop.kernel.currencies import EXPONENTS, POINTS
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.money import CurrencyMismatch, Money, allocate, parse_decimal, rate_of, to_decimal_text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("29.33", "USD", 2933),
        ("0", "USD", 0),
        ("5", "JPY", 5),
        ("1.2", "CNY", 120),
        ("0.001", "KWD", 1),
        ("-5.00", "USD", -500),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_decimal(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    ["1e3", "NaN", "Infinity", "12,50", "=1+1", "10.005", "+1", " 1", "1 ", ".5", "5.", "", "١٢", "1_000", "9" * 20],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_decimal(text, "USD")


def test_the_rate_is_floored_and_the_residue_stays_with_the_shop() -> None:
    assert rate_of(2933, 800) == 234  # 234.64
    assert rate_of(199_000, 777) == 15_462  # 15462.3
    assert rate_of(12, 800) == 0


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "CNY") + Money(1, "USD")


def test_the_table_of_currencies_agrees_with_an_independent_one() -> None:
    assert {c.code: c.exponent for c in iso4217.Currency if c.exponent is not None} == EXPONENTS


@given(st.integers(0, 10**12), st.sampled_from(sorted(EXPONENTS)))
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    assert parse_decimal(to_decimal_text(minor, currency), currency) == minor


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(lambda w: sum(w) > 0))
def test_an_allocation_sums_exactly_and_is_off_by_less_than_one_unit(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


def test_the_residue_goes_to_the_largest_remainder_then_to_the_earlier_part() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(10, [3, 4]) == [4, 6]


def test_points_are_told_as_a_whole_number_that_is_no_money() -> None:
    assert [money_text(Money(275_000, POINTS), language) for language in ("en", "zh")] == [
        "275,000 PTS",
        "275,000 积分",
    ]
    assert [money_text(Money(275_000, "CNY"), language) for language in ("en", "zh")] == ["CN¥2,750.00", "¥2,750.00"]
