"""The books over HTTP, for those who answer for them: finance reads all of it, admins close days and months."""

from __future__ import annotations

import re

from socialshop.books import service
from socialshop.books.schemas import (
    AccountStatement,
    ClosedDayWire,
    ClosedMonthWire,
    Closings,
    DayClosing,
    DayQuery,
    Income,
    MonthClosing,
    OwedWire,
    SpanQuery,
    StatementQuery,
    TrialBalance,
)
from socialshop.identity import service as identity
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.time import day_of
from socialshop.ledger import service as ledger
from socialshop.ledger.errors import (
    DayNotOver,
    DaysOpen,
    DifferencesOpen,
    MonthOutOfTurn,
    ProofWanted,
    UnknownAccount,
)
from socialshop.web import looks
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("books_admin", __name__, tag="Books")

_DAYS_SHOWN = 62
_OF_A_MEMBER = re.compile(r"member:([1-9][0-9]{0,17}):[a-z]+")


@room.operation(
    "GET",
    "/admin/books/trial-balance",
    access=READS_ALL,
    query=SpanQuery,
    replies=Reply(200, TrialBalance, "The trial balance."),
    refuses=(InvalidValue,),
)
def show_trial_balance(call: Call[Nothing, SpanQuery]) -> Answer:
    """The trial balance of some days: every account as it opened, moved and ended."""
    zone = wired.settings().time_zone

    def read(uow: UnitOfWork) -> Answer:
        span = ledger.span_of(uow, *call.query.days(day_of(uow.now, zone)), zone)
        return Answer(TrialBalance.of(span.first, span.last, ledger.trial_balance_of(uow, span)))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/books/statement",
    access=READS_ALL,
    query=StatementQuery,
    replies=Reply(200, AccountStatement, "The account."),
    refuses=(InvalidValue, UnknownAccount),
)
def show_account_statement(call: Call[Nothing, StatementQuery]) -> Answer:
    """The statement of one account: opening, postings page by page with the balance after each, closing.

    Who looks at a member's account is noted, as wherever a member's data is seen.
    """
    settings, query = wired.settings(), call.query

    def read(uow: UnitOfWork) -> Answer:
        span = ledger.span_of(uow, *query.days(day_of(uow.now, settings.time_zone)), settings.time_zone)
        currency = query.currency or settings.currency
        statement = ledger.statement_of(uow, query.account, currency, span, after=query.after(), limit=query.limit)
        if member := _OF_A_MEMBER.fullmatch(query.account):
            for found in identity.named(uow, numbers=[int(member[1])]):
                seen = {"member_id": found.id}
                looks.note(uow, call.caller, "member_id", {"member_id": "mbr"}, seen, saw="show_account_statement")
        return Answer(AccountStatement.of(statement))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/books/owed",
    access=READS_ALL,
    query=DayQuery,
    replies=Reply(200, OwedWire, "What is owed."),
)
def show_owed(call: Call[Nothing, DayQuery]) -> Answer:
    """What members owe the shop and what it owes others at the end of a day, by how long ago it came.

    What went from an account paid what came to it first.
    """
    zone = wired.settings().time_zone

    def read(uow: UnitOfWork) -> Answer:
        on_day = call.query.on_day or day_of(uow.now, zone)
        return Answer(OwedWire.of(on_day, service.owed(uow, on_day, zone)))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/books/income",
    access=READS_ALL,
    query=SpanQuery,
    replies=Reply(200, Income, "Revenue and expense."),
    refuses=(InvalidValue,),
)
def show_income(call: Call[Nothing, SpanQuery]) -> Answer:
    """Revenue and expense by month and currency, commissions among it."""
    zone = wired.settings().time_zone

    def read(uow: UnitOfWork) -> Answer:
        span = ledger.span_of(uow, *call.query.days(day_of(uow.now, zone)), zone)
        return Answer(Income.of(ledger.income_by_month(uow, span, zone)))

    return call.transact(read)


@room.operation("GET", "/admin/books/closings", access=READS_ALL, replies=Reply(200, Closings, "What is closed."))
def list_closings(call: Call[Nothing, Nothing]) -> Answer:
    """Which days and months of the books are closed, by whom."""

    def read(uow: UnitOfWork) -> Answer:
        days = [ClosedDayWire.of(row) for row in ledger.closed_days(uow, _DAYS_SHOWN)]
        months = [ClosedMonthWire.of(row) for row in ledger.closed_months(uow)]
        return Answer(Closings(days=days, months=months))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/books/day-closings",
    access=ADMINS,
    body=DayClosing,
    replies=Reply(200, ClosedDayWire, "The last closed day; closed already, nothing changes."),
    refuses=(DayNotOver,),
)
def close_days(call: Call[DayClosing, Nothing]) -> Answer:
    """Close the books through a day that is over: no entry is dated before its end any more.

    It cannot be undone. What was wrong is corrected by entries of the open day.
    """
    zone = wired.settings().time_zone

    def close(uow: UnitOfWork) -> Answer:
        closed = ledger.close_days(uow, call.body.through, actor=call.caller.member_id, zone=zone)
        return Answer(ClosedDayWire.of(closed))

    return call.transact(close)


@room.operation(
    "POST",
    "/admin/books/month-closings",
    access=ADMINS,
    body=MonthClosing,
    replies=Reply(200, ClosedMonthWire, "Closed and signed; closed already, nothing changes."),
    refuses=(DaysOpen, MonthOutOfTurn, DifferencesOpen, ProofWanted),
)
def close_month(call: Call[MonthClosing, Nothing]) -> Answer:
    """Close a month whose days are closed, over books that were proved since: signed with the hash of its entries."""

    def close(uow: UnitOfWork) -> Answer:
        closed = service.close_month(uow, call.body.first_day(), actor=call.caller.member_id)
        return Answer(ClosedMonthWire.of(closed))

    return call.transact(close)
