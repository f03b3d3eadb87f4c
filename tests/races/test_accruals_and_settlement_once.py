"""Four at once, the same events twice, a queue that forgets: every accrual and every settlement exactly once.

What counts is what the rows and the books say, never what a call returned.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, ORACLE, ORACLE_PLAN, a_forest, confirmed, place, sell, some_sales
from sqlalchemy import text
from tea_house import TeaHouse, until

from socialshop.commissions import service
from socialshop.commissions.events import SettlementDue
from socialshop.commissions.store import settlement
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.orders.events import OrdersConfirmed

END = NEW_YEAR.replace(year=2027)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with unit_of_work() as uow:
        return [tuple(row) for row in uow.session.execute(text(query))]


def _a_busy_shop(seed: int, sales: int = 120) -> list[uuid.UUID]:
    forest = a_forest(40, seed)
    with unit_of_work() as uow:
        place(uow, forest)
        service.publish_plan(uow, ORACLE_PLAN, country="CN", effective_at=LONG_AGO)
        return sell(uow, some_sales(forest, sales, seed))


def _at_once(app: Flask, work: Sequence[Callable[[], object]]) -> None:
    def run(one: Callable[[], object]) -> None:
        with app.app_context():
            one()

    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(run, one) for one in work]:
            done.result()


def _accrued_once() -> None:
    """The accruals are the oracle's, and the books hold each of them once, in an entry an order."""
    found = _rows("SELECT order_line_id, beneficiary, kind, level, amount_minor FROM accruals")
    assert sorted(found, key=str) == sorted(_rows(ORACLE), key=str)
    assert (
        _rows(
            """
        SELECT a.id FROM accruals a
        LEFT JOIN (
            ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id AND e.kind = 'accrual'
            JOIN ledger_accounts c ON c.id = p.account_id AND split_part(c.name, ':', 3) = 'pending'
        ) ON p.subject_id = a.id
        GROUP BY a.id, a.amount_minor, a.beneficiary
        HAVING count(p.entry_id) <> 1 OR sum(p.amount_minor) <> a.amount_minor
            OR min(split_part(c.name, ':', 2)) <> a.beneficiary::text
        """
        )
        == []
    )
    lines = _rows("SELECT (SELECT count(*) FROM order_lines), (SELECT count(*) FROM accrued_lines)")
    assert lines[0][0] == lines[0][1]


def _settled_once() -> None:
    """Every accrual is settled, each reached its member's wallet once, and nothing is left pending."""
    assert _rows("SELECT DISTINCT status FROM accruals") == [("settled",)]
    assert _rows("SELECT count(*) FROM accrual_maturities") == [(0,)]
    assert (
        _rows(
            """
        SELECT a.id FROM accruals a
        LEFT JOIN (
            ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id AND e.kind = 'settlement'
            JOIN ledger_accounts c ON c.id = p.account_id AND split_part(c.name, ':', 3) = 'wallet'
        ) ON p.subject_id = a.id
        GROUP BY a.id, a.amount_minor HAVING count(p.entry_id) <> 1 OR sum(p.amount_minor) <> a.amount_minor
        """
        )
        == []
    )
    assert (
        _rows(
            """
        SELECT c.name FROM ledger_balances b JOIN ledger_accounts c ON c.id = b.account_id
        WHERE split_part(c.name, ':', 3) = 'pending' AND b.amount_minor <> 0
        """
        )
        == []
    )


@pytest.mark.parametrize("seed", range(3))
def test_four_workers_on_the_same_events_accrue_each_line_once(app: Flask, seed: int) -> None:
    orders = _a_busy_shop(seed)
    turned = [orders, orders[::-1], orders[60:] + orders[:60], orders[::2] + orders[1::2]]

    def accrue(part: list[uuid.UUID]) -> None:
        for start in range(0, len(part), 30):
            in_unit_of_work(partial(service.accrue_orders, payloads=confirmed(*part[start : start + 30])))

    _at_once(app, [partial(accrue, part) for part in turned])
    _accrued_once()


def _settle_everything() -> None:
    while in_unit_of_work(lambda uow: service.settle_due(uow, END, limit=7)):
        pass


@pytest.mark.parametrize("seed", range(3))
def test_four_settlements_at_once_settle_each_accrual_once(app: Flask, seed: int) -> None:
    orders = _a_busy_shop(seed)
    in_unit_of_work(lambda uow: service.accrue_orders(uow, confirmed(*orders)))
    _at_once(app, [_settle_everything] * 4)
    _settled_once()


def test_the_audit_sees_a_settlement_that_reads_instead_of_claiming(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: what is due is read, and its status written later. Two of them pay twice."""

    def read_only(session: Any, as_of: object, now: object, limit: int) -> list[settlement.Matured]:
        rows = session.execute(text("SELECT id, beneficiary, amount_minor, currency FROM accruals ORDER BY id"))
        return [tuple(row) for row in rows]

    orders = _a_busy_shop(0)
    in_unit_of_work(lambda uow: service.accrue_orders(uow, confirmed(*orders)))
    monkeypatch.setattr(settlement, "claim_matured", read_only)
    in_unit_of_work(lambda uow: service.settle_due(uow, END))
    with pytest.raises(AssertionError):
        _settled_once()


def _confirm(orders: Sequence[uuid.UUID], size: int = 10) -> None:
    with unit_of_work() as uow:
        for start in range(0, len(orders), size):
            uow.emit(OrdersConfirmed(tuple(orders[start : start + size])))


def test_valkey_emptied_in_the_middle_loses_nothing(tea_house: TeaHouse, own_valkey: Any) -> None:
    orders = _a_busy_shop(7)
    for kind in ("relay", "worker", "worker"):
        tea_house.start_shop(kind)
    for start in range(0, len(orders), 24):
        _confirm(orders[start : start + 24], size=3)
        own_valkey.empty()
    with unit_of_work() as uow:
        uow.emit(SettlementDue(END))
    own_valkey.empty()
    until(tea_house.all_done, "the outbox is drained")
    _accrued_once()
    with unit_of_work() as uow:
        service.begin_settlement(uow, END)
    own_valkey.empty()
    until(tea_house.all_done, "the outbox is drained")
    _settled_once()
