"""From a filled room to money given back, through the provider: at every state, and what follows for commissions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from after_sales import ADMIN, replayed, rows, wallet
from flask import Flask
from room_shop import PRICE, RoomShop, room_shop
from sample_sales import LONG_AGO, a_plan
from sqlalchemy import text

from socialshop.commissions import service as commissions
from socialshop.infra.outbox import payload_of
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.ledger.service import WalletBalances
from socialshop.orders import service as orders
from socialshop.orders.errors import NothingToRefund
from socialshop.payments.events import RefundFailed, RefundPaid
from socialshop.rooms.service import Joined
from tests.due_work import work
from workers import handlers

HOLD = 3
RETURN_DAYS = 7
DAY = timedelta(days=1)
STATES = ("confirmed", "shipped", "received", "completed")


class Bought:
    """A buyer with a sponsor, and the order that filled a room."""

    def __init__(self, shop: RoomShop) -> None:
        self.shop = shop
        with unit_of_work(shop.pay_shop.clock) as uow:
            plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 777}, hold_days=HOLD)
            commissions.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
        self.sponsor, self.buyer = shop.member().number, shop.member()
        with unit_of_work() as uow:
            uow.session.execute(
                text(
                    "INSERT INTO referral_nodes VALUES (:sponsor, NULL, 0, '{}', :at),"
                    " (:buyer, :sponsor, 1, ARRAY[CAST(:sponsor AS bigint)], :at)"
                    " ON CONFLICT (member_number) DO UPDATE SET sponsor = excluded.sponsor,"
                    " depth = excluded.depth, uplines = excluded.uplines"
                ),
                {"sponsor": self.sponsor, "buyer": self.buyer.number, "at": LONG_AGO},
            )
        self.host = shop.open(shop.deal(size=2))
        self.joined: Joined = shop.join(self.host.room.id, self.buyer)
        self.order_id = self.joined.order.id

    def fill(self) -> None:
        self.shop.pay(self.host)
        self.shop.pay(self.joined)
        self.work()

    def work(self) -> None:
        work()

    def reach(self, state: str) -> None:
        """From confirmed onwards, step by step."""
        clock = self.shop.pay_shop.clock
        steps = STATES[: STATES.index(state) + 1]
        if "shipped" in steps:
            in_unit_of_work(lambda uow: orders.ship(uow, ADMIN, self.order_id, "SF", "1"), clock)
        if "received" in steps:
            in_unit_of_work(lambda uow: orders.receive(uow, self.buyer.number, self.order_id), clock)
        if "completed" in steps:
            clock.advance(timedelta(days=RETURN_DAYS))
            in_unit_of_work(orders.complete_due, clock)
        self.work()
        assert self.status() == state

    def ask(self, amount_minor: int | None = None) -> uuid.UUID:
        clock = self.shop.pay_shop.clock
        number = self.buyer.number
        return in_unit_of_work(
            lambda uow: orders.request_refund(uow, number, self.order_id, "broken", amount_minor=amount_minor), clock
        ).id

    def approve(self, refund_id: uuid.UUID) -> None:
        in_unit_of_work(lambda uow: orders.approve_refund(uow, ADMIN, refund_id, None), self.shop.pay_shop.clock)
        self.work()

    def settle(self) -> int:
        clock = self.shop.pay_shop.clock
        return in_unit_of_work(lambda uow: commissions.settle_due(uow, clock.now()), clock)

    def status(self) -> str:
        return str(rows("SELECT status FROM orders WHERE id = :id", id=self.order_id)[0][0])

    def refund_status(self, refund_id: uuid.UUID) -> str:
        return str(rows("SELECT status FROM refunds WHERE id = :id", id=refund_id)[0][0])


@pytest.fixture
def bought(app: Flask, tmp_path: Path) -> Iterator[Bought]:
    with room_shop(app, tmp_path) as shop:
        yield Bought(shop)


@pytest.mark.parametrize("amounts", [(), (3_333,), (None,), (3_333, None), (1, 2_222, 333)])
@pytest.mark.parametrize("state", STATES)
def test_after_refunds_at_every_state_the_commission_is_the_rule_on_the_net(
    bought: Bought, state: str, amounts: tuple[int | None, ...]
) -> None:
    bought.fill()
    bought.reach(state)
    for amount in amounts:
        refund_id = bought.ask(amount)
        bought.approve(refund_id)
        assert bought.refund_status(refund_id) == "refunded"
    back = PRICE if None in amounts else sum(amount or 0 for amount in amounts)
    ((refunded, captured),) = rows(
        "SELECT p.refunded_minor, p.captured_minor FROM payments p WHERE p.order_id = :id", id=bought.order_id
    )
    assert (refunded, captured) == (back, PRICE)
    assert bought.status() == ("refunded" if back == PRICE else state)
    has = wallet(bought.sponsor)
    assert has.pending + has.available == (PRICE - back) * 777 // 10_000
    assert bought.shop.pay_shop.differences() == []
    assert replayed() is None


def test_commission_matures_at_receipt_with_the_days_to_send_back_and_the_hold(bought: Bought) -> None:
    bought.fill()
    bought.reach("shipped")
    assert rows("SELECT DISTINCT matures_at FROM accruals") == [(None,)]
    received = bought.shop.pay_shop.clock.now()
    in_unit_of_work(lambda uow: orders.receive(uow, bought.buyer.number, bought.order_id), bought.shop.pay_shop.clock)
    bought.work()
    ((matures,),) = rows("SELECT matures_at FROM accruals")
    assert matures == received + (RETURN_DAYS + HOLD) * DAY
    bought.shop.pay_shop.clock.advance((RETURN_DAYS + HOLD) * DAY - timedelta(microseconds=1))
    assert bought.settle() == 0
    bought.shop.pay_shop.clock.advance(timedelta(microseconds=1))
    assert bought.settle() == 1
    assert wallet(bought.sponsor) == WalletBalances(0, PRICE * 777 // 10_000, 0, 0)
    assert replayed() is None


def test_a_receipt_told_twice_matures_once(bought: Bought) -> None:
    bought.fill()
    bought.reach("received")
    before = rows("SELECT matures_at, accrual_id FROM accrual_maturities")
    payload = {"order_id": str(bought.order_id)}
    for _ in range(2):
        in_unit_of_work(lambda uow: commissions.mature_received(uow, [payload]))
    assert rows("SELECT matures_at, accrual_id FROM accrual_maturities") == before
    assert len(before) == 1


def test_what_accrues_after_the_receipt_matures_likewise(bought: Bought) -> None:
    clock = bought.shop.pay_shop.clock
    bought.shop.pay(bought.host)
    bought.shop.pay(bought.joined)
    names = [name for name in handlers.names() if name != "accrue_orders"]
    work(names)
    received = clock.now()
    in_unit_of_work(lambda uow: orders.ship(uow, ADMIN, bought.order_id, "SF", "1"), clock)
    in_unit_of_work(lambda uow: orders.receive(uow, bought.buyer.number, bought.order_id), clock)
    work(names)
    assert rows("SELECT count(*) FROM accruals") == [(0,)]
    bought.work()
    assert rows("SELECT matures_at FROM accruals") == [(received + (RETURN_DAYS + HOLD) * DAY,)]
    assert rows("SELECT count(*) FROM accrual_maturities") == [(1,)]
    assert replayed() is None


def test_after_the_return_window_a_refund_is_still_accepted_as_requested(bought: Bought) -> None:
    bought.fill()
    bought.reach("received")
    first = bought.ask(1)
    bought.shop.pay_shop.clock.advance(timedelta(days=RETURN_DAYS))
    second = bought.ask(1)
    assert rows("SELECT in_window, status FROM refunds WHERE id = :id", id=first) == [(True, "requested")]
    assert rows("SELECT in_window, status FROM refunds WHERE id = :id", id=second) == [(False, "requested")]


def test_a_refund_that_is_told_twice_has_one_effect(bought: Bought) -> None:
    bought.fill()
    refund_id = bought.ask(3_333)
    bought.approve(refund_id)
    before = rows("SELECT status, refunded_minor FROM orders WHERE id = :id", id=bought.order_id)
    payment_id = rows("SELECT id FROM payments WHERE order_id = :id", id=bought.order_id)[0][0]
    told = payload_of(RefundPaid(payment_id, bought.order_id, refund_id, 3_333))
    with unit_of_work() as uow:
        orders.on_refund_paid(uow, [told, told])
    bought.work()
    assert rows("SELECT status, refunded_minor FROM orders WHERE id = :id", id=bought.order_id) == before
    assert before == [("confirmed", 3_333)]
    assert rows("SELECT count(*) FROM outbox_events WHERE name = 'OrderRefunded'") == [(1,)]
    assert rows("SELECT count(*) FROM clawbacks") == [(1,)]


def test_a_refund_that_the_provider_refuses_waits_for_a_decision_again(bought: Bought) -> None:
    bought.fill()
    refund_id = bought.ask()
    clock = bought.shop.pay_shop.clock
    in_unit_of_work(lambda uow: orders.approve_refund(uow, ADMIN, refund_id, None), clock)
    payment_id = rows("SELECT id FROM payments WHERE order_id = :id", id=bought.order_id)[0][0]
    with unit_of_work() as uow:
        orders.on_refund_failed(uow, [payload_of(RefundFailed(payment_id, bought.order_id, refund_id, PRICE))])
    assert rows("SELECT status, decided_at, failed_at IS NULL FROM refunds") == [("requested", None, False)]
    with pytest.raises(NothingToRefund):
        bought.ask()
    bought.approve(refund_id)
    assert bought.refund_status(refund_id) == "refunded"
    assert bought.shop.pay_shop.differences() == []
