"""Caps and bounties through the database: cut, counted, given back, replayed, simulated; exact under races."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from after_sales import refund, replayed, rows, wallet
from bookkeeping import proved
from flask import Flask
from sample_sales import NEW_YEAR, Sale, confirmed, place
from sqlalchemy import text
from sqlalchemy.orm import Session
from test_weighed_legs import accrue, paid, publish, sold, the_plan, words

from socialshop.commissions import service
from socialshop.commissions.service import Question
from socialshop.commissions.store import counters
from socialshop.commissions.store.counters import Counter
from socialshop.infra.uow import in_unit_of_work, unit_of_work

DAY = timedelta(days=1)
TENTH = {"kind": "sale", "level": 1, "rate_bps": 1_000}
LEAD = {"kind": "lead", "fixed_minor": 500, "min_order_minor": 2_000}


@pytest.fixture(autouse=True)
def _a_chain_of_four(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2, 4: 3})


def used() -> dict[str, int]:
    return dict(rows("SELECT key, used_minor FROM commission_counters ORDER BY key"))  # type: ignore[arg-type]


def test_a_cap_cuts_says_so_and_has_room_again_once_money_went_back() -> None:
    # given 10 % for the sponsor, 15.00 a month at most, in Shanghai
    publish(the_plan(TENTH, caps=[{"per": "member", "period": "month", "amount_minor": 1_500}]))
    first, second = sold(Sale(buyer=4), Sale(buyer=4))
    accrue(first)
    accrue(second)
    # then 10.00, and 5.00 of the second 10.00
    assert paid() == [(3, "sale", 1, 1_000), (3, "sale", 1, 500)]
    assert used() == {"member:3:2026-01": 1_500}
    assert rows("SELECT depth, asked_minor, cap FROM accrual_terms") == [(1, 1_000, 0)]
    (cut,) = rows("SELECT accrual_id FROM accrual_terms")[0]
    with unit_of_work() as uow:
        steps = {step.code: step.figures for step in service.explain(uow, cut, 3).steps}
    assert steps["no_rounding"]["amount_minor"] == 1_000
    assert steps["cap_member_month"] == {
        "asked_minor": 1_000,
        "cap_minor": 1_500,
        "amount_minor": 500,
        "cut_minor": 500,
        "currency": "CNY",
    }
    # when 60.00 of the second order go back, what is left gives 4.00: one less than it was cut to
    refund(second, 6_000, buyer=4)
    assert used() == {"member:3:2026-01": 1_400}
    # and the next sale of the month has that room, and one of another month its own
    accrue(*sold(Sale(buyer=4), Sale(buyer=4, ordered_at=NEW_YEAR + 40 * DAY), prefix="later"))
    assert sorted(amount for *_, amount in paid()) == [100, 500, 1_000, 1_000]
    assert used() == {"member:3:2026-01": 1_500, "member:3:2026-02": 1_000}
    assert wallet(3).pending == 2_500
    assert replayed() is None
    assert proved().holds


def test_a_counter_that_stands_at_nothing_is_forgotten_and_made_again() -> None:
    publish(the_plan(TENTH, caps=[{"per": "member", "period": "month", "amount_minor": 1_500}]))
    first, second = sold(Sale(buyer=4), Sale(buyer=2))
    accrue(first, second)
    refund(first, 10_000, buyer=4)
    assert used() == {"member:1:2026-01": 1_000, "member:3:2026-01": 0}

    def forget(before: timedelta) -> bool:
        with unit_of_work() as uow:
            return service.forget_counters(uow, uow.now + before)

    # when it is not long ago, then it stays; once it is, it goes, and the other stays with its accrual
    assert (forget(-DAY), len(used())) == (False, 2)
    assert (forget(DAY), used()) == (False, {"member:1:2026-01": 1_000})
    # and the next sale counts from nothing again
    accrue(*sold(Sale(buyer=4), prefix="later"))
    assert used() == {"member:1:2026-01": 1_000, "member:3:2026-01": 1_000}
    assert replayed() is None


def test_a_budget_is_the_plans_whatever_its_version() -> None:
    publish(the_plan(TENTH, caps=[{"per": "plan", "amount_minor": 1_500}]))
    accrue(*sold(Sale(buyer=4)))
    raised = the_plan({**TENTH, "rate_bps": 500}, caps=[{"per": "plan", "amount_minor": 1_600}])
    with unit_of_work() as uow:
        service.publish_plan(uow, raised, country="CN", effective_at=NEW_YEAR + DAY)
    later = [Sale(buyer=4, ordered_at=NEW_YEAR + 2 * DAY)] * 3
    accrue(*sold(*later, prefix="later"))
    assert [amount for *_, amount in paid()] == [1_000, 500, 100]
    assert rows("SELECT reason, member_number FROM accrual_skips") == [("cap_of_plan", 3)]
    assert used() == {"plan": 1_600}
    assert replayed() is None


def test_replay_finds_a_counter_that_is_off() -> None:
    publish(the_plan(TENTH, caps=[{"per": "plan", "amount_minor": 1_500}]))
    accrue(*sold(Sale(buyer=4)))
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE commission_counters SET used_minor = 999"))
    assert "counted 1000, stored 999" in (replayed() or "")


def test_a_bounty_is_paid_once_hangs_on_the_whole_order_and_goes_with_it() -> None:
    publish(the_plan(LEAD))
    # given a first order of two lines, of which the first cost nothing
    first, second = sold(
        Sale(buyer=4, lines=((0, 1), (2_500, 2), (1_500, 1))), Sale(buyer=4, ordered_at=NEW_YEAR + DAY)
    )
    accrue(second, first)
    assert paid() == [(3, "lead", 1, 500)]
    assert sorted(rows("SELECT reason, count(*) FROM accrual_skips GROUP BY 1")) == [
        ("not_first_order", 1),
        ("on_another_line", 2),
    ]
    assert words(3)["lead"].endswith("first order from 20.00 CNY on; this one came to 40.00 CNY.")
    # when so much goes back that 20.00 are left, it stays; with a cent more it goes
    refund(first, 2_000, buyer=4)
    assert (wallet(3).pending, replayed()) == (500, None)
    refund(first, 1, buyer=4)
    assert (wallet(3).pending, replayed()) == (0, None)
    assert rows("SELECT status FROM accruals") == [("reversed",)]
    (accrual,) = rows("SELECT id FROM accruals")[0]
    with unit_of_work() as uow:
        told = [step for step in service.explain(uow, accrual, 3).steps if step.code == "reversal"]
    assert [step.figures["net_minor"] for step in told] == [500, 0]
    # and a first order that is too small is nobody's bounty, and was the first all the same
    accrue(*sold(Sale(buyer=2, lines=((1_999, 1),)), prefix="small"))
    accrue(*sold(Sale(buyer=2, ordered_at=NEW_YEAR + DAY), prefix="large"))
    assert rows("SELECT reason FROM accrual_skips WHERE member_number = 1 ORDER BY reason") == [
        ("below_minimum",),
        ("not_first_order",),
    ]
    assert replayed() is None


@pytest.mark.parametrize("lines", [1, 100])
def test_a_simulation_has_counters_of_its_own_in_however_many_jobs(lines: int) -> None:
    publish(the_plan(TENTH))
    accrue(*sold(*[Sale(buyer=4)] * 3))
    caps = [{"per": "member", "amount_minor": 2_500}, {"per": "order", "amount_minor": 900}]
    draft = in_unit_of_work(lambda uow: service.draft_plan(uow, uuid.uuid4(), the_plan(TENTH, caps=caps)))
    question = Question(NEW_YEAR, NEW_YEAR + DAY)
    asked = in_unit_of_work(lambda uow: service.simulate(uow, uuid.uuid4(), draft.id, question))
    for _ in range(4):
        payloads = [{"simulation_id": str(asked.id)}]
        in_unit_of_work(lambda uow, payloads=payloads: service.on_simulation_due(uow, payloads, lines=lines))  # type: ignore[misc]
    found = in_unit_of_work(lambda uow: service.simulated(uow, draft.id, asked.id))
    assert (found.here_minor, found.there_minor) == (2_500, 3_000)
    assert rows("SELECT count(*) FROM plan_simulation_counters") == [(0,)]
    assert used() == {}


def _at_once(app: Flask, batches: Sequence[Sequence[uuid.UUID]]) -> None:
    def run(orders: Sequence[uuid.UUID]) -> None:
        with app.app_context():
            in_unit_of_work(lambda uow: service.accrue_orders(uow, confirmed(*orders)))

    with ThreadPoolExecutor(len(batches)) as pool:
        for done in [pool.submit(run, batch) for batch in batches]:
            done.result()


def _race(app: Flask) -> tuple[int, int]:
    """Four batches of six sales at once, by two members under two; what was paid, and what the budget was."""
    caps = [
        {"per": "plan", "amount_minor": 11_111},
        {"per": "member", "period": "day", "amount_minor": 6_000},
        {"per": "order", "amount_minor": 950},
    ]
    publish(the_plan(TENTH, {"kind": "sale", "level": 2, "rate_bps": 300}, LEAD, caps=caps))
    orders = sold(*[Sale(buyer=buyer) for _ in range(12) for buyer in (4, 3)])
    # the batches name the members in turn, so that they want the same counters in other orders
    _at_once(app, [orders[start::4] for start in range(4)])
    return int(rows("SELECT coalesce(sum(amount_minor), 0)::bigint FROM accruals")[0][0]), 11_111


def test_batches_at_once_never_pay_more_than_the_caps(app: Flask) -> None:
    total, budget = _race(app)
    assert total == budget == used()["plan"]
    assert max(minor for key, minor in used().items() if key.startswith("member")) <= 6_000
    assert rows("SELECT kind, count(*) FROM accruals WHERE kind = 'lead' GROUP BY 1") in (
        [],
        [("lead", 1)],
        [("lead", 2)],
    )
    assert rows(
        "SELECT max(sum) FROM (SELECT sum(amount_minor) FROM accruals a JOIN accrued_lines l USING"
        " (order_line_id) GROUP BY l.order_id) s"
    ) == [(950,)]
    assert replayed() is None
    assert proved().holds


def test_counters_that_are_read_and_not_held_are_caught(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The naive way, planted: each batch reads what the counters stand at, and adds to it later."""

    def read_only(session: Session, wanted: Collection[Counter], _now: datetime) -> dict[Counter, int]:
        standing = counters.standing(session)
        session.execute(text("SELECT pg_sleep(0.2)"))
        return {counter: standing.get(counter, 0) for counter in wanted}

    monkeypatch.setattr(counters, "lock", read_only)
    total, budget = _race(app)
    assert total > budget
    assert "counter " in (replayed() or "")
