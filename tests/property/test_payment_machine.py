"""Payments under any order of clicks, decisions, answers, silences and notices: both books agree, after every step.

The provider misbehaves by seed. Whatever happened, once all outcomes are known the provider's books and the ledger are
the same to the minor unit, nothing is taken or given back twice, and a payment has moved only as declared.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.ledger import service as ledger
from socialshop.payments import service
from socialshop.payments.errors import RefundExceedsCapture
from socialshop.payments.rules import TRANSITIONS, Outcome, Status
from socialshop.payments.sandbox.faults import Faults
from socialshop.payments.service import PaymentView
from tests.payment_shop import PaymentShop, payment_shop, rows
from workers import jobs, relay

EXAMPLES, STEPS = 15, 40
# One of what there is at that moment: how much that is depends on the faults, so it is not drawn from.
PICK = st.integers(0, 11)
_REACHABLE = {(a, b) for a in Status for b in Status if a == b}


def _close(pairs: frozenset[tuple[Status, Status]]) -> set[tuple[Status, Status]]:
    """Everything that declared steps lead to, in any number."""
    found = set(pairs) | _REACHABLE
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


WAYS = _close(TRANSITIONS)


class PaymentsMachine(RuleBasedStateMachine):
    """Set by `machine`: the app on which every example plays, and where each finds an empty folder."""

    app: Flask
    folders: Iterator[Path]

    @initialize(
        seed=st.integers(0, 10_000),
        faulty=st.booleans(),
        outcomes=st.tuples(*[st.sampled_from(Outcome)] * 2),
        captured=st.booleans(),
    )
    def open_shop(self, seed: int, faulty: bool, outcomes: tuple[Outcome, Outcome], captured: bool) -> None:
        faults = Faults(seed, silent_percent=20, error_percent=10) if faulty else Faults()
        self.stack = ExitStack()
        self.shop: PaymentShop = self.stack.enter_context(payment_shop(self.app, next(self.folders), faults))
        self.views: list[PaymentView] = []
        self.seen: dict[uuid.UUID, Status] = {}
        self.refunds: dict[uuid.UUID, tuple[uuid.UUID, int]] = {}
        for amount, outcome in zip((1_000, 2_345), outcomes, strict=True):
            self.buyer_joins(amount)
            self.shop.pay(self.views[-1], outcome)
        if captured:
            self.shop.settle()
            self.shop.capture(*self.views)
            self.shop.settle()

    def teardown(self) -> None:
        if hasattr(self, "shop"):
            self.shop.server.faults = Faults()
            self._settle()
            self._books_are_equal()
            self.stack.close()

    @rule(amount=st.integers(1, 5_000))
    def buyer_joins(self, amount: int) -> None:
        if len(self.views) < 3:
            view = self.shop.open(amount)
            self.views.append(view)
            self.seen[view.id] = Status.CREATED

    @rule(pick=PICK, outcome=st.sampled_from(Outcome))
    def buyer_pays(self, pick: int, outcome: Outcome) -> None:
        self.shop.pay(self._one(pick), outcome)

    @rule(pick=PICK)
    def room_fills(self, pick: int) -> None:
        self.shop.capture(self._one(pick))

    @rule(pick=PICK)
    def room_expires(self, pick: int) -> None:
        self.shop.release(self._one(pick))

    def _one(self, pick: int) -> PaymentView:
        return self.views[pick % len(self.views)]

    @rule(pick=PICK, amount=st.integers(1, 3_000), again=st.booleans())
    def refund_is_decided(self, pick: int, amount: int, again: bool) -> None:
        view, refund_id = self._one(pick), uuid.uuid4()
        if again and self.refunds:
            refund_id = list(self.refunds)[pick % len(self.refunds)]
            payment_id, amount = self.refunds[refund_id]
            view = next(one for one in self.views if one.id == payment_id)
        try:
            self.shop.refund(view, amount, refund_id)
            self.refunds[refund_id] = (view.id, amount)
        except RefundExceedsCapture:
            pass

    @rule()
    def workers_work_everything_off(self) -> None:
        self.shop.work()

    @rule(handler=st.sampled_from(("make_payment_call", "look_at_payment", "apply_payment_notice")))
    def one_worker_wakes(self, handler: str) -> None:
        relay.relay()
        jobs.drain(handler)

    @rule(picks=st.lists(PICK, min_size=1, max_size=4), copies=st.integers(1, 2))
    def notices_arrive(self, picks: list[int], copies: int) -> None:
        """Any of them, in any order, as often as it pleases."""
        known = self.shop.journal.undelivered()
        if known:
            chosen = [known[pick % len(known)] for pick in picks]
            assert set(self.shop.notify(chosen * copies)) == {202}

    @rule()
    def time_passes(self) -> None:
        self.shop.clock.advance(timedelta(seconds=15))
        in_unit_of_work(service.poll, self.shop.clock)

    @rule()
    def outcomes_become_known(self) -> None:
        self._settle()
        self._books_are_equal()

    @invariant()
    def payments_move_only_as_declared(self) -> None:
        for view in getattr(self, "views", ()):
            now = Status(self.shop.status(view))
            assert (self.seen[view.id], now) in WAYS
            self.seen[view.id] = now

    @invariant()
    def nothing_is_taken_or_given_back_beyond_what_was_agreed(self) -> None:
        if not hasattr(self, "shop"):
            return
        agreed = {str(view.id): view.amount.amount_minor for view in self.views}
        asked: dict[str, int] = {}
        for payment_id, amount in self.refunds.values():
            asked[str(payment_id)] = asked.get(str(payment_id), 0) + amount
        for payment in self.shop.journal.payments():
            assert payment.captured_minor in (0, agreed[payment.reference])
            assert payment.refunded_minor <= min(payment.captured_minor, asked.get(payment.reference, 0))

    @invariant()
    def no_effect_is_told_twice(self) -> None:
        for view in getattr(self, "views", ()):
            told = self.shop.events(view)
            for once in ("PaymentAuthorized", "PaymentCaptured", "PaymentReleased"):
                assert told.count(once) <= 1, told

    def _settle(self) -> None:
        self.shop.settle()

    def _books_are_equal(self) -> None:
        mine = {str(view.id) for view in self.views}
        assert [one for one in self.shop.differences() if one[0] in mine] == []  # type: ignore[index]
        with unit_of_work(isolation="REPEATABLE READ") as uow:
            proof = ledger.prove(uow)
        assert proof.holds, proof
        held = rows("SELECT status, count(*) FROM payment_calls WHERE status IN ('intended', 'unknown') GROUP BY 1")
        assert held == []


@pytest.fixture
def machine(app: Flask, tmp_path: Path) -> type[PaymentsMachine]:
    folders = (tmp_path / str(number) for number in range(10**9))
    return type("Machine", (PaymentsMachine,), {"app": app, "folders": folders})


def _play(machine: type[PaymentsMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_books_of_shop_and_provider_agree_whatever_happens(machine: type[PaymentsMachine]) -> None:
    _play(machine, EXAMPLES)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_books_agree_in_many_more_histories(machine: type[PaymentsMachine]) -> None:
    _play(machine, 200)
