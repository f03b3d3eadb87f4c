"""The bench of plans: a month of 100,000 holders begun with its coupons, and a night of renewals charged.

The holders' subscriptions lie in the tables as a shop's own would. Those that renew were bought at the sandbox provider
before, for it charges only by mandates that it gave; then the clock moves to the end of their terms. What jobs do is
done here by the same service functions in the same batches, one after the other, so the figures are of one worker.
"""

from __future__ import annotations

import secrets
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import text

from socialshop.bench import landing, market
from socialshop.infra import wired
from socialshop.infra.clock import ManualClock, SystemClock
from socialshop.infra.outside import answer_to
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.offers import Offer
from socialshop.payments import service as payments
from socialshop.payments.gateway import SandboxGateway
from socialshop.payments.rules import Outcome

HOLDERS = 100_000
RENEWALS = 1_000
_PLAN, _PRICE = "bench", 1_000
_ZONE = "Asia/Shanghai"
_READY_SECONDS = 30.0
_POLLED_AFTER = timedelta(minutes=1)
# As the workers' handlers take them.
_CALLS, _CHARGES, _TERMS, _MONTHS = 16, 20, 50, 100
_HOLD = """
    INSERT INTO plan_subscriptions (id, member, offer_id, term, status, renews, number, anchor_on, months_through,
        ends_on, ends_at, months_from, created_at)
    SELECT md5('holder' || n)::uuid, n, :offer, 'year', 'active', false, 1, CAST(:now AS date), 12,
        CAST(:now AS date) + 365, CAST(:now AS timestamptz) + interval '365 days', CAST(:now AS date), :now
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
"""


def plans(app: Flask) -> dict[str, Any]:
    """Begin the month of `HOLDERS` and issue its coupon; then announce, charge and begin `RENEWALS` renewals."""
    with app.app_context(), _provider() as gateway:
        people = market.signed_in(RENEWALS + HOLDERS)
        night = _Night(ManualClock(SystemClock().now()), {"sandbox": gateway})
        offer = in_unit_of_work(partial(_offer, admin=people[0].id), night.clock)
        renewing, holding = people[:RENEWALS], people[RENEWALS:]
        bought = night.timed(lambda: _buy(night, [person.number for person in renewing]))
        values = {"offer": offer, "first": holding[0].number, "last": holding[-1].number}
        in_unit_of_work(lambda uow: uow.session.execute(text(_HOLD), {**values, "now": uow.now}), night.clock)
        market.analyze()
        figures = {"holders": HOLDERS, "renewals": RENEWALS, "bought_seconds": bought, **_month(night)}
        figures |= _renew(night)
    return figures


def _month(night: _Night) -> dict[str, Any]:
    begun = night.timed(lambda: night.all_of(lambda uow: memberships.begin_months(uow, _ZONE)))
    told = night.timed(lambda: night.follow("PlanMonthBegan", _MONTHS, memberships.on_plan_month_began))
    issued = night.timed(lambda: night.all_of(lambda uow: loyalty.hand_out_due(uow, _ZONE)))
    return {
        "months": night.count("SELECT count(*) FROM plan_months"),
        "months_seconds": begun,
        "months_told_seconds": told,
        "coupons": night.count("SELECT count(*) FROM coupon_holdings"),
        "coupons_seconds": issued,
    }


def _renew(night: _Night) -> dict[str, Any]:
    """The renewals: announced a week before, charged at their end, their terms begun, a day's revenue earned."""
    night.clock.advance(timedelta(days=25))
    announced = night.timed(lambda: night.all_of(memberships.announce_due))
    night.clock.advance(timedelta(days=7))
    opened = night.timed(lambda: night.all_of(memberships.renew_due))
    charged = night.timed(night.charge)
    night.clock.advance(timedelta(days=1))
    earned = night.timed(lambda: night.all_of(lambda uow: memberships.recognise_due(uow, _ZONE)))
    renewed = night.count("SELECT count(*) FROM plan_terms WHERE kind = 'paid' AND number = 2")
    return {
        "announced_seconds": announced,
        "opened_seconds": opened,
        "charged_seconds": charged,
        "renewed": renewed,
        "renewals_per_second": round(renewed / (opened + charged), 1),
        "revenue_seconds": earned,
        "aim": "renewed = renewals, months = coupons = holders + renewals",
    }


A = TypeVar("A")
R = TypeVar("R")


