"""Many at once at one payment: the rows say who won, and the provider's books that nobody else did."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from socialshop.payments.errors import RefundExceedsCapture
from socialshop.payments.service import PaymentView
from socialshop.payments.store import payments
from tests.payment_shop import PaymentShop, payment_shop, rows

CROWD = 8


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PaymentShop]:
    with payment_shop(app, tmp_path) as found:
        yield found


def _captured(shop: PaymentShop) -> PaymentView:
    view = shop.open(1000)
    shop.pay(view)
    shop.work()
    shop.capture(view)
    shop.work()
    return view


def _all_at_once(app: Flask, *works: Callable[[], object]) -> Counter[object]:
    """What each gave, or the kind of refusal; all begin at the same moment."""
    gate, seen = threading.Barrier(len(works)), list[object]()

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            gate.wait()
            try:
                seen.append(work())
            except Exception as refusal:
                seen.append(type(refusal))

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(seen)


def test_refunds_at_once_take_back_no_more_than_was_captured(app: Flask, shop: PaymentShop) -> None:
    view = _captured(shop)
    seen = _all_at_once(app, *[lambda: shop.refund(view, 400)] * CROWD)
    assert seen == {True: 2, RefundExceedsCapture: CROWD - 2}
    shop.work()
    assert [payment.refunded_minor for payment in shop.journal.payments()] == [800]
    assert shop.differences() == []


def test_without_the_conditional_claim_the_crowd_is_let_in(
    app: Flask, shop: PaymentShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: the test above would see it, and the provider refuses what is too much all the same."""
    view = _captured(shop)
    monkeypatch.setattr(payments, "claim_refund", lambda *_: True)
    seen = _all_at_once(app, *[lambda: shop.refund(view, 400)] * CROWD)
    assert seen[True] > 2
    with pytest.raises(AssertionError, match="unknown"):
        shop.settle()
    assert [payment.refunded_minor for payment in shop.journal.payments()] == [800]


def test_one_refund_asked_for_by_many_is_one(app: Flask, shop: PaymentShop) -> None:
    view, refund_id = _captured(shop), uuid.uuid4()
    seen = _all_at_once(app, *[lambda: shop.refund(view, 400, refund_id)] * CROWD)
    assert seen == {True: 1, False: CROWD - 1}
    shop.work()
    assert shop.events(view).count("RefundPaid") == 1


def test_a_hold_is_captured_or_released_by_one_of_many(app: Flask, shop: PaymentShop) -> None:
    for _ in range(5):
        view = shop.open()
        shop.pay(view)
        shop.work()
        works = [lambda v=view: shop.capture(v), lambda v=view: shop.release(v)] * (CROWD // 2)  # type: ignore[misc]
        assert _all_at_once(app, *works) == {1: 1, 0: CROWD - 1}
        shop.work()
        assert shop.status(view) in ("captured", "released")
    assert shop.differences() == []


def test_many_clicks_pay_once(app: Flask, shop: PaymentShop) -> None:
    view = shop.open()
    _all_at_once(app, *[lambda: shop.pay(view)] * CROWD)
    shop.work()
    assert rows("SELECT kind, status FROM payment_calls") == [("pay", "succeeded")]
    assert shop.events(view) == ["PaymentAuthorized"]


def test_one_webhook_sent_by_many_is_stored_once(app: Flask, shop: PaymentShop) -> None:
    view = shop.open()
    shop.pay(view)
    shop.work()
    (notice,) = shop.journal.undelivered()
    seen = _all_at_once(app, *[lambda: shop.notify([notice])[0]] * CROWD)
    assert seen == {202: CROWD}
    assert rows("SELECT count(*) FROM payment_notices") == [(1,)]
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'ProviderNoticeStored'") == [(1,)]
