"""Statements: a member's wallet month by month, each with a hash that anybody can compute again from the books."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from socialshop.commissions.store import statements as store
from socialshop.commissions.store.reading import WalletRow
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.time import to_text
from socialshop.ledger import chart

WalletPart = Literal["pending", "available", "reserved", "owed"]
# The parts of a wallet, in the order in which a statement names them.
ACCOUNTS: Mapping[WalletPart, Callable[[int], str]] = {
    "pending": chart.member_pending,
    "available": chart.member_wallet,
    "reserved": chart.member_reserved,
    "owed": chart.member_receivable,
}
_DECEMBER = 12
# An entry bears the instant at which its unit of work began; the longest commit is long over by then.
_LATEST_COMMIT = timedelta(hours=1)
_MONTH = re.compile(r"[1-9][0-9]{3}-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Month:
    """What a month began and ended with, part by part in minor units; a debt is below zero, as in the books.

    `month` is its first day by the shop's clock; `is_over` says that nothing can be added to it any more.
    """

    month: date
    opening: Mapping[WalletPart, int]
    closing: Mapping[WalletPart, int]
    movements: int
    is_over: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A month with its movements, in the order of the books."""

    month: Month
    currency: str
    rows: Sequence[WalletRow]
    statement_hash: str


def month_named(said: str) -> date:
    """The first day of a month said as `2026-02`. Raises NotFound."""
    if not _MONTH.fullmatch(said):
        raise NotFound("no such month")
    return date(int(said[:4]), int(said[5:]), 1)


def months_of(uow: UnitOfWork, number: int, currency: str, zone: str) -> list[Month]:
    """The months in which a member's wallet moved, the newest first. One statement."""
    parts = {name(number): part for part, name in ACCOUNTS.items()}
    by_month: dict[date, list[store.MonthSum]] = {}
    for found in store.month_sums(uow.session, list(parts), currency, zone):
        by_month.setdefault(found.month, []).append(found)
    months: list[Month] = []
    balance: dict[WalletPart, int] = dict.fromkeys(ACCOUNTS, 0)
    for first, sums in by_month.items():
        opening = dict(balance)
        for one in sums:
            balance[parts[one.account]] += one.amount_minor
        moved = sum(one.postings for one in sums)
        months.append(Month(first, opening, dict(balance), moved, _end_of(first, zone) + _LATEST_COMMIT <= uow.now))
    return months[::-1]


def statement_of(uow: UnitOfWork, number: int, currency: str, zone: str, first: date) -> Statement:
    """A member's statement of the month that begins on `first`. Raises NotFound where nothing moved. Two statements.

    Its hash is SHA-256 over lines of text, each ended by a line feed: `member|currency|month`, then `opening|part|minor
    units` for each part, `entry|line|instant|kind|part|minor units` for each movement, and `closing|part|minor units`.
    """
    month = next((found for found in months_of(uow, number, currency, zone) if found.month == first), None)
    if month is None:
        raise NotFound("nothing moved in that month")
    accounts = [name(number) for name in ACCOUNTS.values()]
    rows = store.movements(uow.session, accounts, currency, _begin_of(first, zone), _end_of(first, zone))
    digest = hashlib.sha256("".join(f"{line}\n" for line in _lines(number, currency, month, rows)).encode())
    return Statement(month, currency, rows, digest.hexdigest())


def part_of(row: WalletRow) -> WalletPart:
    """Which part of a wallet a posting moved."""
    return _PART_OF[row.account.rsplit(":", 1)[1]]


def _lines(number: int, currency: str, month: Month, rows: Sequence[WalletRow]) -> Iterator[str]:
    yield f"{number}|{currency}|{month.month:%Y-%m}"
    yield from (f"opening|{part}|{amount}" for part, amount in month.opening.items())
    for row in rows:
        at = to_text(row.posted_at)
        yield f"{row.entry_id}|{row.line}|{at}|{row.kind}|{part_of(row)}|{row.amount_minor}"
    yield from (f"closing|{part}|{amount}" for part, amount in month.closing.items())


def _begin_of(first: date, zone: str) -> datetime:
    return datetime(first.year, first.month, 1, tzinfo=ZoneInfo(zone))


def _end_of(first: date, zone: str) -> datetime:
    year, month = (first.year + 1, 1) if first.month == _DECEMBER else (first.year, first.month + 1)
    return _begin_of(date(year, month, 1), zone)


_PART_OF: Mapping[str, WalletPart] = {
    "pending": "pending",
    "wallet": "available",
    "reserved": "reserved",
    "receivable": "owed",
}
