"""What users of other shops complained of about commissions, held to a plan that has everything.

The same complaints on plans of plain shares stand in docs/complaints.md with their tests; here the plan has conditions,
tiers, a bounty, caps and inactive uplines, so that none of these opens the old wound again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from after_sales import refund, replayed, rows, settle, wallet
from bookkeeping import proved
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, Sale, place
from sqlalchemy import text
from test_weighed_legs import accrue, climbed, publish, sold, the_plan

from socialshop.infra.uow import unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service import post

DAY = timedelta(days=1)
LATER = NEW_YEAR + 400 * DAY
LEGS: tuple[dict[str, Any], ...] = (
    {"kind": "sale", "level": 1, "rate_bps": 500, "when": {"buyer_tiers": ["normal"]}},
    {"kind": "tier", "rates": {"silver": 300, "gold": 600}, "reach": 2},
    {"kind": "host", "fixed_minor": 70},
    {"kind": "lead", "fixed_minor": 400, "min_order_minor": 1_000},
)
CAPS = [{"per": "member", "period": "month", "amount_minor": 1_500}, {"per": "plan", "amount_minor": 100_000}]


@pytest.fixture(autouse=True)
def _everything(app: Flask) -> None:
    """3 (silver) brought in 4, and 2 (gold) brought in 3; both bought last month. 5 hosts."""
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2, 4: 3, 5: None})
    publish(the_plan(*LEGS, caps=CAPS, activity={"within_days": 30, "inactive": "forfeit"}))
    sold(*(Sale(buyer=buyer, ordered_at=NEW_YEAR - 9 * DAY) for buyer in (2, 3)), prefix="before")
    climbed((3, "normal", "silver", LONG_AGO), (2, "normal", "gold", LONG_AGO))


def earned() -> list[tuple[Any, ...]]:
    return rows("SELECT beneficiary, kind, level, amount_minor FROM accruals ORDER BY accrued_at, id")


def sound() -> None:
    assert replayed() is None
    proof = proved()
    assert proof.holds, proof.first_difference
    capped = "SELECT key, used_minor FROM commission_counters WHERE key LIKE 'member%' AND used_minor > 1500"
    assert rows(capped) == []


ALL = [(3, "sale", 1, 500), (3, "tier", 1, 300), (2, "tier", 2, 300), (5, "host", 0, 70), (3, "lead", 1, 400)]


def test_a_checkout_that_is_told_twice_earns_once() -> None:
    """AffiliateWP #403, dub #4307: the same conversion again, also beside itself."""
    (order,) = sold(Sale(buyer=4, host=5))
    accrue(order)
    accrue(order, order)
    assert sorted(earned()) == sorted(ALL)
    sound()


def test_a_fixed_commission_is_times_the_quantity_and_a_bounty_is_not() -> None:
    """yudao ICY7SJ."""
    accrue(*sold(Sale(buyer=4, host=5, lines=((10_000, 3),))))
    assert {kind: amount for _, kind, _, amount in earned() if kind in {"host", "lead"}} == {"host": 210, "lead": 400}


def test_nobody_earns_on_an_own_order_by_any_leg_but_self() -> None:
    """dub #3956, Origin #4250: the buyer hosts the room."""
    accrue(*sold(Sale(buyer=4, host=4)))
    assert 4 not in {beneficiary for beneficiary, *_ in earned()}
    assert ("own_order",) in rows("SELECT reason FROM accrual_skips WHERE member_number = 4")


def test_a_partial_refund_takes_its_part_and_a_second_one_the_rest() -> None:
    """Dub's webhook voided everything; gumroad #4372 and lms-front #511 subtracted twice."""
    (order,) = sold(Sale(buyer=4, host=5))
    accrue(order)
    refund(order, 5_001, buyer=4)
    # 49.99 are left: 2.49 for the level, 1.49 each for the tiers, all of the sum a unit and of the bounty
    assert (wallet(3).pending, wallet(2).pending, wallet(5).pending) == (249 + 149 + 400, 149, 70)
    refund(order, 4_999, buyer=4)
    assert (wallet(3).pending, wallet(2).pending, wallet(5).pending) == (0, 0, 0)
    assert rows("SELECT DISTINCT status FROM accruals") == [("reversed",)]
    assert rows("SELECT key FROM commission_counters WHERE used_minor <> 0") == []
    sound()


def test_what_settled_and_left_the_wallet_is_owed_and_netted_not_forgiven() -> None:
    """CRMEB clamped the claw back at zero, so the shop paid."""
    first, second = sold(Sale(buyer=4, host=5), Sale(buyer=4, ordered_at=NEW_YEAR + DAY))
    accrue(first)
    assert settle(LATER) == 5
    with unit_of_work() as uow:
        out = (Posting(chart.member_wallet(3), -1_200, "CNY"), Posting("payout:bank:clearing", 1_200, "CNY"))
        post(uow, [Entry("out:3", "payout", out)])
    refund(first, buyer=4)
    assert (wallet(3).owed, wallet(3).available) == (1_200, 0)
    accrue(second)
    settle(LATER)
    assert (wallet(3).owed, wallet(3).available) == (1_200 - 800, 0)
    sound()


def test_a_cap_is_not_passed_by_splitting_a_purchase_nor_by_sending_it_back_and_buying_again() -> None:
    """What is sent back makes room for as much as it took, and no more."""
    small = sold(*[Sale(buyer=4, lines=((10_000, 1),), ordered_at=NEW_YEAR + n * DAY) for n in range(4)])
    for order in small:
        accrue(order)
    assert wallet(3).pending == 1_500
    refund(small[0], buyer=4)
    assert wallet(3).pending == 300
    accrue(*sold(Sale(buyer=4, lines=((100_000, 1),), ordered_at=NEW_YEAR + 9 * DAY), prefix="again"))
    assert wallet(3).pending == 1_500
    sound()


def test_a_newcomer_who_comes_twice_is_one() -> None:
    """A bounty for each first order of a day is what people farm: sent back and bought again, it is no first."""
    first, again = sold(Sale(buyer=4), Sale(buyer=4, ordered_at=NEW_YEAR + DAY))
    accrue(first)
    refund(first, buyer=4)
    accrue(again)
    assert [amount for _, kind, _, amount in earned() if kind == "lead"] == [400]
    assert wallet(3).pending == 800
    sound()


def test_a_plan_changed_tomorrow_changes_nothing_of_yesterday(app: Flask) -> None:
    """Tiers, activity and sponsors move on; what was decided does not."""
    (order,) = sold(Sale(buyer=4, host=5))
    accrue(order)
    before = earned()
    climbed((3, "silver", "normal", NEW_YEAR + DAY))
    with unit_of_work() as uow:
        uow.session.execute(
            text("UPDATE referral_nodes SET sponsor = 1, uplines = '{1}', depth = 1 WHERE member_number = 4")
        )
    sound()
    refund(order, 5_000, buyer=4)
    assert earned() == before
    assert wallet(3).pending == 250 + 150 + 400
    sound()
