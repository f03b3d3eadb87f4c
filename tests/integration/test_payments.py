"""Payments from the click to the books: intents, calls outside transactions, webhooks, refunds, and what is refused."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from socialshop.app import create_app
from socialshop.infra import redis
from socialshop.infra.db import db
from socialshop.infra.outside import OutcomeUnknown
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.payments import service
from socialshop.payments.errors import PaymentConflict, RefundConflict, RefundExceedsCapture
from socialshop.payments.rules import TRANSITIONS, Outcome
from socialshop.payments.sandbox.books import Command
from socialshop.payments.service import PaymentView
from socialshop.payments.signatures import signed_headers
from tests.payment_shop import SECRET, WEBHOOK, PaymentShop, payment_shop, rows
from workers import jobs, relay


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PaymentShop]:
    with payment_shop(app, tmp_path) as found:
        yield found


@contextmanager
def _statements() -> Iterator[list[str]]:
    """The SQL statements of the block, without what opens and closes a transaction."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _captured(shop: PaymentShop, amount_minor: int = 1000) -> PaymentView:
    view = shop.open(amount_minor)
    shop.pay(view)
    shop.work()
    shop.capture(view)
    shop.work()
    return view


def _balance(account: str) -> int:
    with unit_of_work() as uow:
        return ledger.balance(uow, account, "CNY")


# --- paying ---------------------------------------------------------------------------------------------------------


def test_opening_a_payment_calls_no_provider(shop: PaymentShop) -> None:
    view = shop.open()
    shop.work()
    assert (view.status, shop.status(view), shop.journal.payments()) == ("created", "created", [])


