"""Tiers as a machine: sales, refunds, deeds and days in any order, each fact told any number of times.

What must hold after every step: growth is the sum over what happened, the tier follows from the history alone, nobody
steps down without a warning whose grace is over, and no fact has two effects.
"""

from __future__ import annotations

import itertools
import uuid
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from payment_shop import rows
from tiers import Shop

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import in_unit_of_work
from socialshop.memberships import service as memberships
from socialshop.memberships.store import evaluation

LADDER = ["normal", "silver", "gold", "diamond"]
THRESHOLDS = [0, 2_000, 10_000, 50_000]
PERIOD, GRACE = timedelta(days=365), timedelta(days=30)


@dataclass
class Sold:
    """A sale as the oracle knows it."""

    order: uuid.UUID
    total: int
    at: datetime
    refunded: int = 0
    refunds: list[uuid.UUID] = field(default_factory=list)

    @property
    def points(self) -> int:
        return (self.total - self.refunded) // 100


class TierMachine(RuleBasedStateMachine):
    """One member against an oracle of a few lines."""

    shop: Shop
    sales = Bundle("sales")

    @initialize()
    def begin(self) -> None:
        self.member = self.shop.member()
        self.sold: list[Sold] = []
        self.reviews: list[datetime] = []
        self.names = itertools.count()
        self.level = 0
        self.lapses_at: datetime | None = None

    @rule(target=sales, total=strategies.integers(1, 3_000_000))
    def sell(self, total: int) -> Sold:
        sale = Sold(self.shop.sell(self.member, total), total, self.now)
        self.sold.append(sale)
        self._judge()
        return sale

    @rule(sale=sales, share=strategies.integers(1, 100))
    def refund(self, sale: Sold, share: int) -> None:
        left = sale.total - sale.refunded
        amount = -(-left * share // 100)
        if amount == 0:
            return
        sale.refunded += amount
        sale.refunds.append(self.shop.refund(sale.order, amount))
        self._judge()

    @rule(sale=sales)
    def tell_again(self, sale: Sold) -> None:
        self.shop.confirm(sale.order)
        for refund in sale.refunds:
            self.shop.tell_refund(refund, sale.order)
        if sale.total > sale.refunded or sale.refunds:
            self._judge()

    @rule()
    def review(self) -> None:
        today = [at for at in self.reviews if _day(at) == _day(self.now)]
        lately = [at for at in self.reviews if at > self.now - PERIOD]
        expected = 5 if len(today) < 2 and len(lately) < 60 else 0
        assert self.shop.act(self.member, "review", str(next(self.names))) == expected
        if expected:
            self.reviews.append(self.now)
        self._judge()

    @rule(days=strategies.sampled_from([1, 7, 29, 30, 31, 200, 364, 365]))
    def wait(self, days: int) -> None:
        self.shop.pass_days(days)
        if rows("SELECT 1 FROM member_standings WHERE member = :m", m=self.member):
            self._judge()

    @invariant()
    def stands_where_its_history_says(self) -> None:
        found = rows("SELECT tier, growth, lapses_at FROM member_standings WHERE member = :m", m=self.member)
        if found:
            assert found == [(LADDER[self.level], self._growth(), self.lapses_at)]
        else:
            assert self.level == 0

    @invariant()
    def nobody_steps_down_without_a_warning_whose_grace_is_over(self) -> None:
        warned: datetime | None = None
        for kind, at, lapses_at in rows(
            "SELECT kind, at, lapses_at FROM tier_changes WHERE member = :m ORDER BY id", m=self.member
        ):
            if kind == "downgraded":
                assert warned is not None
                assert warned <= at
            if kind == "warned":
                assert warned is None
            warned = lapses_at if kind == "warned" else None

    @invariant()
    def no_fact_has_two_effects(self) -> None:
        told = rows(
            "SELECT count(*), count(DISTINCT (kind, source)) FROM growth_entries WHERE member = :m", m=self.member
        )
        assert told[0][0] == told[0][1]
        by_sale = dict(rows("SELECT about, sum(points)::bigint FROM growth_entries WHERE about IS NOT NULL GROUP BY 1"))
        assert {sale.order: sale.points for sale in self.sold} == {
            sale.order: by_sale.get(sale.order, 0) for sale in self.sold
        }

    @property
    def now(self) -> datetime:
        return self.shop.clock.now()

    def _growth(self) -> int:
        since = self.now - PERIOD
        return sum(s.points for s in self.sold if s.at > since) + 5 * sum(at > since for at in self.reviews)

    def _judge(self) -> None:
        """The rules of docs/memberships.md, said once more."""
        earned = bisect_right(THRESHOLDS, self._growth()) - 1
        if earned > self.level or (earned < self.level and self.lapses_at is not None and self.lapses_at <= self.now):
            self.level, self.lapses_at = earned, None
        elif earned == self.level:
            self.lapses_at = None
        elif self.lapses_at is None:
            self.lapses_at = self.now + GRACE


def _day(at: datetime) -> object:
    return (at + timedelta(hours=8)).date()


@contextmanager
def _running(app: Flask) -> Iterator[type[TierMachine]]:
    shop = Shop(app, ManualClock(datetime(2026, 2, 27, 18, tzinfo=UTC)))
    yield type("Machine", (TierMachine,), {"shop": shop})


def _run(app: Flask, examples: int) -> None:
    with _running(app) as machine:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            ),
        )


def test_a_tier_follows_from_the_history_alone(app: Flask) -> None:
    _run(app, 6)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_tier_follows_from_the_history_alone_in_many_lives(app: Flask) -> None:
    _run(app, 100)


def test_a_step_down_without_its_grace_is_seen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: whoever has less steps down at once."""
    planted = str(evaluation._SPAN).replace("earned < held AND was_lapsing <= :now", "earned < held")
    monkeypatch.setattr(evaluation, "_SPAN", evaluation.text(planted))
    shop = Shop(app, ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))
    machine = type("Machine", (TierMachine,), {"shop": shop})()
    machine.begin()
    machine.sell(250_000)
    machine.wait(365)
    with pytest.raises(AssertionError):
        machine.nobody_steps_down_without_a_warning_whose_grace_is_over()


def test_two_schedulers_that_evaluate_at_once_move_everybody_once(app: Flask) -> None:
    shop = Shop(app, ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))
    members = [shop.member() for _ in range(6)]
    for each in members:
        shop.sell(each, 250_000)
    shop.clock.advance(PERIOD)
    with evaluators(app, shop, 4) as failures:
        pass
    assert failures == []
    assert rows("SELECT kind, count(*) FROM tier_changes GROUP BY kind ORDER BY kind") == [
        ("upgraded", 6),
        ("warned", 6),
    ]


@contextmanager
def evaluators(app: Flask, shop: Shop, count: int) -> Iterator[list[BaseException]]:
    """So many evaluators at once; the block begins when all have ended."""
    failures: list[BaseException] = []
    barrier = Barrier(count)

    def run() -> None:
        try:
            with app.app_context():
                barrier.wait()
                while in_unit_of_work(lambda uow: memberships.evaluate_due(uow, "Asia/Shanghai", span=2), shop.clock):
                    pass
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield failures
