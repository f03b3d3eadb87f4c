"""Accrual through the database: exact figures, snapshots, the books, and what the database refuses."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sample_sales import (
    LONG_AGO,
    NEW_YEAR,
    ORACLE,
    ORACLE_PLAN,
    Sale,
    a_forest,
    a_plan,
    confirmed,
    place,
    sell,
    some_sales,
)
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from socialshop.commissions import service
from socialshop.commissions.plan import Plan
from socialshop.commissions.store import accruals as store
from socialshop.infra.db import db
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.referrals import service as referrals

CHAIN = {1: None, 2: 1, 3: 2, 4: None}


def _publish(plan: Plan, effective_at: Any = LONG_AGO) -> uuid.UUID:
    with unit_of_work() as uow:
        return service.publish_plan(uow, plan, country="CN", effective_at=effective_at).id


def _accrue(*ids: uuid.UUID) -> None:
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*ids))


def _sell(*sales: Sale) -> list[uuid.UUID]:
    with unit_of_work() as uow:
        return sell(uow, sales)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with unit_of_work() as uow:
        return [tuple(row) for row in uow.session.execute(text(query))]


def _balances() -> dict[str, int]:
    query = """
        SELECT a.name, sum(p.amount_minor) FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id
        GROUP BY a.name
    """
    return {name: int(total) for name, total in _rows(query)}


@pytest.fixture(autouse=True)
def _a_chain_of_three_and_one_beside(app: Flask) -> None:
    with unit_of_work() as uow:
        place(uow, CHAIN)


def test_an_order_accrues_to_its_uplines_and_the_books_say_so() -> None:
    version = _publish(a_plan(hold_days=7))
    (order,) = _sell(Sale(buyer=3, lines=((2933, 2),), host=4))
    _accrue(order)
    assert _rows("SELECT beneficiary, kind, level, leg, amount_minor, currency, status FROM accruals ORDER BY leg") == [
        (2, "sale", 1, 0, 234, "CNY", "held"),
        (1, "sale", 2, 1, 87, "CNY", "held"),
    ]
    assert _rows("SELECT DISTINCT matures_at, settled_at FROM accruals") == [(NEW_YEAR + timedelta(days=7), None)]
    assert _rows("SELECT plan_version_id, buyer, host, uplines, base_minor, quantity, sale_at FROM accrued_lines") == [
        (version, 3, 4, [2, 1], 2933, 2, NEW_YEAR)
    ]
    assert _rows("SELECT reference, kind, posting_count FROM ledger_entries") == [
        (f"accrual:{to_public('ord', order)}", "accrual", 4)
    ]
    assert _balances() == {"shop:commission_expense": -321, "member:2:pending": 234, "member:1:pending": 87}
    named = _rows("SELECT count(*) FROM ledger_postings p JOIN accruals a ON a.id = p.subject_id")
    assert named == [(4,)]


def test_the_same_event_again_changes_nothing() -> None:
    _publish(a_plan())
    orders = _sell(Sale(buyer=3), Sale(buyer=2))
    _accrue(*orders)
    before = _rows("SELECT * FROM accruals ORDER BY id"), _balances()
    _accrue(*orders)
    _accrue(*orders, *orders)
    assert (_rows("SELECT * FROM accruals ORDER BY id"), _balances()) == before


def test_who_got_nothing_has_a_reason() -> None:
    _publish(a_plan({"kind": "sale", "level": 1, "rate_bps": 1}, {"kind": "host", "rate_bps": 1}))
    orders = _sell(Sale(buyer=3, lines=((0, 1),), host=3), Sale(buyer=4, lines=((9_999, 1),), host=2))
    _accrue(*orders)
    assert _rows("SELECT leg, kind, level, member_number, reason FROM accrual_skips ORDER BY reason") == [
        (0, "sale", 1, None, "no_upline"),
        (1, "host", 0, 3, "own_order"),
        (1, "host", 0, 2, "rounds_to_zero"),
        (0, "sale", 1, 2, "zero_amount"),
    ]
    assert _rows("SELECT count(*) FROM accruals") == [(0,)]
    assert _rows("SELECT count(*) FROM ledger_entries") == [(0,)]


def test_without_a_plan_in_its_currency_a_line_is_recorded_and_skipped_for_good() -> None:
    (order,) = _sell(Sale(buyer=3, lines=((500, 1), (700, 1)), currency="USD"))
    _accrue(order)
    _publish(a_plan(currency="USD"), effective_at=None)
    _accrue(order)
    assert (
        _rows("SELECT leg, kind, level, member_number, reason FROM accrual_skips")
        == [(-1, None, 0, None, "no_plan_in_force")] * 2
    )
    assert _rows("SELECT count(*) FROM accruals") == [(0,)]


def test_each_sale_takes_the_plan_that_was_in_force_when_it_was_made() -> None:
    rates = {0: 100, 10: 200, 20: 300}
    for day, rate in rates.items():
        plan = a_plan({"kind": "sale", "level": 1, "rate_bps": rate})
        _publish(plan, effective_at=NEW_YEAR + timedelta(days=day))
    days = (-1, 0, 9, 10, 19, 20, 400)
    orders = _sell(*(Sale(buyer=3, ordered_at=(at := NEW_YEAR + timedelta(days=day)), received_at=at) for day in days))
    _accrue(*orders)
    found = _rows(
        """
        SELECT l.sale_at, a.amount_minor FROM accrued_lines l LEFT JOIN accruals a USING (order_line_id) ORDER BY 1
        """
    )
    assert [((at - NEW_YEAR).days, amount) for at, amount in found] == [
        (-1, None),
        (0, 100),
        (9, 100),
        (10, 200),
        (19, 200),
        (20, 300),
        (400, 300),
    ]


def test_a_sponsor_corrected_between_sale_and_accrual_changes_nothing_for_that_sale() -> None:
    """One batch holds sales from both sides of the correction, of the same buyer; lines of an order stay together."""
    _publish(a_plan())
    two_lines = Sale(buyer=3, lines=((10_000, 1), (10_000, 1)))
    before = _sell(two_lines, two_lines)
    with unit_of_work() as uow:
        referrals.correct_sponsor(uow, member_number=3, new_sponsor=4, reason="misread", by="test")
    with unit_of_work() as uow:
        after = sell(uow, [two_lines, two_lines], prefix="later")
        assert referrals.sponsor_at(uow, 3, NEW_YEAR) == 2
    _accrue(*before, *after)
    found = _rows("SELECT DISTINCT order_id, beneficiary FROM accruals JOIN accrued_lines USING (order_line_id)")
    assert set(found) == {(order, member) for order in before for member in (1, 2)} | {(order, 4) for order in after}
    assert _rows("SELECT count(*) FROM ledger_entries WHERE kind = 'accrual'") == [(4,)]
    with unit_of_work() as uow:
        assert service.replay(uow).difference is None


def test_before_receipt_nothing_is_due() -> None:
    _publish(a_plan())
    (order,) = _sell(Sale(buyer=3, received_at=None))
    _accrue(order)
    assert _rows("SELECT DISTINCT matures_at FROM accruals") == [(None,)]
    with unit_of_work() as uow:
        assert service.settle_due(uow, NEW_YEAR.replace(year=9000)) == 0


def test_a_batch_costs_the_same_statements_whatever_its_size() -> None:
    _publish(a_plan({"kind": "sale", "level": 1, "rate_bps": 800}, {"kind": "host", "rate_bps": 100}))
    counts = []
    for size in (3, 300):
        orders = _sell_more(size)
        counts.append(_statements(lambda ids=orders: _accrue(*ids)))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def _sell_more(size: int) -> list[uuid.UUID]:
    with unit_of_work() as uow:
        return sell(
            uow, [Sale(buyer=3, lines=((100 + n, 1), (0, 1)), host=n % 4 + 1) for n in range(size)], prefix=f"s{size}-"
        )


def _statements(work: Any) -> int:
    seen: Counter[str] = Counter()

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen[statement] += 1

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return seen.total()


@pytest.mark.parametrize("seed", range(4))
def test_one_recursive_query_agrees_on_random_forests(seed: int) -> None:
    """The oracle is SQL alone: recursion over sponsors, numeric arithmetic; no upline array, no graph, no column."""
    forest = {number + 100: sponsor and sponsor + 100 for number, sponsor in a_forest(60, seed).items()}
    _publish(ORACLE_PLAN)
    with unit_of_work() as uow:
        place(uow, forest)
        orders = sell(uow, some_sales(forest, 80, seed))
    _accrue(*orders[:50])
    _accrue(*orders[30:])
    found = _rows("SELECT order_line_id, beneficiary, kind, level, amount_minor FROM accruals")
    assert sorted(found, key=str) == sorted(_rows(ORACLE), key=str)
    ended = _rows("SELECT (SELECT count(*) FROM accruals) + (SELECT count(*) FROM accrual_skips)")
    assert ended == _rows("SELECT 3 * count(*) FROM order_lines")
    assert _balances()["shop:commission_expense"] == -sum(row[4] for row in found)


def test_the_test_of_repeated_events_sees_a_claim_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a claim that reads the lines again instead of taking them."""

    def read_without_taking(session: Any, order_ids: Any, now: Any) -> list[store.Line]:
        rows = session.execute(text(f"SELECT {', '.join(store.Line._fields)} FROM accrued_lines"))
        return [store.Line._make(row) for row in rows]

    _publish(a_plan())
    (order,) = _sell(Sale(buyer=3))
    _accrue(order)
    monkeypatch.setattr(store, "claim_lines", read_without_taking)
    with pytest.raises(IntegrityError, match="uq_accruals_natural"):
        _accrue(order)
    assert _rows("SELECT count(*) FROM accruals") == [(2,)]


