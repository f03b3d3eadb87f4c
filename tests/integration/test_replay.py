"""Replay finds every planted difference, and says the same of the same books."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_forest, a_plan, confirmed, place, sell, some_sales
from sqlalchemy import text

from socialshop.commissions import service
from socialshop.commissions.service import Replay, replaying
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _replay() -> Replay:
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return service.replay(uow)


def _accrue(orders: list[uuid.UUID]) -> None:
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*orders))


@pytest.fixture
def _busy_shop(app: Flask) -> None:
    forest = a_forest(40, seed=1)
    with unit_of_work() as uow:
        place(uow, forest)
        plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 800}, {"kind": "host", "rate_bps": 100}, hold_days=3)
        service.publish_plan(uow, plan, country="CN", effective_at=NEW_YEAR + timedelta(hours=5))
        service.publish_plan(uow, a_plan(), country="CN", effective_at=NEW_YEAR + timedelta(hours=30))
        orders = sell(uow, some_sales(forest, 60, seed=2))
    _accrue(orders[:25])
    _accrue(orders[25:])


def _tamper(*statements: str) -> None:
    """Change what nobody may: as the owner, with the triggers off."""
    with unit_of_work() as uow:
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            assert uow.session.execute(text(statement)).rowcount > 0  # type: ignore[attr-defined]
        uow.session.execute(text("SET ROLE socialshop_app"))


def test_an_empty_shop_replays_to_the_hash_of_nothing(app: Flask) -> None:
    assert _replay() == Replay(0, 0, 0, EMPTY, None)


@pytest.mark.usefixtures("_busy_shop")
def test_the_same_books_have_the_same_hash_whatever_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _replay()
    monkeypatch.setattr(replaying, "_LINES_AT_A_TIME", 7)
    assert first.difference is None
    assert _replay() == first
    with unit_of_work() as uow:
        counts = uow.session.execute(
            text(
                "SELECT (SELECT count(*) FROM order_lines), (SELECT count(*) FROM accruals), "
                "(SELECT count(*) FROM accrual_skips)"
            )
        ).one()
    assert (first.lines, first.accruals, first.skips) == tuple(counts)
    assert first.accruals > 50


@pytest.mark.usefixtures("_busy_shop")
def test_settlement_changes_no_statement() -> None:
    before = _replay()
    with unit_of_work() as uow:
        assert service.settle_due(uow, uow.now) > 0
    assert _replay() == before


@pytest.mark.usefixtures("_busy_shop")
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE accruals SET amount_minor = amount_minor + 1 WHERE id = {newest}",
            "sale",
        ),
        (
            "UPDATE accruals SET beneficiary = 41 - beneficiary WHERE id = {newest}",
            "to",
        ),
        (
            "UPDATE accruals SET matures_at = now() WHERE id = {newest}",
            "maturing",
        ),
        ("DELETE FROM accruals WHERE id = {newest}", "stored nothing"),
        ("UPDATE accrual_skips SET reason = 'no_host' WHERE reason = 'no_upline'", "skipped: no_upline"),
        ("DELETE FROM accrual_skips WHERE reason = 'no_plan_in_force'", "skipped: no_plan_in_force"),
        ("UPDATE accrued_lines SET base_minor = base_minor + 1000000 WHERE base_minor > 0", "recomputed"),
        ("UPDATE accrued_lines SET uplines = '{}' WHERE uplines <> '{}'", "skipped: no_upline"),
        ("UPDATE accrued_lines SET plan_version_id = NULL WHERE plan_version_id IS NOT NULL", "another plan version"),
        ("UPDATE commission_plan_versions SET document = jsonb_set(document, '{hold_days}', '9')", "not the one"),
        ("UPDATE commission_plan_versions SET effective_at = effective_at + interval '1 hour'", "another plan"),
    ],
)
def test_a_planted_difference_is_found_and_named(statement: str, words: str) -> None:
    assert _replay().difference is None
    _tamper(statement.replace("{newest}", "(SELECT id FROM accruals ORDER BY id DESC LIMIT 1)"))
    found = _replay()
    assert found.statement_hash is None
    assert found.difference is not None
    assert words in found.difference


@pytest.mark.usefixtures("app")
def test_snapshots_from_before_and_after_a_correction_replay_each_as_it_stood() -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2, 4: None, 5: None})
        service.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
    for sponsor in (1, 4, None):
        with unit_of_work() as uow:
            for member, uplines in ((2, [sponsor]), (3, [2, sponsor])):
                uow.session.execute(
                    text("UPDATE referral_nodes SET uplines = :uplines WHERE member_number = :member"),
                    {"uplines": [above for above in uplines if above is not None], "member": member},
                )
            orders = sell(uow, [Sale(buyer=3) for _ in range(10)], prefix=f"under{sponsor}-")
        _accrue(orders)
    found = _replay()
    assert (found.lines, found.accruals, found.skips, found.difference) == (30, 50, 10, None)


@pytest.mark.usefixtures("app")
def test_the_export_is_ordered_and_says_ids_as_they_came() -> None:
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2})
        uow.session.execute(text("UPDATE members SET external_id = '=cmd|x' WHERE number = 1"))
        uow.session.execute(text("UPDATE members SET external_id = NULL WHERE number = 2"))
        service.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
        orders = sell(uow, [Sale(buyer=3), Sale(buyer=2, lines=((50, 1), (200, 1)))], prefix='o,"')
    _accrue(orders)
    with unit_of_work() as uow:
        rows = list(service.export_accruals(uow))
        key: Any = uow.session.execute(text("SELECT id FROM members WHERE number = 2")).scalar()
    assert [tuple(row) for row in rows] == [
        ('o,"1', to_public("mbr", key), "sale", 1, 800, "CNY", "held"),
        ('o,"1', "=cmd|x", "sale", 2, 300, "CNY", "held"),
        ('o,"2', "=cmd|x", "sale", 1, 4, "CNY", "held"),
        ('o,"2', "=cmd|x", "sale", 1, 16, "CNY", "held"),
    ]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    assert [tuple(row)[:2] for row in csv.reader(io.StringIO(out.getvalue()))] == [row[:2] for row in rows]
