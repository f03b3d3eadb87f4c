"""Any life of payout requests: the shop beside a model of it, and rows and books audited after every step."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest
from cloned_databases import empty
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.kernel.money import Money
from socialshop.ledger import service as ledger
from socialshop.ledger.service import WalletBalances
from socialshop.notifications.reasons import PayoutReason
from socialshop.payouts import service
from socialshop.payouts.rules import Channel
from socialshop.payouts.service import Outcome
from tests.money_people import account_of, earn, plain_members, statuses
from tests.payout_audit import faults
from tests.rounds import examples

PEOPLE = st.integers(0, 3)
ADMINS = st.integers(2, 5)
TOLD = st.lists(st.sampled_from(["paid", "failed", "returned", None]), min_size=9, max_size=9)
FOLLOWS = {"batched": ("paid", "failed"), "paid": ("returned",)}


@dataclass
class Asked:
    """A request as the model knows it."""

    id: uuid.UUID
    by: int
    amount: int
    status: str = "submitted"
    approvers: frozenset[int] = frozenset()


@dataclass
class Made:
    """A batch as the model knows it."""

    id: uuid.UUID
    items: list[Asked]
    released: bool = False


class Payouts(RuleBasedStateMachine):
    """Members 0 and 1, admins 4 and 5; 2 and 3 are both: admins who earn."""

    requests = Bundle("requests")
    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.people = [*plain_members(2), *plain_members(4, "admin")]
        self.wallets = Counter[int]()
        self.asked: list[Asked] = []
        self.made: list[Made] = []
        self.places = [account_of(one[0]) for one in self.people[:4]]

    def _do(self, expected: str | None, work: Callable[[UnitOfWork], object]) -> object:
        """Do it; it must be refused with exactly this code, or not at all."""
        if expected is None:
            return in_unit_of_work(work)
        with pytest.raises(DomainError) as refused:
            in_unit_of_work(work)
        assert refused.value.code == expected
        return None

    @initialize()
    def everybody_has_earned(self) -> None:
        for who in range(4):
            self.earn(who, [170, 90, 240])

    @rule(who=PEOPLE, amounts=st.lists(st.integers(1, 400), min_size=1, max_size=3))
    def earn(self, who: int, amounts: list[int]) -> None:
        earn(self.people[who][1], *amounts)
        self.wallets[who] += sum(amounts)

    @rule(target=requests, who=PEOPLE, amount=st.integers(1, 300))
    def submit(self, who: int, amount: int) -> object:
        short = amount > self.wallets[who]
        request = self._do(
            "insufficient_balance" if short else None,
            lambda uow: (
                service.submit(
                    uow,
                    member_id=self.people[who][0],
                    member_number=self.people[who][1],
                    destination_id=self.places[who],
                    amount=Money(amount, "CNY"),
                    minimum_minor=1,
                    cooldown=timedelta(),
                ).id
            ),
        )
        if not isinstance(request, uuid.UUID):
            return multiple()
        self.wallets[who] -= amount
        self.asked.append(Asked(request, who, amount))
        return self.asked[-1]

    def _decide(self, request: Asked, admin: int, to: str, come_from: set[str], work: Callable[..., object]) -> bool:
        """Whether it has an effect."""
        refused = None
        if request.by == admin:
            refused = "self_approval"
        elif request.status not in come_from | {to}:
            refused = "payout_not_open"
        actor = self.people[admin][0]
        self._do(refused, lambda uow: work(uow, actor=actor, request_id=request.id))
        fresh = refused is None and request.status != to
        if fresh:
            request.status = to
        return fresh

    @rule(request=requests, admin=ADMINS)
    def approve(self, request: Asked, admin: int) -> None:
        if self._decide(request, admin, "approved", {"submitted", "held"}, service.approve):
            request.approvers |= {admin}

    @precondition(lambda self: any(request.status == "submitted" for request in self.asked))
    @rule(admin=ADMINS)
    def approve_all(self, admin: int) -> None:
        for request in self.asked:
            if request.status == "submitted" and request.by != admin:
                self.approve(request, admin)

    @rule(request=requests, admin=ADMINS)
    def hold(self, request: Asked, admin: int) -> None:
        self._decide(
            request, admin, "held", {"submitted", "approved"}, partial(service.hold, reason=PayoutReason.OTHER)
        )

    @rule(request=requests, admin=ADMINS)
    def reject(self, request: Asked, admin: int) -> None:
        if self._decide(
            request,
            admin,
            "rejected",
            {"submitted", "held", "approved"},
            partial(service.reject, reason=PayoutReason.OTHER),
        ):
            self.wallets[request.by] += request.amount

    @rule(request=requests, who=PEOPLE)
    def cancel(self, request: Asked, who: int) -> None:
        refused = None
        if request.by != who:
            refused = "not_found"
        elif request.status not in {"submitted", "held", "cancelled"}:
            refused = "payout_not_open"
        self._do(refused, lambda uow: service.cancel(uow, self.people[who][0], request.id))
        if refused is None and request.status != "cancelled":
            request.status = "cancelled"
            self.wallets[who] += request.amount

    @precondition(lambda self: self.asked)
    @rule(target=batches, admin=ADMINS)
    def make_batch(self, admin: int) -> object:
        ready = [request for request in self.asked if request.status == "approved"]
        view = self._do(
            None if ready else "nothing_to_pay",
            lambda uow: service.create_batch(uow, actor=self.people[admin][0], channel=Channel.BANK, currency="CNY"),
        )
        if view is None:
            return multiple()
        assert isinstance(view, service.BatchView)
        assert view.batch.total_minor == sum(request.amount for request in ready)
        assert {item.request_id for item in view.items} == {request.id for request in ready}
        for request in ready:
            request.status = "batched"
        self.made.append(Made(view.batch.id, ready))
        return self.made[-1]

    @rule(batch=batches, admin=ADMINS)
    def release(self, batch: Made, admin: int) -> None:
        refused = None
        if any(admin in item.approvers for item in batch.items):
            refused = "released_by_approver"
        elif any(item.by == admin for item in batch.items):
            refused = "released_by_requester"
        self._do(refused, lambda uow: service.release_batch(uow, actor=self.people[admin][0], batch_id=batch.id))
        batch.released |= refused is None

    @precondition(lambda self: any(not batch.released for batch in self.made))
    @rule()
    def release_what_may_be_released(self) -> None:
        for batch in self.made:
            involved = {item.by for item in batch.items}.union(*(item.approvers for item in batch.items))
            for admin in {2, 3, 4, 5} - involved if not batch.released else ():
                self.release(batch, admin)

    @precondition(lambda self: any(batch.released for batch in self.made))
    @rule(admin=ADMINS, said=TOLD)
    def tell_results_of_released(self, admin: int, said: list[str | None]) -> None:
        for batch in self.made:
            if batch.released:
                self.tell_results(batch, admin, said)

    @precondition(lambda self: any(request.status == "paid" for request in self.asked))
    @rule(admin=ADMINS, every=st.integers(1, 3))
    def some_come_back(self, admin: int, every: int) -> None:
        for batch in self.made:
            came = [item for item in batch.items if item.status == "paid" and item.by != admin][::every]
            self.tell_results(batch, admin, ["returned" if item in came else None for item in batch.items])

    @rule(batch=batches, admin=ADMINS, said=TOLD)
    def tell_results(self, batch: Made, admin: int, said: list[str | None]) -> None:
        told = [(item, outcome) for item, outcome in zip(batch.items, said, strict=False) if outcome is not None]
        if not told:
            return
        refused = None
        if not batch.released:
            refused = "batch_not_released"
        else:
            for item, outcome in told:
                if item.by == admin and outcome != "paid":
                    refused = "self_approval"
                elif outcome not in {item.status, *FOLLOWS.get(item.status, ())}:
                    refused = "result_conflict"
                if refused is not None:
                    break
        outcomes = [Outcome(item.id, outcome, None) for item, outcome in told]
        self._do(
            refused,
            lambda uow: service.record_results(uow, actor=self.people[admin][0], batch_id=batch.id, outcomes=outcomes),
        )
        for item, outcome in told if refused is None else ():
            if outcome not in {item.status, "paid"}:
                self.wallets[item.by] += item.amount
            item.status = outcome

    @invariant()
    def the_shop_is_as_the_model_says(self) -> None:
        reserved = Counter[int]()
        for request in self.asked:
            if request.status in {"submitted", "approved", "held", "batched"}:
                reserved[request.by] += request.amount
        model = {self.people[who][1]: WalletBalances(0, self.wallets[who], reserved[who], 0) for who in range(4)}
        assert in_unit_of_work(lambda uow: ledger.wallets(uow, list(model), "CNY")) == model
        ids = [request.id for request in self.asked]
        assert statuses(table="payout_requests", ids=ids) == [request.status for request in self.asked]

    @invariant()
    def rows_and_books_are_sound(self) -> None:
        assert faults() == {}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("lives", examples(12, 120))
def test_the_shop_stays_sound_through_any_life_of_payouts(app: Flask, database_url: str, lives: int) -> None:
    class FreshShop(Payouts):
        def __init__(self) -> None:
            empty(database_url)
            super().__init__()

    run_state_machine_as_test(
        FreshShop,
        settings=settings(
            max_examples=lives,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
