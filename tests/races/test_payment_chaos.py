"""A provider that misbehaves by seed: what it captured is what the ledger captured, and nothing happens twice."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from socialshop.infra.uow import in_unit_of_work
from socialshop.payments import service
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.rules import Outcome, ProviderPayment
from socialshop.payments.sandbox.books import Notice
from socialshop.payments.sandbox.faults import Faults
from socialshop.payments.service import PaymentView
from tests.due_work import one_round
from tests.payment_shop import PaymentShop, payment_shop, rows

PAYMENTS_A_SEED = 25
PAUSE = timedelta(seconds=15)
OUTCOMES = (Outcome.SUCCEEDED, Outcome.TIMEOUT, Outcome.DUPLICATE, Outcome.FAILED)


def _faults(seed: int) -> Faults:
    return Faults(seed, silent_percent=20, error_percent=10, duplicate_percent=30, drop_percent=20)


def _shuffled(notices: list[Notice], seed: int) -> list[Notice]:
    """30 % twice, 20 % never, all in an order of the seed's own."""
    faults = _faults(seed)
    copies = [(notice, copy) for notice in notices for copy in range(faults.copies(notice.id, notice.copies))]
    order = Faults(seed, delay_ms=1_000_000)
    return [notice for notice, copy in sorted(copies, key=lambda one: order.delay(one[0].id, one[1]))]


def _live_through(shop: PaymentShop, seed: int, count: int) -> list[PaymentView]:
    """Pay, capture or release, refund in parts; notices in any order between and after; faults all the way."""
    shop.server.faults = _faults(seed)
    views = [shop.open(1000 + number) for number in range(count)]
    for number, view in enumerate(views):
        shop.pay(view, OUTCOMES[(number + seed) % len(OUTCOMES)])
    shop.settle()
    for view in views:
        shop.pay(view)
    shop.work()
    shop.notify(_shuffled(shop.journal.undelivered(), seed))
    shop.settle()
    kept = [view for number, view in enumerate(views) if number % 5]
    shop.capture(*kept)
    shop.release(*[view for view in views if view not in kept])
    shop.settle()
    for part in (300, 200):
        for view in kept[::2]:
            refund_id = uuid.uuid4()
            assert [shop.refund(view, part, refund_id), shop.refund(view, part, refund_id)] == [True, False]
        shop.work()
        shop.notify(_shuffled(shop.journal.undelivered(), seed + 1)[:40])
    shop.settle()
    return views


def _audit(shop: PaymentShop, views: list[PaymentView]) -> None:
    theirs = {payment.reference: payment for payment in shop.journal.payments()}
    for number, view in enumerate(views):
        payment = theirs[str(view.id)]
        kept = number % 5 > 0
        assert payment.captured_minor == (view.amount.amount_minor if kept else 0)
        refunded = 500 if kept and views.index(view) in _every_second_kept(len(views)) else 0
        assert payment.refunded_minor == refunded
        told = shop.events(view)
        assert told.count("PaymentAuthorized") == 1
        assert told.count("PaymentCaptured") == int(kept)
        assert told.count("PaymentReleased") == int(not kept)
        assert told.count("RefundPaid") == (2 if refunded else 0)
    assert shop.differences() == []
    assert rows("SELECT kind, count(*) FROM payment_calls WHERE status <> 'succeeded' GROUP BY 1") == []


def _every_second_kept(count: int) -> set[int]:
    return set([number for number in range(count) if number % 5][::2])


