"""A provider's own records against the books: what was lost heals, what differs is a case once, and is decided once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bookkeeping import proved
from click.testing import CliRunner, Result
from flask import Flask
from payment_shop import SECRET, PaymentShop, payment_shop, rows
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from socialshop.cli import main
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Entry, Posting
from socialshop.payments import service as payments
from socialshop.payments.errors import CaseClosed
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.sandbox.books import Command
from socialshop.payments.service import PaymentView
from tests.integration.test_disputes import decided, opened
from workers import schedule

BOSS = uuid.UUID("01890000-0000-7000-8000-00000000ad01")


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PaymentShop]:
    with payment_shop(app, tmp_path) as found:
        found.server.fee_bps = 60
        yield found


def captured(shop: PaymentShop, *amounts: int) -> list[PaymentView]:
    views = [shop.open(amount) for amount in amounts]
    for view in views:
        shop.pay(view)
    shop.work()
    shop.capture(*views)
    shop.work()
    return views


def tick(shop: PaymentShop, wait: timedelta = timedelta()) -> None:
    """Let time pass, then do what the schedule does about providers, twice, as two schedulers would."""
    shop.clock.advance(wait)
    for _ in range(2):
        in_unit_of_work(schedule.read_provider_records, shop.clock)
    shop.work()


def by_hand(shop: PaymentShop, view: PaymentView, kind: str, **body: object) -> None:
    """Somebody does something at the provider itself, and nothing tells of it."""
    (payment,) = [one for one in shop.journal.payments() if one.reference == str(view.id)]
    at = shop.clock.now().astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    shop.journal.run(uuid.uuid4().hex, Command(kind, payment.id, dict(body), at=at, due_at=at))


def cases() -> list[tuple[object, ...]]:
    return rows(
        "SELECT kind, about, theirs_minor, ours_minor, state FROM reconciliation_cases ORDER BY kind, theirs_minor"
    )


def next_day(shop: PaymentShop) -> timedelta:
    now = shop.clock.now()
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return midnight + timedelta(minutes=20) - now


def test_a_day_on_which_all_agrees_is_green_and_fees_are_posted_once(shop: PaymentShop) -> None:
    views = captured(shop, 10_000, 5_000)
    shop.refund(views[0], 2_500)
    shop.work()
    tick(shop)
    tick(shop, next_day(shop))
    compared = rows("SELECT compared, differences, done_at IS NOT NULL FROM reconciliations ORDER BY day")
    assert compared == [(0, 0, True), (3, 0, True)]
    assert cases() == []
    with unit_of_work() as uow:
        # 60 + 30 of fees; nobody posts them a second time.
        assert ledger.balance(uow, chart.PROVIDER_FEES, "CNY") == -90
        assert ledger.balance(uow, chart.provider_clearing("sandbox"), "CNY") == -15_000 + 2_500 + 90
    tick(shop, timedelta(days=1))
    assert rows("SELECT count(*) FROM ledger_entries WHERE kind = 'provider_fees'") == [(1,)]
    proof = proved()
    assert proof.holds, proof.first_difference


def test_what_no_notice_told_of_is_found_within_minutes(shop: PaymentShop) -> None:
    """Given a payment at rest; when a bank takes its money back and the notice is lost; then the records tell."""
    (view,) = captured(shop, 9_900)
    tick(shop)
    opened(shop, view, 9_900)
    assert rows("SELECT count(*) FROM payment_disputes") == [(0,)]
    tick(shop, timedelta(minutes=5))
    assert rows("SELECT status FROM payment_disputes") == [("open",)]
    decided(shop, view, "won")
    tick(shop, timedelta(minutes=5))
    assert rows("SELECT status FROM payment_disputes") == [("won",)]
    tick(shop, next_day(shop))
    assert (cases(), rows("SELECT compared, differences FROM reconciliations ORDER BY day")) == (
        [],
        [(0, 0), (3, 0)],
    )


def test_what_differs_is_a_case_once_healed_by_itself_or_decided_with_a_reason(
    shop: PaymentShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = captured(shop, 9_900, 700)
    # Given back by hand at the provider; an entry of the books that no provider knows; a dispute that nobody hears of.
    by_hand(shop, mine, "refund", reference="by hand", amount_minor=400)
    ghost = Entry(
        "capture:pay_01k9w3q2mxe5tb6v8c4yd7r1hz",
        "capture",
        (Posting(chart.provider_clearing("sandbox"), -55, "CNY"), Posting(chart.SALES, 55, "CNY")),
    )
    with unit_of_work(shop.clock) as uow:
        ledger.post(uow, [ghost])
    with monkeypatch.context() as deaf:
        deaf.setattr(SandboxGateway, "fetch", lambda *_: None)
        by_hand(shop, theirs, "dispute", amount_minor=700, reason="general")
        tick(shop, next_day(shop))
    found = [
        ("missing_here", "refunded", 400, None, "open"),
        ("missing_here", "disputed", 700, None, "open"),
        ("missing_there", "captured", None, -55, "open"),
    ]
    assert cases() == found
    # The provider is heard again: the dispute is booked, and its case closes; nothing is found twice.
    for _ in range(2):
        tick(shop, timedelta(minutes=11))
    assert cases() == [found[0], (*found[1][:4], "healed"), found[2]]
    (case_id,) = rows("SELECT id FROM reconciliation_cases WHERE kind = 'missing_there'")[0]
    with unit_of_work(shop.clock) as uow:
        payments.decide_case(uow, BOSS, case_id, "an entry of a test; reversed")
    with pytest.raises(CaseClosed), unit_of_work(shop.clock) as uow:
        payments.decide_case(uow, BOSS, case_id, "once more")
    assert rows("SELECT count(*) FROM audit_entries WHERE action = 'reconciliation.decided'") == [(1,)]
    day = rows("SELECT day FROM reconciliations")[0][0]
    with unit_of_work(shop.clock) as uow:
        uow.emit_all(payments.ask_reconciliation(uow, shop.gateways, day))
    shop.work()
    assert [case[4] for case in cases()] == ["open", "healed", "decided"]
    with pytest.raises(DatabaseError, match="stand"), unit_of_work() as uow:
        uow.session.execute(text("UPDATE reconciliation_cases SET state = 'open' WHERE state = 'healed'"))


def test_a_provider_that_does_not_answer_is_asked_again(shop: PaymentShop) -> None:
    captured(shop, 100)
    gone = {"sandbox": SandboxGateway("http://127.0.0.1:9", "shared")}
    shop.app.extensions["socialshop_payment_gateways"] = gone
    tick(shop, next_day(shop))
    (row,) = rows("SELECT done_at, last_error FROM reconciliations")
    assert (row[0], row[1][:15]) == (None, "no answer to GE")
    shop.app.extensions["socialshop_payment_gateways"] = shop.gateways
    tick(shop, timedelta(minutes=11))
    assert rows("SELECT compared, differences, last_error FROM reconciliations") == [(1, 0, None)]
    assert cases() == []


def test_the_console_says_what_differs_and_exits_with_it(shop: PaymentShop, database_url: str, redis_url: str) -> None:
    (view,) = captured(shop, 9_900)
    secrets = {"SOCIALSHOP_SANDBOX_URL": f"http://127.0.0.1:{shop.server.server_port}"}
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SOCIALSHOP_SECRET_KEY": "test-only"}

    def reconcile(**more: str) -> Result:
        asked = ["reconcile", "--day", str(shop.clock.now().date()), "--json"]
        return CliRunner(env={**environment, **more}).invoke(main, asked, prog_name="socialshop")

    nobody = reconcile()
    assert (nobody.exit_code, nobody.stderr) == (1, "socialshop: no payment provider is set up here\n")
    secrets["SOCIALSHOP_SANDBOX_SECRET"] = SECRET
    # A dispute that nobody told of is made up for first; what was given back by hand stays.
    by_hand(shop, view, "dispute", amount_minor=9_000, reason="general")
    agreed = reconcile(**secrets)
    assert (agreed.exit_code, json.loads(agreed.stdout)[0]["differences"]) == (0, [])
    assert rows("SELECT status FROM payment_disputes") == [("open",)]
    decided(shop, view, "won")
    by_hand(shop, view, "refund", reference="by hand", amount_minor=400)
    differs = reconcile(**secrets)
    (day,) = json.loads(differs.stdout)
    assert differs.exit_code == 1
    assert [(one["kind"], one["about"], one["theirs_minor"]) for one in day["differences"]] == [
        ("missing_here", "refunded", 400)
    ]
