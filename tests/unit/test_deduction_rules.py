"""Tax by bands and fees: worked by hand from the law that the documentation names, and by brute force."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.kernel.errors import InvalidValue
from socialshop.payouts.deductions import Band, Fee, Rounding, checked_bands, fee_on, tax_beside, tax_on

# Pay for services in China: SAT Announcement 61 of 2018, article 8 (deduct 800, or a fifth above 4,000; then 20, 30 or
# 40 % less the quick deductions of 0, 2,000 and 7,000), written as bands of the gross sum.
CHINA = (Band(0, 0), Band(80_000, 2_000), Band(400_000, 1_600), Band(2_500_000, 2_400), Band(6_250_000, 3_200))


def by_the_law(gross: int) -> Fraction:
    """The same in the law's own steps, in minor units."""
    taxable = max(Fraction(gross) - 80_000, Fraction(0)) if gross <= 400_000 else Fraction(gross) * 4 / 5
    if taxable <= 2_000_000:
        return taxable / 5
    if taxable <= 5_000_000:
        return taxable * 3 / 10 - 200_000
    return taxable * 4 / 10 - 700_000


@pytest.mark.parametrize(
    ("gross", "tax"),
    [(80_000, 0), (80_001, 0), (80_003, 1), (400_000, 64_000), (2_500_000, 400_000), (6_250_000, 1_300_000)],
)
def test_the_bands_of_the_example_give_what_the_law_says(gross: int, tax: int) -> None:
    assert tax_on(CHINA, Rounding.HALF_UP, gross) == tax


@given(st.integers(0, 10_000_000))
def test_the_bands_are_the_laws_own_steps_for_every_sum(gross: int) -> None:
    exact = by_the_law(gross)
    assert tax_on(CHINA, Rounding.DOWN, gross) == floor(exact)
    assert tax_on(CHINA, Rounding.UP, gross) == ceil(exact)
    assert tax_on(CHINA, Rounding.HALF_UP, gross) == floor(exact + Fraction(1, 2))


@given(st.lists(st.integers(1, 3_000_000), min_size=1, max_size=6))
def test_a_month_in_parts_is_taxed_as_a_month_at_once(parts: list[int]) -> None:
    gross = withheld = 0
    for part in parts:
        withheld += tax_beside(CHINA, Rounding.HALF_UP, part, before_minor=gross, withheld_minor=withheld)
        gross += part
    assert withheld == tax_on(CHINA, Rounding.HALF_UP, sum(parts))


def test_fees_are_fixed_and_rated_up_to_a_most() -> None:
    assert [fee_on(Fee(100, 10, 250), gross) for gross in (100, 9_999, 10_000, 1_000_000)] == [100, 109, 110, 250]


@pytest.mark.parametrize(
    "bands",
    [(), (Band(1, 0),), (Band(0, 0), Band(0, 5)), (Band(0, 10_000),), (Band(0, -1),)],
)
def test_bands_that_are_none_are_refused(bands: tuple[Band, ...]) -> None:
    with pytest.raises(InvalidValue):
        checked_bands(bands)
