"""Guards of money with the first of them taken away: the next one holds, or the audit of the books sees it.

Each fault was made by some shop: a payment captured twice, a notice applied twice, a refund subtracted twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from after_sales import claw_back, refund, replayed, settle, wallet
from flask import Flask
from payment_shop import PaymentShop, payment_shop, rows
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, place, sell
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from socialshop.commissions import rules
from socialshop.commissions import service as commissions
from socialshop.commissions.store import clawbacks
from socialshop.infra.uow import unit_of_work
from socialshop.ledger.service import WalletBalances
from socialshop.payments.rules import Status
from socialshop.payments.service import recording
from socialshop.payments.store import payments


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PaymentShop]:
    with payment_shop(app, tmp_path) as found:
        yield found


def _captured(shop: PaymentShop) -> Any:
    view = shop.open()
    shop.pay(view)
    shop.work()
    shop.capture(view)
    shop.work()
    return view


def test_a_second_capture_that_is_decided_without_looking_is_no_second_call(
    shop: PaymentShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = _captured(shop)
    monkeypatch.setattr(payments, "standing_holds", lambda *_: [(view.id, 1000)])
    assert shop.capture(view) == shop.release(view) == 0
    shop.work()
    assert rows("SELECT count(*) FROM payment_calls WHERE kind = 'capture'") == [(1,)]
    assert shop.differences() == []


def test_a_capture_that_is_applied_again_is_refused_by_the_books(
    shop: PaymentShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = _captured(shop)
    monkeypatch.setattr(recording, "path", lambda *_: [Status.CAPTURED])
    shop.notify(shop.journal.undelivered())
    shop.work()
    assert shop.events(view).count("PaymentCaptured") >= 1
    assert rows("SELECT count(*) FROM ledger_entries WHERE kind = 'capture'") == [(1,)]
    assert shop.differences() == []


def test_a_notice_that_is_stored_without_asking_is_refused_by_the_database(shop: PaymentShop) -> None:
    shop.pay(shop.open())
    shop.work()
    shop.notify(shop.journal.undelivered())
    with pytest.raises(IntegrityError, match="uq_payment_notices_provider_event_id"), unit_of_work() as uow:
        uow.session.execute(
            text(
                "INSERT INTO payment_notices (id, provider, event_id, ref, kind, received_at, due_at)"
                " SELECT gen_random_uuid(), provider, event_id, ref, kind, received_at, due_at FROM payment_notices"
            )
        )


@pytest.fixture
def sold(app: Flask) -> uuid.UUID:
    """An order of 10,000 whose commission of 800 and 300 has settled."""
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2})
        commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
        (order,) = sell(uow, [Sale(buyer=3)])
    with unit_of_work() as uow:
        commissions.accrue_orders(uow, confirmed(order))
    settle(NEW_YEAR)
    return order


def test_a_refund_followed_again_without_its_claim_takes_nothing_more(
    sold: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gumroad #4372, lms-front #511: the refund after the settlement was subtracted twice."""
    refund_id = refund(sold, 5_000)
    monkeypatch.setattr(clawbacks, "claim", lambda *_: True)
    claw_back(refund_id)
    assert (wallet(2), wallet(1)) == (WalletBalances(0, 400, 0, 0), WalletBalances(0, 150, 0, 0))
    assert replayed() is None


def test_a_refund_subtracted_again_from_what_is_left_is_refused_by_the_database(
    sold: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund_id = refund(sold, 5_000)
    monkeypatch.setattr(clawbacks, "claim", lambda *_: True)
    monkeypatch.setattr(rules, "too_much", lambda *_: 100)
    with pytest.raises(IntegrityError, match="uq_clawbacks_accrual_id_refund_id"):
        claw_back(refund_id)
    assert (wallet(2), wallet(1)) == (WalletBalances(0, 400, 0, 0), WalletBalances(0, 150, 0, 0))
