"""Milestones: counted for who brought the buyers in, paid once, taken back with refunds, and reached again."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from after_sales import refund, replayed, rows, settle, wallet
from bookkeeping import proved
from due_work import work
from flask import Flask
from sample_sales import NEW_YEAR, Sale, place
from sqlalchemy import text
from test_weighed_legs import accrue, publish, sold, the_plan

from socialshop.commissions import service
from socialshop.commissions.sentences import say
from socialshop.infra.uow import unit_of_work

DAY = timedelta(days=1)
SALES = {
    "kind": "milestone",
    "counts": "sales",
    "reaches": 3,
    "period": "month",
    "min_order_minor": 5_000,
    "fixed_minor": 2_000,
}
BUYERS = {"kind": "milestone", "counts": "buyers", "reaches": 2, "min_order_minor": 1_000, "fixed_minor": 900}


@pytest.fixture(autouse=True)
def _a_small_tree(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2, 4: 3, 5: 3})


def earned() -> list[tuple[Any, ...]]:
    return rows(
        "SELECT a.beneficiary, a.amount_minor, a.clawed_minor, a.status FROM accruals a WHERE kind = 'milestone'"
        " ORDER BY a.accrued_at, a.id"
    )


def sell(*sales: Sale, prefix: str) -> list[uuid.UUID]:
    """These are sold, and what follows is followed."""
    orders = sold(*sales, prefix=prefix)
    accrue(*orders)
    work()
    return orders


def told(language: Any = "en") -> dict[str, str]:
    (found,) = rows("SELECT id FROM accruals WHERE kind = 'milestone'")
    with unit_of_work() as uow:
        steps = service.explain(uow, found[0], 3).steps
    return {step.code: say(language, step.code, step.figures) for step in steps}


def test_it_is_paid_once_to_who_brought_the_buyers_in_falls_with_refunds_and_is_reached_again(app: Flask) -> None:
    publish(the_plan(SALES, hold_days=3))
    # given two orders of 50.00 in January, one of less, and one in February
    first, second, *_ = sell(
        Sale(buyer=4, lines=((5_000, 1),)),
        Sale(buyer=4, lines=((3_000, 1), (2_000, 1))),
        Sale(buyer=5, lines=((4_999, 1),)),
        Sale(buyer=5, ordered_at=NEW_YEAR + 40 * DAY),
        prefix="a",
    )
    assert earned() == []
    # when a third comes, and is told of twice
    (third,) = sell(Sale(buyer=5, lines=((9_000, 1),), ordered_at=NEW_YEAR + DAY), prefix="b")
    with unit_of_work() as uow:
        service.reach_milestones(uow, [{"order_ids": [str(third), str(first)]}])
    assert earned() == [(3, 2_000, 0, "held")]
    assert wallet(3).pending == 2_000
    assert told()["tally_milestone"] == (
        "By 2026-01-02 3 orders of 50.00 CNY or more, by members whom you brought in, counted."
    )
    assert told()["milestone_month"] == "At 3 in a month the plan gives 20.00 CNY, once."
    assert told("zh")["milestone_month"] == "一个月内达到 3 时，方案一次性给予 20.00 CNY。"
    # a fourth pays nothing more, and one going back leaves three
    (fourth,) = sell(Sale(buyer=4, lines=((5_000, 1),), ordered_at=NEW_YEAR + 2 * DAY), prefix="c")
    refund(fourth, 1, buyer=4)
    work()
    assert earned() == [(3, 2_000, 0, "held")]
    # with another below 50.00 it falls, and is taken back by that refund
    back = refund(second, 1, buyer=4)
    work()
    assert earned() == [(3, 2_000, 2_000, "reversed")]
    assert rows("SELECT refund_id FROM clawbacks") == [(back,)]
    assert "let it fall below 3, so 20.00 CNY was taken back: 20.00 CNY of it before it settled" in told()["fell_below"]
    assert wallet(3).pending == 0
    assert replayed() is None
    # reached again, it is paid again: one stands at a time
    sell(Sale(buyer=5, lines=((5_000, 1),), ordered_at=NEW_YEAR + 3 * DAY), prefix="d")
    assert earned() == [(3, 2_000, 2_000, "reversed"), (3, 2_000, 0, "held")]
    assert rows("SELECT round, fallen_at IS NULL FROM milestones ORDER BY round") == [(1, False), (2, True)]
    assert replayed() is None
    assert proved().holds


def test_people_are_counted_once_a_kept_one_stays_and_a_settled_one_is_taken_from_the_wallet(app: Flask) -> None:
    kept = {**BUYERS, "fixed_minor": 700, "min_order_minor": 1_001, "falls_below": "keep"}
    publish(the_plan(BUYERS, kept))
    first, *_ = sell(Sale(buyer=4), Sale(buyer=4), prefix="a")
    assert earned() == []
    (second,) = sell(Sale(buyer=5), prefix="b")
    assert sorted(amount for _, amount, *_ in earned()) == [700, 900]
    assert settle(datetime.now(UTC) + DAY) == 2
    assert wallet(3).available == 1_600
    # one of the two buyers has nothing left: what is kept stays, the other goes from the wallet
    refund(second, buyer=5)
    work()
    assert sorted(row[1:] for row in earned()) == [(700, 0, "settled"), (900, 900, "reversed")]
    assert wallet(3).available == 700
    refund(first, buyer=4)
    work()
    assert replayed() is None
    # and the kept one is not paid twice, however often it is reached
    sell(Sale(buyer=5), prefix="c")
    assert sorted(row[1:] for row in earned()) == [(700, 0, "settled"), (900, 0, "held"), (900, 900, "reversed")]
    assert replayed() is None


def test_a_budget_cuts_it_and_orders_at_once_reach_it_once(app: Flask) -> None:
    publish(the_plan({**SALES, "reaches": 2}, caps=[{"per": "plan", "amount_minor": 1_500}]))
    orders = sold(Sale(buyer=4), Sale(buyer=5), prefix="a")
    accrue(*orders)

    def reach(order: uuid.UUID) -> None:
        with app.app_context(), unit_of_work() as uow:
            service.reach_milestones(uow, [{"order_ids": [str(order)]}])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(reach, orders))
    assert earned() == [(3, 1_500, 0, "held")]
    assert rows("SELECT asked_minor, cap FROM accrual_terms") == [(2_000, 0)]
    assert rows("SELECT key, used_minor FROM commission_counters") == [("plan", 1_500)]
    # falling, it gives the budget room again; with the budget gone the next one is reached and pays nothing
    refund(orders[0], buyer=4)
    work()
    assert rows("SELECT used_minor FROM commission_counters") == [(0,)]
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE commission_counters SET used_minor = 1500"))
    sell(Sale(buyer=4), prefix="b")
    assert rows("SELECT reason FROM tally_skips") == [("cap_of_plan",)]
    assert rows("SELECT count(*) FROM milestones WHERE fallen_at IS NULL") == [(1,)]