@pytest.mark.parametrize("seed", range(3))
def test_captured_at_the_provider_is_captured_in_the_ledger(app: Flask, tmp_path: Path, seed: int) -> None:
    with payment_shop(app, tmp_path) as shop:
        _audit(shop, _live_through(shop, seed, PAYMENTS_A_SEED))
        unknown = rows("SELECT count(*) FROM payment_calls WHERE attempts > 1")[0][0]
        assert unknown > PAYMENTS_A_SEED // 5, "the faults did not bite"


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_captured_at_the_provider_is_captured_in_the_ledger_over_ten_thousand(
    app: Flask, tmp_path: Path, chaos: Callable[[int], int]
) -> None:
    for seed in range(1000, 1000 + chaos(100)):
        with payment_shop(app, tmp_path / str(seed)) as shop:
            views = _live_through(shop, seed, 100)
            mine = {str(view.id) for view in views}
            assert [one for one in shop.differences() if one[0] in mine] == []  # type: ignore[index]
            took = sum(payment.captured_minor for payment in shop.journal.payments())
            booked = rows(
                "SELECT -sum(l.amount_minor) FROM ledger_postings l JOIN ledger_entries e ON e.id = l.entry_id"
                " JOIN ledger_accounts a ON a.id = l.account_id JOIN payments p ON p.order_id = l.subject_id"
                " WHERE a.name = 'provider:sandbox:clearing' AND e.kind = 'capture' AND p.id = ANY(:ids)",
                ids=[view.id for view in views],
            )[0][0]
            kept = [view.amount.amount_minor for number, view in enumerate(views) if number % 5]
            assert took == booked == sum(kept)
    calls, again = rows("SELECT count(*), count(*) FILTER (WHERE attempts > 1) FROM payment_calls")[0]
    assert again > calls // 10, "the faults did not bite"


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_notices_in_every_order_lead_to_the_same_books(app: Flask, tmp_path: Path, order: tuple[int, ...]) -> None:
    """The shop hears nothing but notices: every answer is lost, each notice may come first."""
    with payment_shop(app, tmp_path) as shop:
        view = shop.open()
        gateway = shop.gateways["sandbox"]
        shop.pay(view)
        (key,) = rows("SELECT key FROM payment_calls")[0]
        held = gateway.pay("earlier", view.id, view.amount, Outcome.FAILED)
        gateway.pay(key, view.id, view.amount, Outcome.SUCCEEDED)
        gateway.capture("c", held.ref, 1000)
        gateway.refund("r", held.ref, uuid.uuid4(), 1000)
        notices = shop.journal.undelivered()
        assert len(notices) == 4
        shop.notify([notices[place] for place in order for _ in range(2)])
        shop.work()
        assert shop.status(view) == "captured"
        assert shop.events(view) == ["PaymentAuthorized", "PaymentCaptured"]
        assert rows("SELECT count(*), sum(amount_minor) FILTER (WHERE amount_minor > 0) FROM ledger_postings") == [
            (2, 1000)
        ]


def test_two_pollers_and_two_workers_have_each_effect_once(app: Flask, tmp_path: Path) -> None:
    with payment_shop(app, tmp_path) as shop:
        shop.server.faults = _faults(3)
        views = [shop.open() for _ in range(20)]
        for view in views:
            shop.pay(view, Outcome.TIMEOUT)
        shop.work()
        for decide in (lambda: None, lambda: shop.capture(*views)):
            decide()
            for _ in range(4):
                shop.clock.advance(PAUSE)
                _twice_at_once(app, shop)
            shop.settle()
        assert {shop.status(view) for view in views} == {"captured"}
        assert {shop.events(view).count("PaymentCaptured") for view in views} == {1}
        assert shop.differences() == []


def _twice_at_once(app: Flask, shop: PaymentShop) -> None:
    faults: list[BaseException] = []

    def poll_and_work() -> None:
        with app.app_context():
            try:
                in_unit_of_work(service.poll, shop.clock)
                one_round()
            except BaseException as error:
                faults.append(error)

    threads = [threading.Thread(target=poll_and_work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_the_audit_sees_a_provider_called_without_its_key(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: a new key at every attempt takes part of a refund twice."""
    with payment_shop(app, tmp_path) as shop:
        view = shop.open()
        shop.pay(view)
        shop.work()
        shop.capture(view)
        shop.work()
        whole = SandboxGateway.refund

        def forgetful(self: SandboxGateway, _key: str, ref: str, _id: uuid.UUID, amount: int) -> ProviderPayment:
            return whole(self, uuid.uuid4().hex, ref, uuid.uuid4(), amount)

        monkeypatch.setattr(SandboxGateway, "refund", forgetful)
        shop.server.faults = Faults(silent_percent=100)
        shop.refund(view, 400)
        shop.work()
        shop.server.faults = Faults()
        monkeypatch.setattr(SandboxGateway, "refund", whole)
        shop.settle()
        assert shop.differences() != []