def _held() -> None:
    _publish(a_plan())
    _accrue(*_sell(Sale(buyer=3)))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accruals SET amount_minor = amount_minor + 1",
        "UPDATE accruals SET beneficiary = 4",
        "UPDATE accruals SET matures_at = '2020-01-01Z', status = 'settled', settled_at = now()",
        "UPDATE accruals SET status = 'paid_out'",
        "UPDATE accruals SET status = 'held'",
        "UPDATE accruals SET status = 'settled'",
        "UPDATE accruals SET settled_at = now()",
        "UPDATE accruals SET status = 'reversed', settled_at = now()",
        "UPDATE accruals SET status = 'gone'",
        "DELETE FROM accruals",
        "TRUNCATE accruals CASCADE",
        "UPDATE accrued_lines SET base_minor = 1",
        "DELETE FROM accrued_lines",
        "UPDATE accrual_skips SET reason = 'no_host'",
        "DELETE FROM accrual_skips",
    ],
)
@pytest.mark.parametrize("role", ["socialshop_app", "NONE"])
def test_the_database_refuses_what_must_not_change(statement: str, role: str) -> None:
    """NONE is the owner: what privileges do not refuse, triggers do."""
    _held()
    before = _rows("SELECT * FROM accruals ORDER BY id")
    with pytest.raises((IntegrityError, ProgrammingError)), unit_of_work() as uow:
        uow.session.execute(text(f"SET ROLE {role}; {statement}"))
    assert _rows("SELECT * FROM accruals ORDER BY id") == before


