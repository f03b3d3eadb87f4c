"""Disputes: what the bank takes back; the books, the commission and the findings follow, once, in any order."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from bookkeeping import proved
from flask import Flask
from payment_shop import PaymentShop, payment_shop, rows
from room_shop import Joined, RoomShop, room_shop
from sample_sales import LONG_AGO, a_plan
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from socialshop.commissions import service as commissions
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.ledger import service as ledger
from socialshop.orders import service as orders
from socialshop.payments import service as payments
from socialshop.payments.rules import Outcome
from socialshop.payments.sandbox.books import Command, Notice
from socialshop.payments.service import PaymentView
from socialshop.referrals import service as referrals
from socialshop.risk.graph import HARD
from socialshop.risk.store import marks

PRICE = 9_900
BOOKS = ("provider:sandbox:clearing", "shop:disputed", "shop:sales", "shop:bad_debt")


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def bank(shop: PaymentShop, view: PaymentView, kind: str, **body: object) -> Notice:
    """The buyer's bank does something about a payment; what the provider would send of it."""
    (payment,) = [one for one in shop.journal.payments() if one.reference == str(view.id)]
    now = shop.clock.now().isoformat().replace("+00:00", "Z")
    command = Command(kind, payment.id, dict(body), at=now, due_at=now)
    _, notice = shop.journal.run(uuid.uuid4().hex, command)
    assert notice is not None
    return notice


def opened(shop: PaymentShop, view: PaymentView, amount: int = PRICE) -> Notice:
    return bank(shop, view, "dispute", amount_minor=amount, reason="fraudulent")


def decided(shop: PaymentShop, view: PaymentView, verdict: str) -> Notice:
    (payment,) = [one for one in shop.journal.payments() if one.reference == str(view.id)]
    return bank(shop, view, "close_dispute", dispute=payment.disputes[-1].id, verdict=verdict)


def told(shop: PaymentShop, *notices: Notice) -> None:
    assert set(shop.notify(notices)) == {202}
    shop.work()


def books(shop: RoomShop) -> tuple[int, ...]:
    proof = proved()
    assert proof.holds, proof.first_difference
    return tuple(shop.balance(name) for name in BOOKS)


def sold(shop: RoomShop) -> tuple[Joined, int]:
    """Two bought, and the first one's sponsor earned a tenth; returns that purchase and the sponsor."""
    buyer, above, guest = (shop.member() for _ in range(3))
    with unit_of_work(shop.pay_shop.clock) as uow:
        plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 1_000}, hold_days=3)
        commissions.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
        referrals.place(uow, member_number=above.number, sponsor=None, placed_at=uow.now)
        referrals.place(uow, member_number=buyer.number, sponsor=above.number, placed_at=uow.now)
    joined = shop.open(shop.deal(2), buyer)
    other = shop.join(joined.room.id, guest)
    shop.pay(joined)
    shop.pay(other)
    shop.settle()
    assert books(shop) == (-2 * PRICE, 0, 2 * PRICE, 0)
    return joined, above.number


def pending(number: int) -> int:
    with unit_of_work() as uow:
        return ledger.wallet(uow, number, "CNY").pending


def refunds(joined: Joined) -> list[tuple[object, ...]]:
    return rows("SELECT status, amount_minor FROM refunds WHERE order_id = :id ORDER BY id", id=joined.order.id)


def test_a_dispute_takes_money_stops_the_commission_and_is_given_back_when_won(shop: RoomShop) -> None:
    joined, above = sold(shop)
    (buyer,) = rows("SELECT buyer FROM orders WHERE id = :id", id=joined.order.id)[0]
    told(shop.pay_shop, opened(shop.pay_shop, joined.payment))
    assert books(shop) == (-PRICE, -PRICE, 2 * PRICE, 0)
    assert (refunds(joined), pending(above)) == ([("approved", PRICE)], 990)
    assert rows("SELECT code, subject FROM findings") != []
    # Asked back a second time, decided by hand, given back by the shop: all refused, and nothing changes.
    with pytest.raises(DomainError, match="asked back already"), unit_of_work() as uow:
        orders.request_refund(uow, buyer, joined.order.id, "mine too")
    refund_id = rows("SELECT id FROM payment_disputes")[0][0]
    with pytest.raises(DomainError), unit_of_work() as uow:
        orders.reject_refund(uow, uuid.uuid4(), refund_id, "no")
    shop.pay_shop.refund(joined.payment, 1)
    shop.work()
    assert rows("SELECT last_error FROM payment_calls WHERE kind = 'refund'") == [("disputed",)]
    assert books(shop) == (-PRICE, -PRICE, 2 * PRICE, 0)
    told(shop.pay_shop, decided(shop.pay_shop, joined.payment, "won"))
    assert books(shop) == (-2 * PRICE, 0, 2 * PRICE, 0)
    assert (refunds(joined), pending(above), shop.order(joined)) == ([("rejected", PRICE)], 990, "confirmed")


