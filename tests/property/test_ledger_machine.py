"""Random books: post, hold, settle, reserve, reverse, replay, seal in any order; the invariants after every step."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import pytest
from bookkeeping import accrual, posted, settlement
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
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.ledger import chart
from socialshop.ledger.errors import AlreadyReversed, EntryConflict, InsufficientBalance
from socialshop.ledger.service import (
    Entry,
    Posted,
    Posting,
    WalletBalances,
    balance,
    prove,
    reverse,
    seal,
    trial_balance,
    wallets,
)
from tests.rounds import examples

MEMBERS = st.integers(1, 3)
AMOUNTS = st.integers(1, 1_000)
CURRENCIES = st.sampled_from(["CNY", "JPY"])
Key = tuple[str, str]


class Books(RuleBasedStateMachine):
    """The ledger beside a model of it: a dict of balances and the list of what was posted."""

    entries = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.balances: defaultdict[Key, int] = defaultdict(int)
        self.posted: dict[str, Entry] = {}
        self.reversed: set[str] = set()
        self.number = 0

    @initialize()
    def empty(self) -> None:
        with unit_of_work() as uow:
            assert uow.session.execute(text("SELECT count(*) FROM ledger_entries")).scalar() == 0

    def _reference(self) -> str:
        self.number += 1
        return f"e{self.number}"

    def _fits(self, entries: list[Entry]) -> bool:
        after = self.balances.copy()
        for entry in entries:
            for posting in entry.postings:
                after[posting.account, posting.currency] += posting.amount_minor
        return all(chart.account(name).sign * amount >= 0 for (name, _), amount in after.items())

    def _post(self, *entries: Entry) -> object:
        """Post; what the model says must come out. Returns the entries that stand, for the bundle."""
        if not self._fits(list(entries)):
            with pytest.raises(InsufficientBalance):
                posted(*entries)
            return multiple()
        assert posted(*entries).entries == len(entries)
        self._note(*entries)
        return multiple(*(entry.reference for entry in entries))

    def _note(self, *entries: Entry) -> None:
        for entry in entries:
            self.posted[entry.reference] = entry
            for posting in entry.postings:
                self.balances[posting.account, posting.currency] += posting.amount_minor

    @rule(target=entries, amount=AMOUNTS, currency=CURRENCIES)
    def sell(self, amount: int, currency: str) -> object:
        clearing = chart.provider_clearing("import")
        postings = (Posting(clearing, -amount, currency), Posting(chart.SALES, amount, currency))
        return self._post(Entry(self._reference(), "sale", postings))

    @rule(target=entries, commissions=st.lists(st.tuples(MEMBERS, AMOUNTS, CURRENCIES), min_size=1, max_size=4))
    def hold(self, commissions: list[tuple[int, int, str]]) -> object:
        return self._post(*(accrual(self._reference(), *commission) for commission in commissions))

    @rule(target=entries, member=MEMBERS, amount=AMOUNTS, currency=CURRENCIES)
    def settle(self, member: int, amount: int, currency: str) -> object:
        return self._post(settlement(self._reference(), member, amount, currency))

    @rule(target=entries, member=MEMBERS, amount=AMOUNTS, currency=CURRENCIES)
    def reserve(self, member: int, amount: int, currency: str) -> object:
        postings = (
            Posting(chart.member_wallet(member), -amount, currency),
            Posting(chart.member_reserved(member), amount, currency),
        )
        return self._post(Entry(self._reference(), "payout request", postings))

    @rule(target=entries, member=MEMBERS, amount=AMOUNTS, currency=CURRENCIES)
    def claw_back(self, member: int, amount: int, currency: str) -> object:
        postings = (
            Posting(chart.member_receivable(member), -amount, currency),
            Posting(chart.COMMISSION_EXPENSE, amount, currency),
        )
        return self._post(Entry(self._reference(), "clawback", postings))

    @rule(reference=entries)
    def undo(self, reference: str) -> None:
        entry = self.posted[reference]
        negated = tuple(posting._replace(amount_minor=-posting.amount_minor) for posting in entry.postings)
        undone = Entry(f"undo {self._reference()}", "reversal", negated, reverses=reference)

        def command() -> Posted:
            with unit_of_work() as uow:
                return reverse(uow, reference, undone.reference)

        expected: type[DomainError] | None = None
        if reference in self.reversed:
            expected = AlreadyReversed
        elif not self._fits([undone]):
            expected = InsufficientBalance
        if expected is not None:
            with pytest.raises(expected):
                command()
            return
        assert command().entries == 1
        assert command() == Posted(entries=0, postings=0, replayed=1)
        self.reversed.add(reference)
        self._note(undone)

    @rule(reference=entries)
    def replay(self, reference: str) -> None:
        assert posted(self.posted[reference]) == Posted(entries=0, postings=0, replayed=1)

    @rule(reference=entries, member=MEMBERS)
    def reuse(self, reference: str, member: int) -> None:
        with pytest.raises(EntryConflict):
            posted(accrual(reference, member, 1_001))

    @rule()
    def seal(self) -> None:
        with unit_of_work() as uow:
            seal(uow)

    @invariant()
    def the_books_prove_and_are_the_models(self) -> None:
        """Each family's line and each member's wallet; and, as that costs a statement each, one account by itself."""
        with unit_of_work(isolation="REPEATABLE READ") as uow:
            proof = prove(uow)
            lines = {(line.account, line.currency): line.amount_minor for line in trial_balance(uow)}
            for currency in ("CNY", "JPY"):
                assert wallets(uow, [1, 2, 3], currency) == {who: self._wallet(who, currency) for who in (1, 2, 3)}
            if self.balances:
                name, currency = list(self.balances)[self.number % len(self.balances)]
                assert balance(uow, name, currency) == self.balances[name, currency], name
        assert proof.first_difference is None
        assert proof.entries == len(self.posted)
        families: defaultdict[Key, int] = defaultdict(int)
        for (name, currency), amount in self.balances.items():
            families[re.sub(r"^member:\d+:", "member:*:", name), currency] += amount
        # Of an account that is folded, nothing is left when its sum is zero and sealed.
        assert _standing(lines) == _standing(families)
        for currency in ("CNY", "JPY"):
            assert sum(amount for (_, one), amount in lines.items() if one == currency) == 0

    def _wallet(self, member: int, currency: str) -> WalletBalances:
        pending, available, reserved, receivable = (
            self.balances.get((account(member), currency), 0)
            for account in (chart.member_pending, chart.member_wallet, chart.member_reserved, chart.member_receivable)
        )
        found = WalletBalances(pending, available, reserved, -receivable)
        assert min(found) >= 0
        return found


def _standing(balances: Mapping[Key, int]) -> dict[Key, int]:
    return {key: amount for key, amount in balances.items() if amount}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("lives", examples(20, 200))
def test_the_books_stay_true_through_any_sequence_of_commands(app: Flask, database_url: str, lives: int) -> None:
    class FreshBooks(Books):
        def __init__(self) -> None:
            super().__init__()
            empty(database_url)

    run_state_machine_as_test(
        FreshBooks,
        settings=settings(
            max_examples=lives,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        ),
    )
