"""What the books say of a time: trial balance, an account's statement, what is owed by age, income by month.

Here a debit is above zero, as accountants write it: the ledger's own sign is the other way (docs/ledger.md, Sign).
Days are of the zone that is given, and a closed day's are those that it was closed with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.ledger import calendar, chart
from socialshop.ledger.chart import Type
from socialshop.ledger.store import closing
from socialshop.ledger.store import reports as store
from socialshop.ledger.store.reports import MonthRow, StatementRow

# The fewest debtors that are named one by one say nearly all; the sums are of all.
MOST_DEBTORS = 200


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the books, both of them too, and the instants between which their entries are dated."""

    first: date
    last: date
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Balanced:
    """A line of the trial balance: debits above zero, credits below; `debit` and `credit` as they were moved."""

    account: str
    type: Type
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of an account's statement in the ledger's sign; `closing` is that of the whole span."""

    account: str
    currency: str
    opening_minor: int
    closing_minor: int
    rows: Sequence[StatementRow]
    more: bool


@dataclass(frozen=True, slots=True)
class Aged:
    """What is owed on an account or family, by how many days ago it came; each above or at zero."""

    account: str
    currency: str
    to_30_minor: int
    to_60_minor: int
    to_90_minor: int
    older_minor: int

    @property
    def total_minor(self) -> int:
        """All of it."""
        return self.to_30_minor + self.to_60_minor + self.to_90_minor + self.older_minor


@dataclass(frozen=True, slots=True)
class Owed:
    """Who owes the shop, in sum and one by one (the largest), and to whom it owes."""

    receivables: Sequence[Aged]
    debtors: Sequence[Aged]
    payables: Sequence[Aged]


def span_of(uow: UnitOfWork, first: date, last: date, zone: str) -> Span:
    """The days from the first to the last. Raises InvalidValue where they are the wrong way round. Two statements."""
    if first > last:
        raise InvalidValue(f"{first} is after {last}")
    return Span(first, last, _end(uow, first - calendar.DAY, zone), _end(uow, last, zone))


def _end(uow: UnitOfWork, day: date, zone: str) -> datetime:
    closed = closing.closed_day(uow.session, day)
    return calendar.end_of(day, zone) if closed is None else closed.ends_at


def trial_balance_of(uow: UnitOfWork, span: Span) -> list[Balanced]:
    """Every account, members and rooms summed by family: as it stood before the span, what moved, and how it ended.

    In each currency the openings and the closings sum to zero, and debits to what credits sum to. One statement.
    """
    return [
        Balanced(
            row.account,
            chart.type_of(row.account),
            row.currency,
            -row.opening_minor,
            row.out_minor,
            row.into_minor,
            -row.closing_minor,
        )
        for row in store.trial(uow.session, span.since, span.until)
    ]


def statement_of(
    uow: UnitOfWork, account: str, currency: str, span: Span, *, after: tuple[int, int, int] | None, limit: int
) -> Statement:
    """An account's postings within a span, page by page in the order of their entries. Three statements.

    `after`: entry, line and balance of the row that the page before ended with. Raises UnknownAccount.
    """
    chart.account(account)
    opened = store.opening(uow.session, account, currency, span.since)
    closed = store.opening(uow.session, account, currency, span.until)
    place = after or (0, 0, opened)
    rows = store.statement(uow.session, account, currency, (span.since, span.until), after=place, limit=limit + 1)
    return Statement(account, currency, opened, closed, rows[:limit], len(rows) > limit)


def owed(uow: UnitOfWork, on_day: date, zone: str) -> Owed:
    """What members owe the shop and what it owes, at the end of a day, by age.

    What went from an account paid what came to it first, so what is open came last. Four statements.
    """
    until = _end(uow, on_day, zone)
    payables = store.aged_families(uow.session, chart.PAYABLE, until)
    sums, debtors = store.aged_accounts(uow.session, chart.RECEIVABLE, until, MOST_DEBTORS)
    return Owed(
        [Aged(chart.RECEIVABLES, *row[1:]) for row in sums],
        [Aged(*row) for row in debtors],
        [Aged(*row) for row in payables],
    )


def income_by_month(uow: UnitOfWork, span: Span, zone: str) -> list[MonthRow]:
    """Revenue and expense by month and currency, above zero what was earned or, of an expense, spent. One statement."""
    found = store.months(uow.session, chart.of_type(Type.INCOME, Type.EXPENSES), (span.since, span.until), zone)
    spent = set(chart.of_type(Type.EXPENSES))
    return [row._replace(amount_minor=-row.amount_minor) if row.account in spent else row for row in found]