def test_a_lost_dispute_is_a_refund_with_all_that_follows(shop: RoomShop) -> None:
    joined, above = sold(shop)
    told(shop.pay_shop, opened(shop.pay_shop, joined.payment, 4_000))
    told(shop.pay_shop, decided(shop.pay_shop, joined.payment, "lost"))
    assert books(shop) == (-2 * PRICE + 4_000, 0, 2 * PRICE - 4_000, 0)
    # A tenth of 5,900 is left to the sponsor.
    assert (refunds(joined), pending(above)) == ([("refunded", 4_000)], 590)
    told(shop.pay_shop, opened(shop.pay_shop, joined.payment, PRICE - 4_000))
    told(shop.pay_shop, decided(shop.pay_shop, joined.payment, "lost"))
    assert books(shop) == (-PRICE, 0, PRICE, 0)
    assert (pending(above), shop.order(joined)) == (0, "refunded")
    found = rows("SELECT f.code, c.state FROM findings f JOIN finding_cases c ON c.finding_id = f.id")
    assert ("payment_disputed", "open") in found


@pytest.mark.parametrize("verdict", ["won", "lost"])
def test_notices_of_a_dispute_turned_about_and_twice_lead_to_the_same_books(shop: RoomShop, verdict: str) -> None:
    joined, above = sold(shop)
    first = opened(shop.pay_shop, joined.payment)
    last = decided(shop.pay_shop, joined.payment, verdict)
    for notices in ((last, last), (first, last), (first, first)):
        told(shop.pay_shop, *notices)
        if verdict == "won":
            assert (books(shop), pending(above)) == ((-2 * PRICE, 0, 2 * PRICE, 0), 990)
        else:
            assert (books(shop), pending(above)) == ((-PRICE, 0, PRICE, 0), 0)
    # Heard of at its end alone: won, nothing was ever to be done about the order.
    assert refunds(joined) == ([] if verdict == "won" else [("refunded", PRICE)])
    assert rows("SELECT count(*) FROM payment_disputes") == [(1,)]
    (entry,) = rows("SELECT count(*) FROM ledger_entries WHERE kind LIKE 'dispute%'")
    assert entry == (2,)


def test_the_end_of_a_dispute_is_found_without_a_notice_and_never_changes(app: Flask, tmp_path: Path) -> None:
    with payment_shop(app, tmp_path) as shop:
        view = shop.open()
        shop.pay(view)
        shop.work()
        shop.capture(view)
        shop.work()
        told(shop, opened(shop, view, 1_000))
        decided(shop, view, "lost")
        shop.settle()
        assert rows("SELECT status FROM payment_disputes") == [("open",)]
        shop.clock.advance(timedelta(minutes=10))
        with unit_of_work(shop.clock) as uow:
            payments.poll(uow)
        shop.work()
        assert rows("SELECT d.status, look_at FROM payment_disputes d JOIN payments p ON p.id = d.payment_id") == [
            ("lost", None)
        ]
        with pytest.raises(DatabaseError, match="stand"), unit_of_work() as uow:
            uow.session.execute(text("UPDATE payment_disputes SET status = 'won'"))


def test_the_same_card_of_two_members_is_a_mark_of_both(app: Flask, tmp_path: Path) -> None:
    with payment_shop(app, tmp_path) as shop:
        views = [shop.open() for _ in range(3)]
        payers = [shop.payer(view) for view in views]
        with unit_of_work(shop.clock) as uow:
            for view, payer, card in zip(views, payers, ("red", "red", None), strict=True):
                payments.pay(uow, shop.gateways, view.id, payer, Outcome.SUCCEEDED, card=card)
        shop.work()
        found = rows("SELECT mark, count(*) FROM member_signals WHERE kind = 'instrument' GROUP BY 1")
        assert [count for _, count in found] == [2]
        assert b"red" not in bytes(found[0][0])
        # A hard tie, as rings are made of.
        with unit_of_work(shop.clock) as uow:
            (tie,) = marks.shared(uow.session, uow.now - timedelta(days=1), None)
        assert (tie.kind, sorted(tie.members), tie.kind in HARD) == ("instrument", sorted(payers[:2]), True)