@dataclass
class _Night:
    """Time that moves when told, and what follows from events, as the relay would lead it to the workers."""

    clock: ManualClock
    gateways: Mapping[str, SandboxGateway]
    _seen: dict[str, int] = field(default_factory=dict)

    def timed(self, work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return round(time.perf_counter() - began, 2)

    def all_of(self, step: Callable[[UnitOfWork], bool]) -> None:
        """A step of the periodic table, until there is no more."""
        while in_unit_of_work(step, self.clock):
            pass

    def count(self, query: str) -> int:
        return in_unit_of_work(lambda uow: int(uow.session.execute(text(query)).scalar_one()))

    def charge(self) -> None:
        """Make the calls that are due, take what was held, begin what was paid, until nothing follows."""
        moved = True
        while moved:
            moved = self._make_calls()
            moved |= self.follow("ChargeAuthorized", _CHARGES, memberships.on_charge_authorized)
            moved |= self.follow("ChargeCaptured", _TERMS, partial(memberships.on_charge_captured, zone=_ZONE))
            if not moved and self.count("SELECT count(*) FROM payment_calls WHERE status IN ('intended', 'unknown')"):
                # Calls that were not answered in time are made again, as the schedule's poller would have it.
                self.clock.advance(_POLLED_AFTER)
                self.all_of(payments.poll)
                moved = True

    def follow(self, name: str, batch: int, handle: Callable[[UnitOfWork, Sequence[Any]], None]) -> bool:
        """Hand what was told since to a handler, a batch a unit of work."""
        told = self._told(name)
        for start in range(0, len(told), batch):
            in_unit_of_work(_with(handle, told[start : start + batch]), self.clock)
        return bool(told)

    def _make_calls(self) -> bool:
        told, calls = self._told("PaymentCallDue"), payments.provider_calls(self.gateways)
        with ThreadPoolExecutor(_CALLS) as threads:
            for start in range(0, len(told), _CALLS):
                claimed = in_unit_of_work(_with(calls.claim, told[start : start + _CALLS]), self.clock)
                intents = [intent for intent in claimed if intent is not None]
                answers = list(threads.map(partial(answer_to, calls.call), intents))
                in_unit_of_work(_with(calls.record, list(zip(intents, answers, strict=True))), self.clock)
        return bool(told)

    def _told(self, name: str) -> list[Mapping[str, Any]]:
        query = "SELECT id, payload FROM outbox_events WHERE name = :name AND id > :seen ORDER BY id"
        values = {"name": name, "seen": self._seen.get(name, 0)}
        rows = in_unit_of_work(lambda uow: uow.session.execute(text(query), values).all())
        if rows:
            self._seen[name] = rows[-1].id
        return [row.payload for row in rows]


def _with(work: Callable[[UnitOfWork, A], R], batch: A) -> Callable[[UnitOfWork], R]:
    """The work on this batch, whatever it calls it."""
    return lambda uow: work(uow, batch)


def _offer(uow: UnitOfWork, admin: uuid.UUID) -> uuid.UUID:
    """A plan by month and year, with a coupon a month."""
    terms = loyalty.Terms.model_validate({"kind": "shipping", "currency": "CNY"})
    coupon = loyalty.make_coupon(uow, admin, loyalty.NewCoupon("bench", terms, valid_days=30, way="monthly"))
    steps = [{"growth": 0, "price_minor": _PRICE}]
    document = {
        "plan": _PLAN,
        "name_zh": "会员卡",
        "name_en": "Card",
        "currency": "CNY",
        "terms": [{"term": term, "prices": steps} for term in ("month", "year")],
        "benefits": {"monthly_coupons": [to_public("cpn", coupon.row.id)]},
    }
    drafted = memberships.draft_offer(uow, admin, Offer.model_validate(document))
    return memberships.publish_offer(uow, admin, drafted.id).id


def _buy(night: _Night, members: Sequence[int]) -> None:
    """Each buys a month and agrees that it is renewed."""
    for start in range(0, len(members), _TERMS):
        in_unit_of_work(partial(_order, members=members[start : start + _TERMS], gateways=night.gateways), night.clock)
    night.charge()


def _order(uow: UnitOfWork, members: Sequence[int], gateways: Mapping[str, SandboxGateway]) -> None:
    for member in members:
        memberships.buy(uow, member, plan=_PLAN, term="month", renews=True, zone=_ZONE)
        due = memberships.subscriptions_of(uow, member)[0].due
        if due is None:
            raise RuntimeError("a plan that was just bought has no payment")
        payments.pay(uow, gateways, due.payment.id, member, Outcome.SUCCEEDED)


@contextmanager
def _provider() -> Iterator[SandboxGateway]:
    """The sandbox provider in a process of its own; it sends no webhooks, for each call is answered."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port, secret = int(probe.getsockname()[1]), secrets.token_hex(16)
        probe.close()
        module = ["socialshop.payments.sandbox", "--port", str(port), "--books", f"{folder}/payments.jsonl"]
        environment = {**landing.environment(wired.settings()), "SOCIALSHOP_SANDBOX_SECRET": secret}
        with market.process(module, environment):
            _wait_for(port)
            yield SandboxGateway(f"http://127.0.0.1:{port}", secret)


def _wait_for(port: int) -> None:
    late = time.monotonic() + _READY_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > late:
                raise
            time.sleep(0.05)
        else:
            return
