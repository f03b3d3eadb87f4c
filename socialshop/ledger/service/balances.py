"""Balances as they stand now, in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import chart
from socialshop.ledger.store import balances as store


class WalletBalances(NamedTuple):
    """What a member has in one currency, each zero or more: `owed` is a debt to the shop."""

    pending: int
    available: int
    reserved: int
    owed: int


class TrialLine(NamedTuple):
    """One line of the trial balance; members and rooms are summed by kind of account (`member:*:wallet`)."""

    account: str
    currency: str
    amount_minor: int


def wallets(uow: UnitOfWork, numbers: Sequence[int], currency: str) -> dict[int, WalletBalances]:
    """The wallets of many members, by member number, in one statement; all zero for one who never earned."""
    names = [name for number in numbers for name in _accounts(number)]
    rows = store.rows_of(uow.session, names, currency)
    found = {}
    for number in numbers:
        pending, available, reserved, receivable = (rows.get(name, 0) for name in _accounts(number))
        found[number] = WalletBalances(pending, available, reserved, -receivable)
    return found


def wallet(uow: UnitOfWork, number: int, currency: str) -> WalletBalances:
    """One member's wallet."""
    return wallets(uow, [number], currency)[number]


def balance(uow: UnitOfWork, account: str, currency: str) -> int:
    """The balance of any account of the chart, in the ledger's sign. Raises UnknownAccount."""
    return store.current(uow.session, chart.account(account).name, currency)


def trial_balance(uow: UnitOfWork) -> list[TrialLine]:
    """All balances by account or family, in name order; they sum to zero in each currency."""
    return [TrialLine(*row) for row in store.by_family(uow.session)]


def _accounts(number: int) -> tuple[str, str, str, str]:
    return (
        chart.member_pending(number),
        chart.member_wallet(number),
        chart.member_reserved(number),
        chart.member_receivable(number),
    )
