"""Posting: what the books take, what they refuse, and that a refusal leaves nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from bookkeeping import accrual, posted, seal_all, settlement
from flask import Flask
from sqlalchemy import text

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import DomainError
from socialshop.ledger import chart
from socialshop.ledger.errors import (
    AlreadyReversed,
    EntryConflict,
    InsufficientBalance,
    InvalidEntry,
    UnbalancedEntry,
    UnknownAccount,
    UnknownEntry,
)
from socialshop.ledger.service import (
    Entry,
    Posted,
    Posting,
    TrialLine,
    WalletBalances,
    balance,
    post,
    reverse,
    trial_balance,
    wallet,
    wallets,
)


def refused(error: type[DomainError], *entries: Entry) -> str:
    """Post in vain: what was said; and nothing is in the books that was not before."""
    before = everything()
    with pytest.raises(error) as caught:
        posted(*entries)
    assert everything() == before
    return caught.value.detail


def everything() -> list[Sequence[object]]:
    with unit_of_work() as uow:
        return [
            uow.session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")).all()
            for table in (
                "ledger_accounts",
                "ledger_entries",
                "ledger_postings",
                "ledger_balances",
                "ledger_seal_queue",
            )
        ]


def wallet_of(member: int, currency: str = "CNY") -> WalletBalances:
    with unit_of_work() as uow:
        return wallet(uow, member, currency)


def balance_of(account: str) -> int:
    with unit_of_work() as uow:
        return balance(uow, account, "CNY")


def test_an_accrual_and_its_settlement_move_pending_to_available(app: Flask) -> None:
    assert posted(accrual("a1", 7, 299), accrual("a2", 7, 1)) == Posted(entries=2, postings=4, replayed=0)
    assert wallet_of(7) == WalletBalances(pending=300, available=0, reserved=0, owed=0)
    posted(settlement("s1", 7, 300))
    assert wallet_of(7) == WalletBalances(pending=0, available=300, reserved=0, owed=0)
    assert balance_of(chart.COMMISSION_EXPENSE) == -300


def test_wallets_of_many_members_are_one_read_and_keep_currencies_apart(app: Flask) -> None:
    posted(accrual("a1", 1, 10), accrual("a2", 2, 20), accrual("a3", 2, 5, "JPY"))
    with unit_of_work() as uow:
        assert wallets(uow, [1, 2, 3], "CNY") == {
            1: WalletBalances(10, 0, 0, 0),
            2: WalletBalances(20, 0, 0, 0),
            3: WalletBalances(0, 0, 0, 0),
        }
    assert wallet_of(2, "JPY") == WalletBalances(5, 0, 0, 0)


def test_a_receivable_is_shown_as_what_is_owed(app: Flask) -> None:
    posted(
        Entry(
            "c1",
            "clawback",
            [Posting(chart.member_receivable(4), -80, "CNY"), Posting(chart.COMMISSION_EXPENSE, 80, "CNY")],
        )
    )
    assert wallet_of(4) == WalletBalances(pending=0, available=0, reserved=0, owed=80)


def test_a_receivable_never_goes_above_zero(app: Flask) -> None:
    detail = refused(
        InsufficientBalance,
        Entry(
            "c1",
            "netting",
            [Posting(chart.member_receivable(4), 80, "CNY"), Posting(chart.COMMISSION_EXPENSE, -80, "CNY")],
        ),
    )
    assert "member:4:receivable" in detail


def test_posting_the_same_entries_again_changes_nothing(app: Flask) -> None:
    posted(accrual("a1", 7, 299))
    before = everything()
    assert posted(accrual("a1", 7, 299)) == Posted(entries=0, postings=0, replayed=1)
    assert everything() == before


def test_a_batch_of_old_and_new_posts_the_new(app: Flask) -> None:
    posted(accrual("a1", 7, 299))
    assert posted(accrual("a1", 7, 299), accrual("a2", 7, 1)) == Posted(entries=1, postings=2, replayed=1)
    assert wallet_of(7).pending == 300


def test_the_same_entry_twice_in_a_batch_is_posted_once(app: Flask) -> None:
    assert posted(accrual("a1", 7, 5), accrual("a1", 7, 5)) == Posted(entries=1, postings=2, replayed=1)
    assert wallet_of(7).pending == 5


def test_a_reference_used_for_other_content_is_refused(app: Flask) -> None:
    posted(accrual("a1", 7, 299))
    assert "'a1'" in refused(EntryConflict, accrual("a0", 7, 1), accrual("a1", 7, 300))


def test_a_reference_twice_in_a_batch_with_other_content_is_refused(app: Flask) -> None:
    assert "'a1'" in refused(EntryConflict, accrual("a1", 7, 1), accrual("a1", 8, 1))


@pytest.mark.parametrize(
    ("error", "postings", "said"),
    [
        (InvalidEntry, [Posting(chart.SALES, 0, "CNY")], "fewer than two"),
        (InvalidEntry, [Posting(chart.SALES, 0, "CNY"), Posting(chart.SHIPPING, 0, "CNY")], "not zero"),
        (InvalidEntry, [Posting(chart.SALES, 1, "ZZZ"), Posting(chart.SHIPPING, -1, "ZZZ")], "'ZZZ'"),
        (InvalidEntry, [Posting(chart.SALES, 10**18, "CNY"), Posting(chart.SHIPPING, -(10**18), "CNY")], "larger"),
        (UnbalancedEntry, [Posting(chart.SALES, 2, "CNY"), Posting(chart.SHIPPING, -1, "CNY")], "off by 1 CNY"),
        (UnbalancedEntry, [Posting(chart.SALES, 1, "CNY"), Posting(chart.SHIPPING, -1, "USD")], "off by"),
        (UnknownAccount, [Posting("shop:salse", 1, "CNY"), Posting(chart.SALES, -1, "CNY")], "'shop:salse'"),
        (UnknownAccount, [Posting("member:0:wallet", 1, "CNY"), Posting(chart.SALES, -1, "CNY")], "'member:0:wallet'"),
    ],
)
def test_what_is_no_double_entry_is_refused_by_name(
    app: Flask, error: type[DomainError], postings: list[Posting], said: str
) -> None:
    detail = refused(error, accrual("good", 1, 1), Entry("wrong one", "test", postings))
    assert "'wrong one'" in detail
    assert said in detail


@pytest.mark.parametrize("reference", ["", "-", "two\nlines", "a\tb", "x" * 201])
def test_a_reference_that_could_blur_the_canonical_text_is_refused(app: Flask, reference: str) -> None:
    refused(InvalidEntry, accrual(reference, 1, 1))


def test_an_amount_that_is_no_integer_is_refused(app: Flask) -> None:
    entry = Entry("f", "test", [Posting(chart.SALES, 1.5, "CNY"), Posting(chart.SHIPPING, -1.5, "CNY")])  # type: ignore[arg-type]
    refused(InvalidEntry, entry)


def test_spending_more_than_is_there_is_refused_naming_the_account(app: Flask) -> None:
    posted(accrual("a1", 7, 100), accrual("a2", 8, 100))
    detail = refused(InsufficientBalance, settlement("s0", 8, 50), settlement("s1", 7, 101))
    assert "member:7:pending" in detail
    assert wallet_of(7) == WalletBalances(pending=100, available=0, reserved=0, owed=0)


def test_a_refusal_caught_within_the_unit_cannot_be_committed(app: Flask) -> None:
    posted(accrual("a1", 7, 100))
    before = everything()
    with unit_of_work() as uow, pytest.raises(InsufficientBalance):
        post(uow, [settlement("s1", 7, 101)])
    assert everything() == before


def test_an_entry_is_reversed_once_and_links_to_what_it_reverses(app: Flask) -> None:
    posted(accrual("a1", 7, 299))
    with unit_of_work() as uow:
        assert reverse(uow, "a1", "undo a1") == Posted(entries=1, postings=2, replayed=0)
    assert wallet_of(7) == WalletBalances(0, 0, 0, 0)
    assert balance_of(chart.COMMISSION_EXPENSE) == 0
    with unit_of_work() as uow:
        assert reverse(uow, "a1", "undo a1") == Posted(entries=0, postings=0, replayed=1)
        linked = text(
            "SELECT o.reference FROM ledger_entries e JOIN ledger_entries o ON o.id = e.reverses_id "
            "WHERE e.reference = 'undo a1'"
        )
        assert uow.session.execute(linked).scalar() == "a1"
    before = everything()
    with pytest.raises(AlreadyReversed), unit_of_work() as uow:
        reverse(uow, "a1", "undo a1 again")
    assert everything() == before


def test_what_was_spent_cannot_be_reversed(app: Flask) -> None:
    posted(accrual("a1", 7, 299), settlement("s1", 7, 299))
    with pytest.raises(InsufficientBalance, match="member:7:pending"), unit_of_work() as uow:
        reverse(uow, "a1", "undo a1")


def test_what_was_never_posted_cannot_be_reversed(app: Flask) -> None:
    with pytest.raises(UnknownEntry, match="'a1'"), unit_of_work() as uow:
        reverse(uow, "a1", "undo a1")
    refused(UnknownEntry, accrual("a2", 1, 1)._replace(reverses="a1"))


def test_a_folded_balance_is_the_same_before_and_after_sealing(app: Flask) -> None:
    posted(accrual("a1", 7, 100))
    assert balance_of(chart.COMMISSION_EXPENSE) == -100
    seal_all()
    assert balance_of(chart.COMMISSION_EXPENSE) == -100
    posted(accrual("a2", 7, 11))
    assert balance_of(chart.COMMISSION_EXPENSE) == -111


def test_the_trial_balance_sums_to_zero_with_members_as_one_line(app: Flask) -> None:
    posted(accrual("a1", 7, 100), accrual("a2", 8, 11), settlement("s1", 8, 11))
    with unit_of_work() as uow:
        assert trial_balance(uow) == [
            TrialLine("member:*:pending", "CNY", 100),
            TrialLine("member:*:wallet", "CNY", 11),
            TrialLine("shop:commission_expense", "CNY", -111),
        ]


def test_an_unknown_account_has_no_balance(app: Flask) -> None:
    with pytest.raises(UnknownAccount):
        balance_of("shop:salse")


def test_posting_takes_the_same_statements_for_one_entry_and_for_a_thousand(app: Flask) -> None:
    posted(*(accrual(f"a{n}", n, 5) for n in range(1, 1001)), *(settlement(f"s{n}", n, 1) for n in range(1, 1001)))

    def statements(*entries: Entry) -> int:
        from sqlalchemy import event

        seen: list[str] = []
        with unit_of_work() as uow:
            engine = uow.session.get_bind()

            def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
                seen.append(statement)

            event.listen(engine, "before_cursor_execute", note)
            post(uow, entries)
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    # Accounts, entries, balances; the COPY of postings goes past SQLAlchemy.
    assert statements(settlement("one", 1, 1)) == 3
    assert statements(*(settlement(f"t{n}", n, 2) for n in range(1, 1001))) == 3


def test_no_batch_is_no_work(app: Flask) -> None:
    assert posted() == Posted(0, 0, 0)
