"""Settlement: what has matured, once, in bounded batches, and not a moment before."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, place, sell
from sqlalchemy import event, text

from socialshop.commissions import service
from socialshop.commissions.events import SettlementDue
from socialshop.commissions.service import settling
from socialshop.infra.db import db
from socialshop.infra.outbox import payload_of
from socialshop.infra.uow import UnitOfWork, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting

DUE = NEW_YEAR + timedelta(days=7)
MOMENT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _a_chain(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2})
        service.publish_plan(uow, a_plan(hold_days=7), country="CN", effective_at=LONG_AGO)


def _accrue(*sales: Sale) -> list[uuid.UUID]:
    with unit_of_work() as uow:
        orders = sell(uow, sales)
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*orders))
    return orders


def _settle(as_of: Any = DUE, limit: int = 10_000) -> int:
    with unit_of_work() as uow:
        return service.settle_due(uow, as_of, limit)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with unit_of_work() as uow:
        return [tuple(row) for row in uow.session.execute(text(query))]


def _balances() -> dict[str, int]:
    query = """
        SELECT a.name, sum(p.amount_minor) FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id
        GROUP BY a.name HAVING sum(p.amount_minor) <> 0
    """
    return {name: int(total) for name, total in _rows(query)}


def _events() -> list[dict[str, Any]]:
    return [row[0] for row in _rows("SELECT payload FROM outbox_events WHERE name = 'SettlementDue' ORDER BY id")]


def test_nothing_settles_a_moment_before_it_matures() -> None:
    _accrue(Sale(buyer=3))
    assert _settle(DUE - MOMENT) == 0
    assert _rows("SELECT DISTINCT status FROM accruals") == [("held",)]
    assert _settle(DUE) == 2


def test_what_has_matured_moves_from_pending_into_the_wallets() -> None:
    _accrue(Sale(buyer=3))
    assert _balances() == {"shop:commission_expense": -1_100, "member:2:pending": 800, "member:1:pending": 300}
    assert _settle() == 2
    assert _balances() == {"shop:commission_expense": -1_100, "member:2:wallet": 800, "member:1:wallet": 300}
    assert _rows("SELECT DISTINCT status, settled_at IS NOT NULL FROM accruals") == [("settled", True)]
    (first,) = _rows("SELECT id FROM accruals ORDER BY id LIMIT 1")
    entries = _rows("SELECT reference, posting_count FROM ledger_entries WHERE kind = 'settlement'")
    assert entries == [(f"settlement:{to_public('acr', first[0])}", 4)]


@pytest.mark.parametrize("kind", ["enable_nestloop", "enable_hashjoin", "enable_mergejoin", "enable_indexscan"])
def test_debts_are_found_by_any_plan_beside_accounts_that_are_no_members(kind: str) -> None:
    with unit_of_work() as uow:
        postings = (Posting("provider:import:clearing", -5, "CNY"), Posting("shop:sales", 5, "CNY"))
        ledger.post(uow, [Entry("sale:1", "sale", postings)])
        taken = (Posting("member:2:receivable", -5, "CNY"), Posting("shop:commission_expense", 5, "CNY"))
        ledger.post(uow, [Entry("clawback:1", "clawback", taken)])
    with unit_of_work() as uow:
        uow.session.execute(text(f"SET LOCAL {kind} = off"))
        assert ledger.debts(uow, {1, 2, 3}) == {(2, "CNY"): 5}


def test_settling_again_finds_nothing() -> None:
    _accrue(Sale(buyer=3))
    assert [_settle(), _settle()] == [2, 0]
    assert _balances()["member:2:wallet"] == 800


def test_batches_are_bounded_and_entries_hold_at_most_a_thousand() -> None:
    _accrue(*(Sale(buyer=3) for _ in range(700)))
    assert [_settle(limit=1_200), _settle(limit=1_200), _settle(limit=1_200)] == [1_200, 200, 0]
    sizes = _rows("SELECT posting_count / 2 FROM ledger_entries WHERE kind = 'settlement' ORDER BY id")
    assert sizes == [(1_000,), (200,), (200,)]
    assert _balances()["member:2:wallet"] == 700 * 800


def test_an_accrual_that_the_books_refuse_is_set_aside_and_the_rest_settles() -> None:
    """The planted fault: somebody emptied what member 1 has pending."""
    _accrue(*(Sale(buyer=3) for _ in range(5)), Sale(buyer=2))
    with unit_of_work() as uow:
        gone = (Posting("member:1:pending", -2_000, "CNY"), Posting("shop:commission_expense", 2_000, "CNY"))
        ledger.post(uow, [Entry("mistake:1", "mistake", gone)])
    assert _settle() == 6
    assert _settle() == 0
    assert _rows("SELECT beneficiary, count(*), min(status) FROM accruals GROUP BY 1, status ORDER BY 1, 3") == [
        (1, 5, "held"),
        (1, 1, "settled"),
        (2, 5, "settled"),
    ]
    assert _rows("SELECT DISTINCT set_aside_because FROM accrual_maturities") == [
        ("the balance of member:1:pending does not cover it",)
    ]
    with unit_of_work() as uow:
        assert service.count_set_aside(uow) == 5
        assert service.begin_settlement(uow, DUE) is False


def test_what_matured_first_settles_first() -> None:
    later, sooner = NEW_YEAR + timedelta(hours=5), NEW_YEAR + timedelta(hours=4)
    _accrue(Sale(buyer=2, received_at=later), Sale(buyer=2, received_at=sooner))
    assert _settle(DUE + timedelta(days=1), limit=1) == 1
    assert _rows("SELECT matures_at FROM accruals WHERE status = 'settled'") == [(sooner + timedelta(days=7),)]


def test_a_batch_costs_the_same_statements_whatever_its_size() -> None:
    _accrue(*(Sale(buyer=3) for _ in range(400)))
    counts = [_statements(limit) for limit in (4, 600)]
    assert counts[0] == counts[1]
    assert counts[0] <= 11


def _statements(limit: int) -> int:
    seen: Counter[str] = Counter()

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen[statement] += 1

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert _settle(limit=limit) == limit
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return seen.total()


def test_a_full_batch_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "BATCH", 2)
    _accrue(Sale(buyer=3), Sale(buyer=2))
    payload = payload_of(SettlementDue(DUE))
    with unit_of_work() as uow:
        settle_two(uow, payload)
    assert _rows("SELECT count(*) FROM accruals WHERE status = 'settled'") == [(2,)]
    assert _events() == [payload]
    with unit_of_work() as uow:
        settle_two(uow, payload)
    assert _rows("SELECT count(*) FROM accruals WHERE status = 'settled'") == [(3,)]
    assert _events() == [payload]


def settle_two(uow: UnitOfWork, payload: dict[str, Any]) -> None:
    service.settle(uow, [payload])


def test_the_schedule_says_so_only_when_something_is_due() -> None:
    with unit_of_work() as uow:
        assert service.settlement_tick(uow) is False
    assert _events() == []
    _accrue(Sale(buyer=3))
    with unit_of_work() as uow:
        assert service.settlement_tick(uow) is False
    assert len(_events()) == settling.CHAINS


def test_a_reversed_accrual_leaves_the_order_of_settlement() -> None:
    _accrue(Sale(buyer=3))
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE accruals SET status = 'reversed' WHERE level = 1"))
    assert _rows("SELECT count(*) FROM accrual_maturities") == [(1,)]
    assert _settle() == 1
    assert _rows("SELECT level, status FROM accruals ORDER BY level") == [(1, "reversed"), (2, "settled")]


def test_what_was_settled_is_told_by_currency() -> None:
    _accrue(Sale(buyer=3), Sale(buyer=2))
    with unit_of_work() as uow:
        began = uow.now
        service.settle_due(uow, DUE)
    with unit_of_work() as uow:
        assert service.settled_since(uow, began) == [("CNY", 3, 1_900)]
        assert service.settled_since(uow, began + MOMENT) == []
