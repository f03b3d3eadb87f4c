"""A shop that sells plans, a provider beside it, time that moves when told, and the books to compare."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from payment_shop import PaymentShop, a_member, payment_shop, rows
from sqlalchemy import text

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.time import parse_instant
from socialshop.ledger import service as ledger
from socialshop.memberships import service as plans
from socialshop.memberships.offers import Offer
from socialshop.memberships.service import Subscription
from socialshop.payments import service as payments
from socialshop.payments.rules import Outcome
from socialshop.payments.sandbox.faults import Faults
from tests.due_work import work

ZONE = "Asia/Shanghai"
DEFERRED, REVENUE = "shop:plan_revenue_deferred", "shop:plan_revenue"


def an_offer(**more: object) -> Offer:
    """A plan by month and year; the year costs less with growth."""
    document: dict[str, object] = {
        "plan": "vip",
        "name_zh": "会员卡",
        "name_en": "VIP card",
        "currency": "CNY",
        "trial_days": 7,
        "terms": [
            {"term": "month", "prices": [{"growth": 0, "price_minor": 1000}]},
            {"term": "year", "prices": [{"growth": 0, "price_minor": 10001}, {"growth": 1000, "price_minor": 8801}]},
        ],
        "benefits": {"points_multiplier_bps": 20000, "early_access_hours": 6},
    }
    return Offer.model_validate(document | more)


@dataclass
class PlanShop:
    """What members do about plans, and what the workers and the schedule make of it."""

    shop: PaymentShop
    zone: str = ZONE

    @property
    def clock(self) -> ManualClock:
        return self.shop.clock

    def begin_at(self, instant: str) -> None:
        clock = ManualClock(parse_instant(instant))
        self.shop.clock = self.shop.server.clock = clock
        self.shop.app.extensions["socialshop_clock"] = clock

    def member(self, growth: int = 0) -> int:
        with unit_of_work(self.clock) as uow:
            number = a_member(uow)
        if growth:
            self.grow(number, growth)
        return number

    def grow(self, member: int, points: int) -> None:
        statement = """
            INSERT INTO growth_entries (member, kind, source, points, asked, version, counts_from, recorded_at)
            VALUES (:m, 'mission', gen_random_uuid()::text, :p, :p, 1, :now, :now)
        """
        with unit_of_work(self.clock) as uow:
            uow.session.execute(text(statement), {"m": member, "p": points, "now": uow.now})

    def publish(self, **more: object) -> uuid.UUID:
        with unit_of_work(self.clock) as uow:
            drafted = plans.draft_offer(uow, uuid.uuid4(), an_offer(**more))
            return plans.publish_offer(uow, uuid.uuid4(), drafted.id).id

    def buy(self, member: int, term: str = "month", *, renews: bool = True, plan: str = "vip") -> uuid.UUID:
        with unit_of_work(self.clock) as uow:
            return plans.buy(uow, member, plan=plan, term=term, renews=renews, zone=self.zone)

    def pay(self, member: int, outcome: Outcome = Outcome.SUCCEEDED) -> None:
        """Pay what is due, and let the workers follow."""
        due = self.of(member).due
        assert due is not None
        with unit_of_work(self.clock) as uow:
            payments.pay(uow, self.shop.gateways, due.payment.id, member, outcome)
        self.settle()

    def bought(self, member: int, term: str = "month", *, renews: bool = True, plan: str = "vip") -> uuid.UUID:
        found = self.buy(member, term, renews=renews, plan=plan)
        self.pay(member)
        return found

    def act(self, act: Any, member: int, subscription: uuid.UUID, **more: object) -> Any:
        """One of the door's acts on a subscription, and what follows."""
        with unit_of_work(self.clock) as uow:
            done = act(uow, member, subscription, **more)
        self.settle()
        return done

    def of(self, member: int) -> Subscription:
        """The newest subscription of the member."""
        with unit_of_work(self.clock) as uow:
            return plans.subscriptions_of(uow, member)[0]

    def decline(self, percent: int) -> None:
        """The members' banks say no to so many of the charges by mandate."""
        self.shop.server.faults = Faults(decline_percent=percent)

    def settle(self) -> None:
        """Let the workers do what is due, without letting time pass unless an outcome is unknown."""
        work()
        if rows("SELECT 1 FROM payment_calls WHERE status IN ('intended', 'unknown')"):
            self.shop.settle()

    def tick(self) -> None:
        """What the schedule does now."""
        steps = (plans.expire_charges, plans.announce_due, plans.renew_due, plans.retry_due, plans.end_due)
        for step in (*steps, lambda uow: plans.recognise_due(uow, self.zone)):
            while in_unit_of_work(step, self.clock):
                pass
        self.settle()

    def go_to(self, instant: str | datetime) -> None:
        """Let time pass until then, and the schedule run there."""
        until = parse_instant(instant) if isinstance(instant, str) else instant
        self.clock.advance(until - self.clock.now())
        self.tick()

    def pass_days(self, days: int) -> None:
        """Let so many days pass, the schedule running on each."""
        for _ in range(days):
            self.clock.advance(timedelta(days=1))
            self.tick()

    def told(self, member: int) -> list[str]:
        return [kind for (kind,) in rows("SELECT kind FROM notices WHERE member = :m ORDER BY id", m=member)]

    def books(self) -> dict[str, int]:
        """What waits, what is earned, and what the provider holds for the shop."""
        names = {"deferred": DEFERRED, "revenue": REVENUE, "provider": "provider:sandbox:clearing"}
        with unit_of_work(self.clock) as uow:
            return {short: ledger.balance(uow, name, "CNY") for short, name in names.items()}

    def audit(self) -> None:
        """Books, terms and provider agree to the minor unit: what was paid is earned, was given back, or waits."""
        books = self.books()
        paid, refunded = rows(
            "SELECT coalesce(sum(captured_minor), 0)::bigint, coalesce(sum(refunded_minor), 0)::bigint FROM payments"
            " WHERE charge_id IS NOT NULL"
        )[0]
        earned = rows("SELECT coalesce(sum(recognised_minor), 0)::bigint FROM plan_terms")[0][0]
        assert books["revenue"] == earned
        assert books["deferred"] == paid - refunded - earned
        assert books["deferred"] >= 0
        assert books["provider"] == refunded - paid
        assert self.shop.differences() == []


@contextmanager
def plan_shop(app: Flask, folder: Path, instant: str = "2027-01-10T04:00:00Z") -> Iterator[PlanShop]:
    """A shop on `app` that begins at `instant`, with one plan on sale."""
    with payment_shop(app, folder) as shop:
        found = PlanShop(shop)
        found.begin_at(instant)
        found.publish()
        yield found
