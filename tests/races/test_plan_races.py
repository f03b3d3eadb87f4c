"""Many at once at one member's plan, and two schedulers at one renewal: once each, and seen to be what holds it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from plan_shop import ZONE, PlanShop, plan_shop
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.memberships import service as plans
from socialshop.memberships.store import charges as charge_store
from socialshop.memberships.store import terms as term_store
from socialshop.memberships.store.charges import ChargeRow
from socialshop.payments import service as payments
from socialshop.payments.rules import Outcome

AT_ONCE = 6
TEN_DAYS = timedelta(days=10)


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[PlanShop]:
    with plan_shop(app, tmp_path) as found:
        yield found


def at_once(shop: PlanShop, works: Sequence[Callable[[UnitOfWork], Any]]) -> Counter[str]:
    """Run each in a thread and a unit of work of its own, all starting together; returns how they ended, by code."""
    gate, ended = threading.Barrier(len(works)), list[str]()

    def run(work: Callable[[UnitOfWork], Any]) -> None:
        with shop.shop.app.app_context():
            gate.wait()
            try:
                in_unit_of_work(work, shop.clock)
                ended.append("done")
            except DomainError as refused:
                ended.append(refused.code)
            except Exception as broken:
                ended.append(type(broken).__name__)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(ended)


def test_one_who_buys_many_times_at_once_has_one_plan_and_one_payment(shop: PlanShop) -> None:
    member = shop.member()
    ended = at_once(
        shop,
        [lambda uow: plans.buy(uow, member, plan="vip", term="month", renews=True, zone=ZONE)] * AT_ONCE,
    )
    assert ended == {"done": AT_ONCE}
    assert len(rows("SELECT 1 FROM plan_subscriptions")) == 1
    assert len(rows("SELECT 1 FROM plan_charges WHERE status = 'due'")) == 1
    assert len(rows("SELECT 1 FROM payments")) == 1


def test_a_purchase_that_is_paid_while_the_expiry_runs_begins(shop: PlanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a charge found out of time, when its money is held before the step has it, then the plan is not dropped."""
    member = shop.member()
    subscription = shop.buy(member)
    due = shop.of(member).due
    assert due is not None
    shop.clock.advance(timedelta(minutes=31))
    found_of = charge_store.out_of_time

    def paid_meanwhile(session: Session, now: datetime, limit: int) -> list[ChargeRow]:
        found = found_of(session, now, limit)
        with shop.shop.app.app_context(), unit_of_work(shop.clock) as uow:
            payments.pay(uow, shop.shop.gateways, due.payment.id, member, Outcome.SUCCEEDED)
            charge_store.hold(uow.session, [charge.id for charge in found])
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(charge_store, "out_of_time", paid_meanwhile)
        assert in_unit_of_work(plans.expire_charges, shop.clock) is False
    assert rows("SELECT status FROM plan_subscriptions") == [("pending",)]
    shop.settle()
    runs = shop.of(member)
    assert (runs.id, runs.status, runs.refunds) == (subscription, "active", ())
    assert rows("SELECT status FROM plan_charges") == [("paid",)]
    assert shop.books() == {"deferred": 1000, "revenue": 0, "provider": -1000}
    shop.audit()


def test_a_trial_is_begun_once(shop: PlanShop) -> None:
    member = shop.member()
    ended = at_once(shop, [lambda uow: plans.begin_trial(uow, member, plan="vip", zone=ZONE)] * AT_ONCE)
    assert ended["done"] == 1
    assert len(rows("SELECT 1 FROM plan_terms")) == 1


def test_two_schedulers_charge_a_renewal_once(shop: PlanShop) -> None:
    members = [shop.member() for _ in range(3)]
    for member in members:
        shop.bought(member)
    shop.go_to("2027-02-04T00:00:00Z")
    shop.clock.advance(shop.of(members[0]).charge_at - shop.clock.now())  # type: ignore[operator]
    assert at_once(shop, [plans.renew_due] * AT_ONCE) == {"done": AT_ONCE}
    assert rows("SELECT kind, count(*) FROM plan_charges GROUP BY kind ORDER BY kind") == [("renewal", 3), ("start", 3)]
    assert rows("SELECT count(*) FROM payment_calls WHERE kind = 'charge'") == [(3,)]
    shop.settle()
    assert shop.books()["provider"] == -6000
    shop.audit()


def test_days_are_earned_once_however_many_earn_them(shop: PlanShop) -> None:
    for _ in range(3):
        shop.bought(shop.member())
    shop.clock.advance(TEN_DAYS)
    assert at_once(shop, [lambda uow: plans.recognise_due(uow, ZONE)] * AT_ONCE) == {"done": AT_ONCE}
    assert shop.books()["revenue"] == 3 * (8 * 33 + 2 * 32)
    shop.audit()


def test_a_refund_and_the_days_that_pass_meet_exactly(shop: PlanShop) -> None:
    member = shop.member()
    subscription = shop.bought(member)
    shop.clock.advance(TEN_DAYS)
    works = [lambda uow: plans.recognise_due(uow, ZONE), lambda uow: plans.refund(uow, member, subscription, ZONE)] * 3
    ended = at_once(shop, works)
    assert ended["done"] >= 4
    shop.settle()
    assert shop.books() == {"deferred": 0, "revenue": 355, "provider": -355}
    shop.audit()


def test_days_read_without_a_lock_are_seen_to_be_earned_twice(shop: PlanShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: what was earned before is taken from the statement's snapshot, not from the held row."""
    wrong = str(term_store._RECOGNISE).replace(" FOR NO KEY UPDATE SKIP LOCKED", "")
    monkeypatch.setattr(term_store, "_RECOGNISE", text(wrong))
    shop.bought(shop.member())
    shop.clock.advance(TEN_DAYS)
    ended = at_once(shop, [lambda uow: plans.recognise_due(uow, ZONE)] * AT_ONCE)
    # The same entry twice: its name is the second guard, and refuses other content or does nothing.
    assert ended["done"] + ended["entry_conflict"] == AT_ONCE
