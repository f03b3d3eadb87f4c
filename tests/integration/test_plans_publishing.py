"""Publishing: versions that never change, never over a sale that was made."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask
from patience import PATIENCE
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, place, sell
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from socialshop.commissions.errors import EffectiveAtTaken, EffectiveBeforeOrder, OrdersAreLanding, PlanRefused
from socialshop.commissions.findings import Severity
from socialshop.commissions.guard import SignOff
from socialshop.commissions.plan import Plan, document_of, hash_of
from socialshop.commissions.service import PublishedVersion, publish_plan
from socialshop.infra.uow import unit_of_work

SECOND = timedelta(seconds=1)


def _publish(plan: Plan, **options: object) -> PublishedVersion:
    with unit_of_work() as uow:
        return publish_plan(uow, plan, country="CN", **options)  # type: ignore[arg-type]


def _versions() -> list[tuple[int, str]]:
    with unit_of_work() as uow:
        rows = uow.session.execute(text("SELECT number, currency FROM commission_plan_versions ORDER BY effective_at"))
        return [(row.number, row.currency) for row in rows]


def _a_sale(**facts: object) -> None:
    with unit_of_work() as uow:
        place(uow, {1: None})
        sell(uow, [Sale(buyer=1, **facts)])  # type: ignore[arg-type]


def test_a_published_plan_is_stored_with_its_hash_findings_and_signature(app: Flask) -> None:
    plan = a_plan(*({"kind": "sale", "level": level, "rate_bps": 100} for level in (1, 2, 3)))
    published = _publish(plan, effective_at=NEW_YEAR, sign_off=SignOff("Lin Counsel", "seen"))
    with unit_of_work() as uow:
        row = uow.session.execute(text("SELECT * FROM commission_plan_versions")).one()
    assert (row.id, row.number, row.effective_at, row.country) == (published.id, 1, NEW_YEAR, "CN")
    assert row.document == document_of(plan)
    assert bytes(row.document_hash) == published.document_hash == hash_of(document_of(plan))
    assert [(finding["code"], finding["severity"], finding["leg"]) for finding in row.findings] == [
        ("levels", "info", 1),
        ("levels", "warning", 2),
    ]
    assert row.sign_off == {"name": "Lin Counsel", "note": "seen"}
    assert [finding.severity for finding in published.findings] == [Severity.INFO, Severity.WARNING]


def test_a_refused_plan_leaves_nothing(app: Flask) -> None:
    with pytest.raises(PlanRefused):
        _publish(a_plan({"kind": "sale", "level": 4, "rate_bps": 1}), sign_off=SignOff("Lin Counsel"))
    assert _versions() == []


def test_the_same_name_again_is_the_next_version(app: Flask) -> None:
    first = _publish(a_plan(), effective_at=NEW_YEAR)
    second = _publish(a_plan(hold_days=7), effective_at=NEW_YEAR + SECOND)
    other = _publish(a_plan(currency="USD"), effective_at=NEW_YEAR)
    assert [(v.number, v.plan_id == first.plan_id) for v in (first, second, other)] == [
        (1, True),
        (2, True),
        (1, False),
    ]


def test_the_same_again_changes_nothing_even_after_orders(app: Flask) -> None:
    first = _publish(a_plan(), effective_at=LONG_AGO)
    _a_sale()
    assert _publish(a_plan(), effective_at=LONG_AGO) == first
    assert _versions() == [(1, "CNY")]


def test_another_plan_for_the_same_instant_is_a_conflict(app: Flask) -> None:
    _publish(a_plan(), effective_at=NEW_YEAR)
    with pytest.raises(EffectiveAtTaken):
        _publish(a_plan(hold_days=1), effective_at=NEW_YEAR)
    assert _versions() == [(1, "CNY")]


@pytest.mark.parametrize("effective_at", [NEW_YEAR - SECOND, NEW_YEAR])
def test_a_plan_never_reaches_back_over_an_order(app: Flask, effective_at: object) -> None:
    _a_sale(ordered_at=NEW_YEAR)
    with pytest.raises(EffectiveBeforeOrder) as refused:
        _publish(a_plan(), effective_at=effective_at)
    assert refused.value.field == "effective_at"
    assert _versions() == []
    assert _publish(a_plan(), effective_at=NEW_YEAR + timedelta(microseconds=1)).number == 1


def test_orders_of_other_currencies_do_not_matter(app: Flask) -> None:
    _a_sale(currency="USD")
    assert _publish(a_plan(), effective_at=LONG_AGO).number == 1


def test_by_default_it_holds_after_every_order(app: Flask) -> None:
    later = NEW_YEAR.replace(year=2100)
    _a_sale(ordered_at=later, received_at=later)
    assert _publish(a_plan()).effective_at == later + timedelta(microseconds=1)


def test_a_default_instant_that_another_version_has_is_a_conflict_too(app: Flask) -> None:
    later = NEW_YEAR.replace(year=2100)
    _publish(a_plan(), effective_at=later + timedelta(microseconds=1))
    _a_sale(ordered_at=later, received_at=later)
    with pytest.raises(EffectiveAtTaken):
        _publish(a_plan(hold_days=1))
    assert _versions() == [(1, "CNY")]


def test_a_version_never_changes(app: Flask) -> None:
    _publish(a_plan())
    for statement in (
        "UPDATE commission_plan_versions SET document = '{}'",
        "DELETE FROM commission_plan_versions",
        "TRUNCATE commission_plan_versions CASCADE",
    ):
        with pytest.raises((IntegrityError, ProgrammingError)), unit_of_work() as uow:
            uow.session.execute(text(statement))
    assert _versions() == [(1, "CNY")]


def _publish_from_another_thread(app: Flask, outcome: list[object]) -> threading.Thread:
    def publish() -> None:
        with app.app_context():
            try:
                outcome.append(_publish(a_plan(), effective_at=LONG_AGO))
            except Exception as error:
                outcome.append(error)

    thread = threading.Thread(target=publish)
    thread.start()
    return thread


def _a_publisher_waits() -> bool:
    with unit_of_work() as uow:
        statement = """
            SELECT EXISTS (
                SELECT FROM pg_locks WHERE NOT granted AND relation = CAST('orders' AS regclass)
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            )
        """
        return bool(uow.session.execute(text(statement)).scalar())


def _until_the_publisher_waits(outcome: list[object]) -> None:
    # Its patience of 5 s begins when it waits, not here: a loaded machine may take its time until then.
    deadline = time.monotonic() + PATIENCE
    while not _a_publisher_waits():
        assert not outcome, "the publisher did not wait"
        assert time.monotonic() < deadline, "nobody came to wait for the lock"
        time.sleep(0.01)


def test_an_order_that_is_landing_is_waited_for_and_seen(app: Flask) -> None:
    outcome: list[object] = []
    with unit_of_work() as landing:
        place(landing, {1: None})
        sell(landing, [Sale(buyer=1)])
        thread = _publish_from_another_thread(app, outcome)
        with app.app_context():
            _until_the_publisher_waits(outcome)
        assert outcome == []
    thread.join()
    assert isinstance(outcome[0], EffectiveBeforeOrder)
    assert _versions() == []


def test_a_publisher_does_not_wait_for_ever(app: Flask) -> None:
    outcome: list[object] = []
    with unit_of_work() as landing:
        place(landing, {1: None})
        sell(landing, [Sale(buyer=1)])
        _publish_from_another_thread(app, outcome).join()
    assert isinstance(outcome[0], OrdersAreLanding)
