"""Calls side by side: one that breaks is put off alone, and a notice of what is known asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from socialshop.kernel.money import Money
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.rules import Outcome, ProviderPayment
from tests.payment_shop import PaymentShop, payment_shop, rows


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PaymentShop]:
    with payment_shop(app, tmp_path) as found:
        yield found


def test_a_call_that_breaks_is_put_off_and_the_others_of_its_batch_are_recorded(
    shop: PaymentShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = [shop.open(1000 + place) for place in range(3)]
    pay = SandboxGateway.pay

    def break_at_the_second(
        self: SandboxGateway, key: str, reference: object, amount: Money, outcome: Outcome, **more: bool | str | None
    ) -> ProviderPayment:
        if amount.amount_minor == 1001:
            raise ValueError("no answer that this program knows")
        return pay(self, key, reference, amount, outcome, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(SandboxGateway, "pay", break_at_the_second)
    for view in views:
        shop.pay(view)
    shop.work()
    assert [shop.status(view) for view in views] == ["authorized", "created", "authorized"]
    assert rows(
        "SELECT state, attempts, count(*) FROM outbox_deliveries WHERE handler = 'make_payment_call'"
        " GROUP BY 1, 2 ORDER BY 1"
    ) == [("done", 0, 2), ("pending", 1, 1)]


def test_a_notice_of_a_step_that_is_known_asks_nobody(shop: PaymentShop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    fetch = SandboxGateway.fetch

    def note(self: SandboxGateway, ref: str) -> ProviderPayment | None:
        asked.append(ref)
        return fetch(self, ref)

    monkeypatch.setattr(SandboxGateway, "fetch", note)
    view = shop.open()
    shop.pay(view)
    shop.work()
    shop.capture(view)
    shop.work()
    assert shop.notify(shop.journal.undelivered()) == [202, 202]
    shop.work()
    assert asked == []
    assert rows("SELECT outcome, count(*) FROM payment_notices GROUP BY 1") == [("applied", 2)]
