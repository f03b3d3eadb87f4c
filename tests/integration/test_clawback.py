"""Claw back: after every refund a sale has earned exactly what the same rule gives for its net line."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from after_sales import approve, ask, claw_back, refund, replayed, rows, settle, wallet
from bookkeeping import proved
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, place, sell
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError

from socialshop.commissions import service
from socialshop.infra.db import db
from socialshop.infra.uow import unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service import WalletBalances, post

DUE = NEW_YEAR + timedelta(days=7)
NOTHING = WalletBalances(0, 0, 0, 0)


@pytest.fixture(autouse=True)
def _a_chain(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2, 4: None})
        service.publish_plan(uow, a_plan(hold_days=7), country="CN", effective_at=LONG_AGO)


def _accrue(*sales: Sale) -> list[uuid.UUID]:
    with unit_of_work() as uow:
        orders = sell(uow, sales, prefix=uuid.uuid4().hex)
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*orders))
    return orders


def _spend(number: int, amount: int) -> None:
    """A payout takes the money out of the wallet."""
    postings = (Posting(chart.member_wallet(number), -amount, "CNY"), Posting("payout:bank:clearing", amount, "CNY"))
    with unit_of_work() as uow:
        post(uow, [Entry(f"spent:{uuid.uuid4()}", "payout", postings)])


def _sound() -> None:
    """The books prove, and every accrual and claw back can be computed again."""
    proof = proved()
    assert proof.holds, proof.first_difference
    assert replayed() is None


def test_a_full_refund_before_settlement_takes_the_pending_commission_back() -> None:
    (order,) = _accrue(Sale(buyer=3))
    assert (wallet(2).pending, wallet(1).pending) == (800, 300)
    refund(order)
    assert wallet(2) == wallet(1) == NOTHING
    assert rows("SELECT DISTINCT status FROM accruals") == [("reversed",)]
    assert rows("SELECT status, refunded_minor FROM orders") == [("refunded", 10_000)]
    assert rows("SELECT count(*) FROM accrual_maturities") == [(0,)]
    assert settle(DUE) == 0
    _sound()


def test_a_partial_refund_leaves_what_the_rule_gives_for_the_rest() -> None:
    (order,) = _accrue(Sale(buyer=3, lines=((9_999, 1),)))
    refund(order, 3_333)
    # 8 % of 6,666 is 533.28, 3 % is 199.98: each rounded down.
    assert (wallet(2).pending, wallet(1).pending) == (533, 199)
    assert rows("SELECT amount_minor, clawed_minor, status FROM accruals ORDER BY level") == [
        (799, 266, "held"),
        (299, 100, "held"),
    ]
    assert settle(DUE) == 2
    assert (wallet(2).available, wallet(1).available) == (533, 199)
    _sound()


def test_repeated_partial_refunds_are_exact_to_the_minor_unit() -> None:
    (order,) = _accrue(Sale(buyer=3, lines=((9_999, 1),)))
    left = 9_999
    for amount in (1, 332, 3_000, 6_000, 666):
        refund(order, amount)
        left -= amount
        assert (wallet(2).pending, wallet(1).pending) == (left * 800 // 10_000, left * 300 // 10_000)
    assert left == 0
    assert rows("SELECT DISTINCT status FROM accruals") == [("reversed",)]
    _sound()


def test_a_refund_after_settlement_is_taken_from_the_wallet() -> None:
    (order,) = _accrue(Sale(buyer=3))
    settle(DUE)
    refund(order, 5_000)
    assert (wallet(2), wallet(1)) == (WalletBalances(0, 400, 0, 0), WalletBalances(0, 150, 0, 0))
    assert rows("SELECT DISTINCT status FROM accruals") == [("settled",)]
    refund(order)
    assert wallet(2) == wallet(1) == NOTHING
    assert rows("SELECT DISTINCT status FROM accruals") == [("reversed",)]
    _sound()


def test_what_the_wallet_cannot_give_is_owed_and_netted_at_the_next_settlement() -> None:
    """A claw back clamped at zero would leave the loss with the shop."""
    (order,) = _accrue(Sale(buyer=3))
    settle(DUE)
    _spend(2, 700)
    refund(order)
    assert wallet(2) == WalletBalances(0, 0, 0, 700)
    assert rows("SELECT pending_minor, wallet_minor, owed_minor FROM clawbacks ORDER BY amount_minor") == [
        (0, 300, 0),
        (0, 100, 700),
    ]
    _accrue(Sale(buyer=3, lines=((5_000, 1),)))
    settle(DUE)
    assert (wallet(2), wallet(1)) == (WalletBalances(0, 0, 0, 300), WalletBalances(0, 150, 0, 0))
    _accrue(Sale(buyer=3, lines=((10_000, 1),)))
    settle(DUE)
    assert wallet(2) == WalletBalances(0, 500, 0, 0)
    _sound()


def test_netting_is_part_of_the_settlements_own_entry() -> None:
    (order,) = _accrue(Sale(buyer=3))
    settle(DUE)
    _spend(2, 800)
    refund(order)
    _accrue(Sale(buyer=3))
    settle(DUE)
    (found,) = rows(
        "SELECT reference, posting_count FROM ledger_entries WHERE kind = 'settlement' ORDER BY id DESC LIMIT 1"
    )
    assert found[1] == 2 + 2 + 2
    posted = rows(
        "SELECT a.name, p.amount_minor FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id"
        " JOIN ledger_entries e ON e.id = p.entry_id WHERE e.reference = :reference ORDER BY p.line DESC LIMIT 2",
        reference=found[0],
    )
    assert posted == [("member:2:receivable", 800), ("member:2:wallet", -800)]


def test_reserved_money_is_left_alone() -> None:
    (order,) = _accrue(Sale(buyer=3))
    settle(DUE)
    postings = (Posting(chart.member_wallet(2), -600, "CNY"), Posting(chart.member_reserved(2), 600, "CNY"))
    with unit_of_work() as uow:
        post(uow, [Entry("reserve", "reserve", postings)])
    refund(order)
    assert wallet(2) == WalletBalances(0, 0, 600, 600)
    _sound()


def test_an_accrual_that_was_paid_out_stays_paid_out_and_is_owed() -> None:
    (order,) = _accrue(Sale(buyer=3))
    settle(DUE)
    _spend(2, 800)
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE accruals SET status = 'paid_out' WHERE beneficiary = 2"))
    refund(order)
    assert wallet(2) == WalletBalances(0, 0, 0, 800)
    assert rows("SELECT status, amount_minor, clawed_minor FROM accruals WHERE beneficiary = 2") == [
        ("paid_out", 800, 800)
    ]
    _sound()


def test_refund_after_settlement_is_not_subtracted_twice() -> None:
    (order,) = _accrue(Sale(buyer=3))
    settle(DUE)
    refund_id = refund(order, 5_000)
    claw_back(refund_id)
    claw_back(refund_id)
    assert wallet(2) == WalletBalances(0, 400, 0, 0)
    assert rows("SELECT count(*) FROM clawbacks") == [(2,)]
    _sound()


def test_a_partial_refund_does_not_void_everything() -> None:
    (order,) = _accrue(Sale(buyer=3))
    refund(order, 1)
    assert rows("SELECT status, amount_minor - clawed_minor FROM accruals ORDER BY level") == [
        ("held", 799),
        ("held", 299),
    ]
    assert rows("SELECT status FROM orders") == [("received",)]


def test_a_fixed_commission_follows_the_units_that_went_back() -> None:
    with unit_of_work() as uow:
        plan = a_plan({"kind": "sale", "level": 1, "fixed_minor": 150}, name="fixed")
        service.publish_plan(uow, plan, country="CN", effective_at=NEW_YEAR - timedelta(days=1))
    (order,) = _accrue(Sale(buyer=3, lines=((10_000, 3),)))
    assert wallet(2).pending == 450
    refund(order, units={1: 1})
    assert rows("SELECT refunded_minor FROM orders") == [(3_333,)]
    assert wallet(2).pending == 300
    refund(order, 1_000)
    assert wallet(2).pending == 300, "a concession brings no unit back"
    refund(order)
    assert wallet(2).pending == 0
    _sound()


def test_refunds_followed_in_the_other_order_come_to_the_same() -> None:
    (order,) = _accrue(Sale(buyer=3, lines=((9_999, 1),)))
    first, second = ask(order, 3_333), ask(order, 2_221)
    approve(first)
    approve(second)
    claw_back(second)
    assert wallet(2).pending == (9_999 - 2_221) * 800 // 10_000
    claw_back(first)
    assert wallet(2).pending == (9_999 - 2_221 - 3_333) * 800 // 10_000
    _sound()


def test_a_sale_that_accrues_after_its_refund_is_clawed_back_all_the_same() -> None:
    with unit_of_work() as uow:
        (order,) = sell(uow, [Sale(buyer=3)])
    refund_id = refund(order, 5_000)
    assert rows("SELECT count(*) FROM clawed_refunds") == [(0,)]
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(order))
    (payload,) = rows("SELECT payload FROM outbox_events WHERE name = 'ClawbackDue'")[0]
    assert payload == {"refund_id": str(refund_id)}
    with unit_of_work() as uow:
        service.claw_back(uow, [payload])
    assert wallet(2).pending == 400
    _sound()


def test_an_open_refund_stops_the_clock_until_it_is_decided() -> None:
    order, _ = _accrue(Sale(buyer=3), Sale(buyer=3))
    refund_id = ask(order, 1_000)
    assert settle(DUE) == 2
    assert wallet(2) == WalletBalances(800, 800, 0, 0)
    with unit_of_work() as uow:
        assert not service.begin_settlement(uow, DUE)
    approve(refund_id)
    claw_back(refund_id)
    assert settle(DUE) == 2
    assert wallet(2) == WalletBalances(0, 1_520, 0, 0)
    _sound()


def test_a_claw_back_costs_the_same_number_of_statements_whatever_the_order() -> None:
    first, small, large = _accrue(
        Sale(buyer=3), Sale(buyer=3), Sale(buyer=3, lines=tuple((10_000, 1) for _ in range(50)))
    )
    refund(first)
    counted = [_statements(ask_and_approve(order)) for order in (small, large)]
    assert counted[0] == counted[1] <= 22


def ask_and_approve(order: uuid.UUID) -> uuid.UUID:
    refund_id = ask(order)
    approve(refund_id)
    return refund_id


def _statements(refund_id: uuid.UUID) -> int:
    seen: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        claw_back(refund_id)
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(seen)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE clawbacks SET amount_minor = 1",
        "DELETE FROM clawbacks",
        "UPDATE accruals SET clawed_minor = 0",
        "UPDATE accruals SET amount_minor = 1",
        "UPDATE refunds SET amount_minor = 1",
        "UPDATE refunds SET status = 'requested', decided_at = NULL, refunded_at = NULL",
        "DELETE FROM refund_lines",
        "DELETE FROM clawed_refunds",
    ],
)
def test_the_database_refuses_to_change_what_was_taken(change: str) -> None:
    (order,) = _accrue(Sale(buyer=3))
    refund(order, 5_000)
    with pytest.raises(DatabaseError), unit_of_work() as uow:
        uow.session.execute(text(change))
    assert rows("SELECT sum(amount_minor) FROM clawbacks") == [(550,)]


def test_replay_finds_a_claw_back_that_is_off() -> None:
    (order,) = _accrue(Sale(buyer=3))
    refund(order, 5_000)
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("SET LOCAL session_replication_role = replica"))
        uow.session.execute(
            text("UPDATE clawbacks SET amount_minor = 399, pending_minor = 399 WHERE amount_minor = 400")
        )
    difference = replayed()
    assert difference is not None
    assert "clawed back 400 (by its claw backs 399)" in difference
