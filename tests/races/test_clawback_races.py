"""Claw backs beside settlement and beside each other, and killed: what counts is rows and books."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from after_sales import ADMIN, approve, ask, claw_back, refund, replayed, rows, settle, wallet
from bookkeeping import proved
from flask import Flask
from patience import PATIENCE
from sample_sales import LONG_AGO, NEW_YEAR, Sale, a_plan, confirmed, place, sell
from tea_house import KILLED, TeaHouse, until

from socialshop.commissions import service
from socialshop.commissions.service import settling
from socialshop.infra.outbox import payload_of
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.ledger import chart
from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service import post
from socialshop.orders import service as orders
from socialshop.orders.errors import AmountTooLarge, RefundDecided
from socialshop.orders.events import OrderRefunded, OrdersConfirmed
from tests.rounds import rounds

DUE = NEW_YEAR + timedelta(days=1)


def _a_shop(sales: int) -> list[uuid.UUID]:
    """Member 3 buys under 2 and 1, for 9,999 each time."""
    with unit_of_work() as uow:
        place(uow, {1: None, 2: 1, 3: 2})
        service.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
    with unit_of_work() as uow:
        return sell(uow, [Sale(buyer=3, lines=((9_999, 1),)) for _ in range(sales)])


def _accrue(order_ids: Sequence[uuid.UUID]) -> None:
    with unit_of_work() as uow:
        service.accrue_orders(uow, confirmed(*order_ids))


def _at_once(app: Flask, work: Sequence[Callable[[], object]], threads: int = 4) -> list[object]:
    def run(one: Callable[[], object]) -> object:
        with app.app_context():
            return one()

    with ThreadPoolExecutor(threads) as pool:
        return [done.result() for done in [pool.submit(run, one) for one in work]]


def _claw_back(refund_id: uuid.UUID) -> None:
    payload = payload_of(OrderRefunded(order_id=uuid.uuid4(), refund_id=refund_id))
    in_unit_of_work(lambda uow: service.claw_back(uow, [payload]))


def _settle(limit: int) -> None:
    in_unit_of_work(lambda uow: service.settle_due(uow, DUE, limit))


def _sound(nets: Sequence[int], spent: int = 0) -> None:
    """Each upline has the rule on each net, in whatever account; the books prove and replay agrees."""
    for member, rate in ((2, 800), (1, 300)):
        has = wallet(member)
        expected = sum(net * rate // 10_000 for net in nets)
        assert has.pending + has.available - has.owed == expected - (spent if member == 2 else 0), member
    assert replayed() is None
    proof = proved()
    assert proof.holds, proof.first_difference


@pytest.mark.parametrize("seed", rounds(3, 6))
def test_settlement_and_claw_backs_at_once_come_to_the_rule_on_the_net(app: Flask, seed: int) -> None:
    chance = random.Random(seed)
    order_ids = _a_shop(30)
    _accrue(order_ids)
    # Member 2 owes from the start, so that settlements net while claw backs take.
    settle_first, rest = order_ids[:5], order_ids[5:]
    _settle(2 * len(settle_first))
    spent = wallet(2).available
    with unit_of_work() as uow:
        postings = (
            Posting(chart.member_wallet(2), -spent, "CNY"),
            Posting("payout:bank:clearing", spent, "CNY"),
        )
        post(uow, [Entry("spent", "payout", postings)])
    back = {order: chance.choice((3_333, 9_999)) for order in chance.sample(order_ids, 20)}
    refunds = [ask(order, amount) for order, amount in back.items()]
    for refund_id in refunds:
        approve(refund_id)
    work: list[Callable[[], object]] = [partial(_claw_back, refund_id) for refund_id in refunds * 2]
    work += [partial(_settle, chance.randint(1, 9)) for _ in range(30)]
    chance.shuffle(work)
    _at_once(app, work)
    _settle(1_000)
    assert rest
    assert rows("SELECT count(*) FROM accruals WHERE status = 'held'") == [(0,)]
    assert rows("SELECT count(*) FROM clawed_refunds") == [(20,)]
    assert rows("SELECT accrual_id FROM clawbacks GROUP BY accrual_id, refund_id HAVING count(*) > 1") == []
    assert wallet(2).available == 0 or wallet(2).owed == 0
    _sound([9_999 - back.get(order, 0) for order in order_ids], spent)


def test_a_debt_that_is_made_between_the_look_and_the_posting_is_netted_all_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody owes when the settlement looks; the claw back that makes a debt commits before it posts."""
    first, second = _a_shop(2)
    _accrue([first])
    _settle(2)
    spent = wallet(2).available
    with unit_of_work() as uow:
        postings = (Posting(chart.member_wallet(2), -spent, "CNY"), Posting("payout:bank:clearing", spent, "CNY"))
        post(uow, [Entry("spent", "payout", postings)])
    _accrue([second])
    refund_id = ask(first, 9_999)
    approve(refund_id)
    look = settling._hold_debtors
    seen: list[bool] = []

    def look_then_wait(uow: UnitOfWork, matured: Sequence[settling.Matured]) -> object:
        found = look(uow, matured)
        seen.append(bool(found))
        if len(seen) == 1:
            _at_once(app, [partial(_claw_back, refund_id)], threads=1)
        return found

    monkeypatch.setattr(settling, "_hold_debtors", look_then_wait)
    _settle(2)
    assert seen == [False, True]
    # What member 2 owed of the first order is netted from the second's commission at once.
    assert (wallet(2).available, wallet(2).owed) == (0, 0)
    _sound([0, 9_999], spent)


