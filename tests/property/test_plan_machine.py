"""Any life of subscriptions: bought, cancelled, resumed, up- and downgraded, refunded, declined, while months pass.

After every step the books agree with the provider's to the minor unit, and all that was paid is earned, was given back,
or waits to be earned.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from payment_shop import rows
from plan_shop import ZONE, PlanShop, plan_shop
from sqlalchemy import text

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.memberships import service as plans
from socialshop.memberships.store import terms as term_store
from socialshop.memberships.terms import earned_minor
from socialshop.payments import service as payments
from socialshop.payments.rules import Outcome

PEOPLE = st.integers(0, 1)
TERMS = st.sampled_from(["month", "year"])
STEPS = 10


class Plans(RuleBasedStateMachine):
    """Set by `machine`: one shop for every example, in which time goes on; each has two members of its own."""

    shop: PlanShop

    def __init__(self) -> None:
        super().__init__()
        self.people = [self.shop.member(), self.shop.member(growth=2000)]

    def teardown(self) -> None:
        """What still runs of these two runs out."""
        self.shop.decline(0)
        for person in range(2):
            self._act(plans.cancel, person)

    def _subscription(self, person: int) -> uuid.UUID | None:
        with unit_of_work(self.shop.clock) as uow:
            found = plans.subscriptions_of(uow, self.people[person])
        return found[0].id if found else None

    def _act(self, act: Any, person: int, **more: object) -> None:
        subscription = self._subscription(person)
        if subscription is not None:
            with suppress(DomainError):
                self.shop.act(act, self.people[person], subscription, **more)

    @rule(person=PEOPLE, term=TERMS, renews=st.booleans(), pays=st.booleans())
    def buy(self, person: int, term: str, renews: bool, pays: bool) -> None:
        with suppress(DomainError):
            self.shop.buy(self.people[person], term, renews=renews)
            if pays:
                self.pay(person, Outcome.SUCCEEDED)

    @rule(person=PEOPLE)
    def try_it(self, person: int) -> None:
        with suppress(DomainError), unit_of_work(self.shop.clock) as uow:
            plans.begin_trial(uow, self.people[person], plan="vip", zone=ZONE)

    @rule(person=PEOPLE, outcome=st.sampled_from([Outcome.SUCCEEDED, Outcome.FAILED]))
    def pay(self, person: int, outcome: Outcome) -> None:
        """Pay any payment that was ever opened and may still be paid, the one that is due among them."""
        found = rows(
            "SELECT id FROM payments WHERE payer = :m AND status IN ('created', 'failed') ORDER BY id",
            m=self.people[person],
        )
        for (payment,) in found[-2:]:
            with unit_of_work(self.shop.clock) as uow:
                payments.pay(uow, self.shop.shop.gateways, payment, self.people[person], outcome)
        self.shop.settle()

    @rule(person=PEOPLE)
    def cancel(self, person: int) -> None:
        self._act(plans.cancel, person)

    @rule(person=PEOPLE)
    def resume(self, person: int) -> None:
        self._act(plans.resume, person)

    @rule(person=PEOPLE, term=TERMS, pays=st.booleans())
    def upgrade(self, person: int, term: str, pays: bool) -> None:
        self._act(plans.upgrade, person, plan="vip", term=term, zone=ZONE)
        if pays:
            self.pay(person, Outcome.SUCCEEDED)

    @rule(person=PEOPLE)
    def downgrade(self, person: int) -> None:
        self._act(plans.downgrade, person, plan="vip", term="month")

    @rule(person=PEOPLE)
    def refund(self, person: int) -> None:
        self._act(plans.refund, person, zone=ZONE)

    @rule(percent=st.sampled_from([0, 50, 100]))
    def decline(self, percent: int) -> None:
        self.shop.decline(percent)

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        """The schedule runs on the first of these days and on the last: what lies between is made up for."""
        self.shop.pass_days(1)
        self.shop.go_to(self.shop.clock.now() + timedelta(days=days - 1))

    @invariant()
    def books_agree(self) -> None:
        self.shop.audit()

    @invariant()
    def days_are_earned_as_they_pass(self) -> None:
        for price, starts, ends, until, earned in rows(
            "SELECT price_minor, starts_on, ends_on, recognised_on, recognised_minor FROM plan_terms"
            " WHERE kind = 'paid' AND closed_at IS NULL"
        ):
            assert earned == earned_minor(price, (ends - starts).days, (until - starts).days)

    @invariant()
    def terms_follow_each_other(self) -> None:
        """Whoever has one that lives has no other; no two terms of one cover a day, but for one that was left."""
        assert not rows(
            "SELECT member FROM plan_subscriptions WHERE status IN ('pending', 'active', 'grace')"
            " GROUP BY member HAVING count(*) > 1"
        )
        assert not rows(
            "SELECT 1 FROM plan_terms a JOIN plan_terms b ON b.subscription_id = a.subscription_id"
            " AND b.number > a.number AND b.starts_on < a.ends_on WHERE a.closed_at IS NULL"
        )


@pytest.fixture
def machine(app: Flask, tmp_path: Path) -> Iterator[type[Plans]]:
    with plan_shop(app, tmp_path) as shop:
        yield type("Machine", (Plans,), {"shop": shop})


def _play(machine: type[Plans], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_life_of_a_subscription_keeps_its_money_exact(machine: type[Plans]) -> None:
    _play(machine, 25)


def test_a_share_that_is_rounded_up_is_seen(machine: type[Plans], monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: each day earns its share and a unit more."""
    wrong = str(term_store._RECOGNISE).replace("least(d.through", "least(1 + d.through")
    monkeypatch.setattr(term_store, "_RECOGNISE", text(wrong))
    life = machine()
    life.buy(0, "month", renews=True, pays=True)
    life.wait(3)
    with pytest.raises(AssertionError):
        life.days_are_earned_as_they_pass()