@pytest.mark.parametrize(
    "path",
    [
        ("settled", "paid_out"),
        ("settled", "reversed"),
        ("settled", "rejected"),
        ("reversed",),
        ("rejected",),
    ],
)
def test_an_accrual_moves_forward_and_never_back(path: tuple[str, ...]) -> None:
    _held()
    for status in path:
        _move(status)
    end = path[-1]
    for status in ("held", "settled", "paid_out", "reversed", "rejected"):
        with pytest.raises(IntegrityError, match="refused"):
            _move(status)
    assert _rows("SELECT DISTINCT status FROM accruals") == [(end,)]


def _move(status: str) -> None:
    with unit_of_work() as uow:
        uow.session.execute(
            text(
                "UPDATE accruals SET status = :status, "
                "settled_at = CASE WHEN :status = 'settled' THEN now() ELSE settled_at END"
            ),
            {"status": status},
        )


def test_an_accrual_is_born_held() -> None:
    _held()
    with pytest.raises(IntegrityError, match="born"), unit_of_work() as uow:
        uow.session.execute(
            text(
                """
                INSERT INTO accruals (id, order_line_id, beneficiary, kind, level, leg, amount_minor, currency, status,
                                      accrued_at)
                SELECT gen_random_uuid(), order_line_id, 4, kind, level, leg, 1, currency, 'paid_out', accrued_at
                FROM accruals LIMIT 1
                """
            )
        )
