"""Terms by the calendar, what days earn, what a refund gives: exact figures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from socialshop.kernel.time import day_of
from socialshop.memberships.offers import Offer
from socialshop.memberships.rules import best_of
from socialshop.memberships.terms import (
    earned_minor,
    first_instant,
    months_after,
    refund_of,
    unused_minor,
)
from tests.plan_shop import an_offer


@pytest.mark.parametrize(
    ("anchor", "ends"),
    [
        (date(2027, 1, 31), [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31)]),
        (date(2028, 1, 30), [date(2028, 2, 29), date(2028, 3, 30), date(2028, 4, 30), date(2028, 5, 30)]),
        (date(2027, 11, 15), [date(2027, 12, 15), date(2028, 1, 15), date(2028, 2, 15), date(2028, 3, 15)]),
    ],
)
def test_months_are_counted_from_their_anchor(anchor: date, ends: list[date]) -> None:
    assert [months_after(anchor, number) for number in (1, 2, 3, 4)] == ends


def test_a_year_from_a_leap_day_ends_in_february_and_four_years_later_on_a_leap_day() -> None:
    assert months_after(date(2028, 2, 29), 12) == date(2029, 2, 28)
    assert months_after(date(2028, 2, 29), 48) == date(2032, 2, 29)


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("Asia/Shanghai", date(2027, 3, 28), datetime(2027, 3, 27, 16, tzinfo=UTC)),
        ("Europe/Berlin", date(2027, 3, 28), datetime(2027, 3, 27, 23, tzinfo=UTC)),
        ("Europe/Berlin", date(2027, 3, 29), datetime(2027, 3, 28, 22, tzinfo=UTC)),
        ("Europe/Berlin", date(2027, 11, 1), datetime(2027, 10, 31, 23, tzinfo=UTC)),
        # Midnight is skipped there on that day.
        ("Asia/Beirut", date(2027, 3, 28), datetime(2027, 3, 27, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_by_the_shops_clock(zone: str, day: date, instant: datetime) -> None:
    assert first_instant(day, zone) == instant
    assert day_of(instant, zone) == day
    assert day_of(instant - timedelta(seconds=1), zone) == day - timedelta(days=1)


@given(price=st.integers(1, 10**6), days=st.integers(1, 366))
def test_days_earn_equal_shares_that_sum_to_the_price(price: int, days: int) -> None:
    shares = [earned_minor(price, days, gone + 1) - earned_minor(price, days, gone) for gone in range(days)]
    assert sum(shares) == price
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)


@given(price=st.integers(1, 10**6), days=st.integers(1, 366), data=st.data())
def test_unused_days_are_worth_no_more_than_is_not_earned(price: int, days: int, data: st.DataObject) -> None:
    unused = data.draw(st.integers(0, days))
    worth = unused_minor(price, days, unused)
    assert worth * days <= price * unused < (worth + 1) * days
    assert 0 <= worth <= price


@pytest.mark.parametrize(
    ("today", "used", "amount", "rule"),
    [
        (date(2027, 1, 1), False, 3100, "whole"),
        (date(2027, 1, 7), False, 3100, "whole"),
        (date(2027, 1, 1), True, 3000, "prorated"),
        (date(2027, 1, 8), False, 2300, "prorated"),
        (date(2027, 1, 30), False, 100, "prorated"),
        (date(2027, 1, 31), False, 0, "nothing"),
        # Bought ahead, as after a trial: nothing of it has begun.
        (date(2026, 12, 30), False, 3100, "whole"),
        (date(2026, 12, 30), True, 3100, "prorated"),
    ],
)
def test_a_refund_by_its_rule(today: date, used: bool, amount: int, rule: str) -> None:
    quote = refund_of(
        price_minor=3100,
        starts_on=date(2027, 1, 1),
        ends_on=date(2027, 2, 1),
        today=today,
        used=used,
        full_refund_days=7,
    )
    assert (quote.amount_minor, quote.rule) == (amount, rule)


def test_more_growth_costs_less() -> None:
    year = an_offer().term_of("year")
    assert year is not None
    assert [year.price_at(growth) for growth in (-5, 0, 999, 1000, 10**9)] == [10001, 10001, 10001, 8801, 8801]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"terms": [{"term": "month", "prices": [{"growth": 1, "price_minor": 5}]}]}, "begin at growth 0"),
        (
            {
                "terms": [
                    {
                        "term": "month",
                        "prices": [{"growth": 0, "price_minor": 5}, {"growth": 9, "price_minor": 6}],
                    }
                ]
            },
            "more growth never costs more",
        ),
        ({"terms": [{"term": "month", "prices": [{"growth": 0, "price_minor": 5}]}] * 2}, "name the same twice"),
        ({"retry_days": [3, 2]}, "days of another attempt rise"),
        ({"retry_days": [8], "grace_days": 7}, "lie within the grace"),
        ({"remind_days": 4}, "greater than or equal to 5"),
        ({"currency": "XXX"}, "no ISO 4217 currency"),
        ({"more": 1}, "Extra inputs"),
    ],
)
def test_an_offer_that_promises_nonsense_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Offer.model_validate(an_offer().model_dump() | changed)


def test_the_best_of_each_benefit_counts() -> None:
    tier = {"points_multiplier_bps": 12_000, "early_access_hours": 24, "exclusive_deals": False}
    plan = {"points_multiplier_bps": 20_000, "early_access_hours": 2, "exclusive_deals": True}
    assert best_of([tier, plan]) == {
        "points_multiplier_bps": 20_000,
        "early_access_hours": 24,
        "exclusive_deals": True,
    }
    assert best_of([tier, {"free_shipping": True}]) == tier | {"free_shipping": True}