@pytest.mark.parametrize("round_", rounds(2, 5))
def test_refunds_of_one_order_followed_at_once_are_exact(app: Flask, round_: int) -> None:
    (order,) = _a_shop(1)
    _accrue([order])
    refunds = [ask(order, amount) for amount in (1, 333, 3_333, 2_221)]
    for refund_id in refunds:
        approve(refund_id)
    _at_once(app, [partial(_claw_back, refund_id) for refund_id in refunds * 3])
    _sound([9_999 - 5_888])


def test_requests_at_once_never_ask_for_more_than_was_paid(app: Flask) -> None:
    (order,) = _a_shop(1)

    def try_to(amount: int) -> bool:
        try:
            in_unit_of_work(lambda uow: orders.request_refund(uow, 3, order, "broken", amount_minor=amount))
        except AmountTooLarge:
            return False
        return True

    asked = _at_once(app, [partial(try_to, 3_000) for _ in range(16)], threads=8)
    assert asked.count(True) == 3
    assert rows("SELECT sum(amount_minor), count(*) FROM refunds") == [(9_000, 3)]


@pytest.mark.parametrize("round_", rounds(2, 5))
def test_of_approval_and_rejection_at_once_one_stands(app: Flask, round_: int) -> None:
    (order,) = _a_shop(1)
    refund_id = ask(order)

    def decide(yes: bool) -> None:
        with suppress(RefundDecided):
            if yes:
                in_unit_of_work(lambda uow: orders.approve_refund(uow, ADMIN, refund_id, None))
            else:
                in_unit_of_work(lambda uow: orders.reject_refund(uow, ADMIN, refund_id, "no"))

    _at_once(app, [partial(decide, n % 2 == 0) for n in range(8)], threads=8)
    ((status,),) = rows("SELECT status FROM refunds")
    booked = rows("SELECT count(*) FROM ledger_entries WHERE kind = 'refund'")
    assert (status, booked) in (("refunded", [(1,)]), ("rejected", [(0,)]))


@pytest.mark.parametrize("round_", rounds(3, 8))
def test_accrual_and_claw_back_at_once_never_miss_each_other(app: Flask, round_: int) -> None:
    """Whoever is second sees the first: the sale ends at the rule on its net."""
    (order,) = _a_shop(1)
    refund_id = ask(order, 5_000)
    approve(refund_id)
    accrue = partial(in_unit_of_work, lambda uow: service.accrue_orders(uow, confirmed(order)))
    _at_once(app, [accrue, partial(_claw_back, refund_id)])
    for (payload,) in rows("SELECT payload FROM outbox_events WHERE name = 'ClawbackDue'"):
        with unit_of_work() as uow:
            service.claw_back(uow, [payload])
    _sound([4_999])


@pytest.mark.parametrize("point", ["clawback.claimed", "clawback.posted", "drain.ran"])
def test_a_claw_back_killed_at_a_named_point_happens_once(tea_house: TeaHouse, point: str) -> None:
    order_ids = _a_shop(10)
    with unit_of_work() as uow:
        uow.emit(OrdersConfirmed(tuple(order_ids)))
    tea_house.start_shop("relay")
    healthy = tea_house.start_shop("worker")
    until(tea_house.all_done, "all has accrued")
    healthy.kill()
    healthy.wait()
    for order in order_ids:
        approve(ask(order, 3_333))
    doomed = tea_house.start_shop("worker", crash_at=point)
    assert doomed.wait(PATIENCE) == KILLED
    tea_house.start_shop("worker")
    until(tea_house.all_done, "the outbox is drained")
    assert rows("SELECT count(*) FROM clawed_refunds") == [(10,)]
    _sound([6_666] * 10)


def test_a_debt_is_netted_once_by_settlements_at_once(app: Flask) -> None:
    first, *others = _a_shop(21)
    _accrue([first])
    settle(DUE)
    with unit_of_work() as uow:
        postings = (Posting(chart.member_wallet(2), -799, "CNY"), Posting("payout:bank:clearing", 799, "CNY"))
        post(uow, [Entry("spent", "payout", postings)])
    refund(first)
    claw_back(rows("SELECT id FROM refunds")[0][0])
    assert wallet(2).owed == 799
    _accrue(others)
    _at_once(app, [partial(_settle, 5) for _ in range(12)])
    assert wallet(2) == (0, 20 * 799 - 799, 0, 0)
    _sound([0, *[9_999] * 20], 799)