def test_paying_holds_the_money_and_posts_nothing(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    assert (shop.status(view), shop.events(view)) == ("authorized", ["PaymentAuthorized"])
    assert rows("SELECT count(*) FROM ledger_entries") == [(0,)]


def test_paying_again_has_one_effect(shop: PaymentShop) -> None:
    view = shop.open()
    for _ in range(3):
        shop.pay(view)
    shop.work()
    for _ in range(3):
        shop.pay(view)
    shop.work()
    assert rows("SELECT kind, status, attempts FROM payment_calls") == [("pay", "succeeded", 1)]
    assert (shop.events(view), len(shop.journal.payments())) == (["PaymentAuthorized"], 1)


def test_a_failed_payment_may_be_paid_again_and_each_failure_is_told(shop: PaymentShop) -> None:
    view = shop.open()
    for outcome in (Outcome.FAILED, Outcome.FAILED, Outcome.SUCCEEDED):
        shop.pay(view, outcome)
        shop.work()
    assert shop.events(view) == ["PaymentFailed", "PaymentFailed", "PaymentAuthorized"]
    assert (shop.status(view), len(shop.journal.payments())) == ("authorized", 1)


def test_a_silent_success_is_unknown_until_the_poller_finds_it_within_half_a_minute(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view, Outcome.TIMEOUT)
    shop.work()
    assert rows("SELECT status FROM payment_calls") == [("unknown",)]
    assert shop.status(view) == "created"
    began = shop.clock.now()
    while shop.status(view) == "created":
        shop.clock.advance(timedelta(seconds=5))
        in_unit_of_work(service.poll, shop.clock)
        shop.work()
    assert shop.clock.now() - began <= timedelta(seconds=10)
    assert (shop.status(view), shop.events(view)) == ("authorized", ["PaymentAuthorized"])


def test_a_provider_that_is_away_leaves_the_call_open_and_asked_ever_later(shop: PaymentShop) -> None:
    view, away = shop.open(), shop.app.extensions["socialshop_payment_gateways"]
    shop.pay(view)
    shop.app.extensions["socialshop_payment_gateways"] = {}
    waits = []
    shop.work()
    for _ in range(7):
        ((due_at, now),) = rows("SELECT due_at, CAST(:now AS timestamptz) FROM payment_calls", now=shop.clock.now())
        waits.append((due_at - now).seconds)
        shop.clock.advance(due_at - now)
        in_unit_of_work(service.poll, shop.clock)
        shop.work()
    assert waits == [2, 4, 8, 16, 32, 60, 60]
    shop.app.extensions["socialshop_payment_gateways"] = away
    shop.settle()
    assert shop.status(view) == "authorized"


def test_an_order_has_one_payment(shop: PaymentShop) -> None:
    view = shop.open()
    terms = {"order_id": view.about, "payer": shop.payer(view), "amount": view.amount}
    escrow = rows("SELECT escrow_id FROM payments")[0][0]
    with unit_of_work() as uow:
        assert service.create_intent(uow, **terms, escrow_id=escrow) == view
    with pytest.raises(PaymentConflict), unit_of_work() as uow:
        service.create_intent(uow, **terms, escrow_id=uuid.uuid4())
    with pytest.raises(PaymentConflict), unit_of_work() as uow:
        service.create_intent(uow, **{**terms, "amount": Money(999, "CNY")}, escrow_id=escrow)


def test_payments_are_found_by_their_orders(shop: PaymentShop) -> None:
    first, second = shop.open(), shop.open()
    with unit_of_work() as uow:
        assert service.payment_of_order(uow, first.about) == first
        found = service.payments_of_orders(uow, [first.about, second.about, uuid.uuid4()])
        assert found == {first.about: first, second.about: second}
        with pytest.raises(NotFound):
            service.payment_of_order(uow, uuid.uuid4())


# --- the end of a hold ----------------------------------------------------------------------------------------------


def test_a_capture_posts_the_money_into_the_rooms_escrow(shop: PaymentShop) -> None:
    room = uuid.uuid4()
    views = [shop.open(1000, room), shop.open(234, room)]
    for view in views:
        shop.pay(view)
    shop.work()
    assert shop.capture(*views) == 2
    shop.work()
    assert _balance(f"room:{room}:escrow") == 1234
    assert _balance("provider:sandbox:clearing") == -1234
    assert [shop.events(view) for view in views] == [["PaymentAuthorized", "PaymentCaptured"]] * 2
    assert shop.differences() == []


def test_a_release_gives_the_hold_back_and_posts_nothing(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    assert shop.release(view) == 1
    shop.work()
    assert (shop.status(view), shop.events(view)[-1]) == ("released", "PaymentReleased")
    assert rows("SELECT count(*) FROM ledger_entries") == [(0,)]
    assert [payment.status for payment in shop.journal.payments()] == ["released"]


def test_one_hold_is_captured_or_released_never_both(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    assert [shop.capture(view), shop.release(view), shop.capture(view)] == [1, 0, 0]
    shop.work()
    assert shop.status(view) == "captured"
    assert [shop.capture(view), shop.release(view)] == [0, 0]


def test_what_holds_nothing_is_left_out(shop: PaymentShop) -> None:
    view, failed = shop.open(), shop.open()
    shop.pay(failed, Outcome.FAILED)
    shop.work()
    assert [shop.capture(view, failed), shop.release(view, failed)] == [0, 0]


def test_a_hold_that_lapsed_at_the_provider_fails_its_capture(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    (theirs,) = shop.journal.payments()
    shop.journal.run("lapsed", Command("release", theirs.id, {}))
    shop.capture(view)
    shop.work()
    assert shop.events(view) == ["PaymentAuthorized", "CaptureFailed", "PaymentReleased"]
    assert rows("SELECT status, last_error FROM payment_calls WHERE kind = 'capture'") == [
        ("failed", "already_released")
    ]
    assert shop.differences() == []


# --- refunds --------------------------------------------------------------------------------------------------------


def test_refunds_go_back_from_sales_part_by_part(shop: PaymentShop) -> None:
    view = _captured(shop)
    first, second = uuid.uuid4(), uuid.uuid4()
    assert [shop.refund(view, 400, first), shop.refund(view, 400, first)] == [True, False]
    shop.work()
    assert (shop.status(view), _balance("shop:sales"), _balance("provider:sandbox:clearing")) == (
        "captured",
        -400,
        -600,
    )
    shop.refund(view, 600, second)
    shop.work()
    assert (shop.status(view), _balance("shop:sales")) == ("refunded", -1000)
    assert shop.events(view)[-2:] == ["RefundPaid", "RefundPaid"]
    assert rows("SELECT reference FROM ledger_entries WHERE kind = 'refund' ORDER BY id") == [
        (f"refund:{to_public('rfd', first)}",),
        (f"refund:{to_public('rfd', second)}",),
    ]
    assert shop.differences() == []


def test_no_more_is_asked_back_than_was_captured(shop: PaymentShop) -> None:
    view, held = _captured(shop), shop.open()
    shop.refund(view, 700)
    for payment, amount in ((view, 301), (held, 1)):
        with pytest.raises(RefundExceedsCapture):
            shop.refund(payment, amount)
    shop.work()
    with pytest.raises(RefundExceedsCapture):
        shop.refund(view, 301)
    assert rows("SELECT count(*), sum(amount_minor) FROM payment_calls WHERE kind = 'refund'") == [(1, 700)]


def test_a_refunds_id_names_one_refund(shop: PaymentShop) -> None:
    view, other, refund_id = _captured(shop), _captured(shop), uuid.uuid4()
    shop.refund(view, 10, refund_id)
    for payment, amount in ((view, 11), (other, 10)):
        with pytest.raises(RefundConflict):
            shop.refund(payment, amount, refund_id)
    with pytest.raises(NotFound), unit_of_work() as uow:
        service.request_refund(uow, payment_id=uuid.uuid4(), refund_id=uuid.uuid4(), amount_minor=1)


def test_a_refused_refund_is_told_and_may_be_asked_for_again(shop: PaymentShop) -> None:
    view, refund_id = _captured(shop), uuid.uuid4()
    (theirs,) = shop.journal.payments()
    shop.journal.run("by hand", Command("refund", theirs.id, {"reference": "by hand", "amount_minor": 600}))
    shop.refund(view, 500, refund_id)
    shop.work()
    assert shop.events(view)[-1] == "RefundFailed"
    assert rows("SELECT claimed_minor, refunded_minor FROM payments") == [(0, 0)]
    shop.refund(view, 400, refund_id)
    shop.work()
    assert shop.events(view)[-1] == "RefundPaid"
    assert rows("SELECT claimed_minor, refunded_minor FROM payments") == [(400, 400)]


# --- webhooks -------------------------------------------------------------------------------------------------------


def _post(shop: PaymentShop, body: bytes, headers: dict[str, str], path: str = WEBHOOK) -> tuple[int, str | None]:
    answer = shop.app.test_client().post(path, data=body, headers=headers, content_type="application/json")
    return answer.status_code, (answer.get_json() or {}).get("code")


def test_a_webhook_is_stored_once_and_applied_from_the_fetched_state(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    shop.capture(view)
    shop.work()
    notices = shop.journal.undelivered()
    assert [notice.type for notice in notices] == ["payment.authorized", "payment.captured"]
    before = shop.events(view)
    assert shop.notify([*reversed(notices), *notices, *notices]) == [202] * 6
    shop.work()
    assert rows("SELECT outcome, count(*) FROM payment_notices GROUP BY 1") == [("applied", 2)]
    assert (shop.events(view), shop.status(view), shop.differences()) == (before, "captured", [])


def test_a_webhook_that_outruns_the_answer_is_enough(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    relay.relay()
    ((call_id, key),) = rows("SELECT id, key FROM payment_calls")
    shop.gateways["sandbox"].pay(key, view.id, view.amount, Outcome.SUCCEEDED)
    shop.notify(shop.journal.undelivered())
    relay.relay()
    jobs.drain("apply_payment_notice")
    assert (shop.status(view), shop.events(view)[-1]) == ("authorized", "PaymentAuthorized")
    assert rows("SELECT status FROM payment_calls WHERE id = :id", id=call_id) == [("succeeded",)]
    shop.work()
    assert shop.events(view).count("PaymentAuthorized") == 1


def test_a_body_that_lies_is_not_believed(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view, Outcome.FAILED)
    shop.work()
    (theirs,) = shop.journal.payments()
    body = json.dumps({"type": "payment.captured", "payment": theirs.id, "status": "captured"}).encode()
    assert _post(shop, body, signed_headers(SECRET, "evt_lie", shop.clock.now(), body)) == (202, None)
    shop.work()
    assert shop.status(view) == "failed"


def test_what_is_about_no_payment_of_ours_is_stored_and_ignored(shop: PaymentShop) -> None:
    foreign = {"reference": str(uuid.uuid4()), "amount_minor": 5, "currency": "CNY"}
    answer, _ = shop.journal.run("foreign", Command("create", "", foreign))
    for event_id, ref in (("evt_unknown", "sp_nobody"), ("evt_foreign", answer["id"]), ("evt_odd", "../../x")):
        body = json.dumps({"type": "payment.captured", "payment": ref}).encode()
        assert _post(shop, body, signed_headers(SECRET, event_id, shop.clock.now(), body)) == (202, None)
    shop.work()
    assert rows("SELECT outcome, count(*) FROM payment_notices GROUP BY 1") == [("ignored", 3)]


def test_forged_stale_and_malformed_webhooks_store_nothing(shop: PaymentShop) -> None:
    body = json.dumps({"type": "payment.captured", "payment": "sp_1"}).encode()
    good = signed_headers(SECRET, "evt_1", shop.clock.now(), body)
    stale = signed_headers(SECRET, "evt_1", shop.clock.now() - timedelta(minutes=5, seconds=1), body)
    forged = signed_headers("guessed", "evt_1", shop.clock.now(), body)
    for headers in ({}, stale, forged, {**good, "webhook-id": "evt_2"}):
        assert _post(shop, body, headers) == (401, "webhook_refused")
    assert _post(shop, body + b" ", good) == (401, "webhook_refused")
    for nonsense in (b"{}", b'{"type": 1, "payment": "x"}', b'{"type": "a", "payment": ""}'):
        headers = signed_headers(SECRET, "evt_1", shop.clock.now(), nonsense)
        assert _post(shop, nonsense, headers) == (422, "notice_malformed")
    assert _post(shop, body, good, WEBHOOK.replace("sandbox", "nobody")) == (404, "not_found")
    assert rows("SELECT count(*) FROM payment_notices") == [(0,)]
    assert _post(shop, body, good) == (202, None)


def test_a_notice_waits_for_a_provider_that_is_away(shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    shop.notify(shop.journal.undelivered())
    here = shop.app.extensions["socialshop_payment_gateways"]
    shop.app.extensions["socialshop_payment_gateways"] = {}
    shop.work()
    assert rows("SELECT outcome FROM payment_notices") == [(None,)]
    assert rows("SELECT count(*) FROM outbox_deliveries WHERE state <> 'done'") == [(0,)]
    shop.app.extensions["socialshop_payment_gateways"] = here
    shop.settle()
    assert rows("SELECT outcome FROM payment_notices") == [("applied",)]


# --- over HTTP ------------------------------------------------------------------------------------------------------


def _register(shop: PaymentShop, name: str) -> tuple[str, int]:
    """A member with a token, and the member's number."""
    person = {"email": f"{name}@example.com", "password": "correct horse battery", "display_name": name}
    answer = shop.app.test_client().post("/api/v1/members", json={**person, "accept_terms": True})
    assert answer.status_code == 201
    number = rows("SELECT max(number) FROM members")[0][0]
    return str(answer.get_json()["token"]), int(number)


def _pay_path(view: PaymentView) -> str:
    return f"/api/v1/sandbox/payments/{to_public('pay', view.id)}/pay"


def test_a_buyer_pays_the_own_payment_and_nobody_elses(shop: PaymentShop) -> None:
    mine, number = _register(shop, "buyer")
    other, _ = _register(shop, "other")
    view = shop.open()
    own = shop.open_for(number)
    client = shop.app.test_client()

    def pay(token: str, path: str, body: object = None) -> tuple[int, dict[str, object]]:
        answer = client.post(
            path, json=body or {"outcome": "succeeded"}, headers={"Authorization": f"Bearer {token}"} if token else {}
        )
        return answer.status_code, answer.get_json()

    for token, path in ((other, _pay_path(own)), (mine, _pay_path(view)), (mine, _pay_path(own).replace("pay_", "x_"))):
        assert pay(token, path)[0] == 404
    assert pay("", _pay_path(own))[0] == 401
    assert pay(mine, _pay_path(own), {"outcome": "stolen"})[0] == 422
    assert pay(mine, _pay_path(own), {"outcome": "failed", "more": 1})[0] == 422
    assert rows("SELECT count(*) FROM payment_calls") == [(0,)]
    with _statements() as seen:
        status, said = pay(mine, _pay_path(own))
    assert (status, said["status"], said["amount"]) == (202, "created", {"amount_minor": 1000, "currency": "CNY"})
    assert said["id"] == to_public("pay", own.id)
    assert len(seen) <= 4, seen
    shop.work()
    assert pay(mine, _pay_path(own))[1]["status"] == "authorized"


def test_without_a_provider_paying_says_so(shop: PaymentShop) -> None:
    token, number = _register(shop, "buyer")
    view = shop.open_for(number)
    shop.app.extensions["socialshop_payment_gateways"] = {}
    answer = shop.app.test_client().post(
        _pay_path(view), json={"outcome": "succeeded"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (503, "payment_provider_unavailable")
    assert rows("SELECT count(*) FROM payment_calls") == [(0,)]


def test_in_production_there_is_no_sandbox(app: Flask) -> None:
    settings = app.extensions["socialshop_settings"]
    secret = SecretStr("shared")
    production = {"environment": "production", "sandbox_url": "http://127.0.0.1:1", "sandbox_secret": secret}
    found = create_app(settings.model_copy(update=production))
    assert found.extensions["socialshop_payment_gateways"] == {}
    assert not [rule for rule in found.url_map.iter_rules() if "/sandbox/" in rule.rule]
    assert [rule for rule in app.url_map.iter_rules() if "/sandbox/" in rule.rule]
    with found.app_context():
        db.engine.dispose()
        redis.client().close()


# --- counts, guards -------------------------------------------------------------------------------------------------


def test_a_payment_event_is_applied_in_at_most_12_statements(shop: PaymentShop) -> None:
    view, other = shop.open(), shop.open()
    counts: dict[str, int] = {}

    def count(what: str, handler: str) -> None:
        relay.relay()
        with _statements() as seen:
            assert jobs.drain(handler) == 1
        counts[what] = len(seen)

    shop.pay(view)
    count("authorized by the answer", "make_payment_call")
    shop.notify(shop.journal.undelivered())
    count("told again", "apply_payment_notice")
    shop.capture(view)
    count("captured by the answer", "make_payment_call")
    shop.refund(view, 1000)
    count("refunded by the answer", "make_payment_call")
    shop.pay(other)
    shop.work()
    shop.capture(other)
    relay.relay()
    ((key, ref),) = rows(
        "SELECT c.key, p.provider_ref FROM payment_calls c JOIN payments p ON p.id = c.payment_id"
        " WHERE c.kind = 'capture' AND p.id = :id",
        id=other.id,
    )
    shop.gateways["sandbox"].capture(key, ref, 1000)
    shop.notify(shop.journal.undelivered()[-1:])
    count("captured by the notice", "apply_payment_notice")
    assert [shop.status(view), shop.status(other)] == ["refunded", "captured"]
    assert max(counts.values()) <= 12, counts


def test_the_declared_life_stands_in_the_database(app: Flask) -> None:
    assert {tuple(pair) for pair in rows("SELECT before, after FROM payment_transitions")} == {
        (before.value, after.value) for before, after in TRANSITIONS
    }


@pytest.mark.parametrize(
    "change",
    [
        "status = 'captured', captured_minor = 1001",
        "status = 'captured'",
        "captured_minor = 1",
        "status = 'created'",
        "status = 'failed'",
        "status = 'refunded', captured_minor = 10, claimed_minor = 10, refunded_minor = 10",
        "claimed_minor = 1",
        "amount_minor = 2000",
        "payer = payer + 1",
        "provider_ref = 'sp_other'",
    ],
)
def test_the_database_refuses_what_a_payment_never_does(shop: PaymentShop, change: str) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    before = rows("SELECT * FROM payments")
    with pytest.raises(IntegrityError), unit_of_work() as uow:
        uow.session.execute(text(f"UPDATE payments SET {change}"))
    assert rows("SELECT * FROM payments") == before


@pytest.mark.parametrize("change", ["status = 'unknown', finished_at = NULL", "amount_minor = 1", "key = 'x'"])
def test_a_calls_intent_and_outcome_stand(shop: PaymentShop, change: str) -> None:
    shop.pay(shop.open())
    shop.work()
    with pytest.raises(IntegrityError), unit_of_work() as uow:
        uow.session.execute(text(f"UPDATE payment_calls SET {change}"))


def test_the_call_finds_no_transaction_open(shop: PaymentShop) -> None:
    class Watching:
        name = "sandbox"

        def pay(self, *_: object, **_more: object) -> None:
            with shop.app.app_context(), db.engine.connect() as owner:
                owner.execute(text("RESET ROLE"))
                open_elsewhere = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                open_elsewhere += " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
                assert owner.execute(text(open_elsewhere)).scalar_one() == 0
                assert owner.execute(text("SELECT status FROM payment_calls")).scalars().all() == ["intended"]
            raise OutcomeUnknown("watched")

    shop.pay(shop.open())
    shop.app.extensions["socialshop_payment_gateways"] = {"sandbox": Watching()}
    shop.work()
    assert rows("SELECT status, last_error FROM payment_calls") == [("unknown", "watched")]
