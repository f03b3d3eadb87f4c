"""What members earned, and why, over HTTP."""

from __future__ import annotations

import uuid

from socialshop.commissions import service
from socialshop.commissions.schemas.coming import CalendarWire
from socialshop.commissions.schemas.commissions import CommissionPage, CommissionWire, ExplanationWire
from socialshop.commissions.schemas.wallet import (
    MonthList,
    MonthWire,
    StatementQuery,
    StatementWire,
    WalletEntry,
    WalletEntryPage,
    WalletEntryQuery,
)
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.web.auth import SIGNED_IN
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("commissions", __name__, tag="Commissions")

_IN_A_LANGUAGE = {"Vary": "Accept-Language"}
_LINE_BITS = 32


@room.operation(
    "GET", "/me/commissions", access=SIGNED_IN, query=PageQuery, replies=Reply(200, CommissionPage, "Commissions.")
)
def list_commissions(call: Call[Nothing, PageQuery]) -> Answer:
    """What sales earned you, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.commissions_of(uow, call.caller.number, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(CommissionPage(data=[CommissionWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET", "/me/commissions/calendar", access=SIGNED_IN, replies=Reply(200, CalendarWire, "What matures, and when.")
)
def show_maturing(call: Call[Nothing, Nothing]) -> Answer:
    """What is held for you by the day of the shop's on which it matures, and what waits without a day.

    It is settled into your wallet within minutes of that instant, unless a refund is asked for before.
    """
    zone = wired.settings().time_zone
    return call.transact(lambda uow: Answer(CalendarWire.of(service.coming(uow, call.caller.number, zone))))


@room.operation(
    "GET",
    "/me/commissions/<commission_id>/explanation",
    access=SIGNED_IN,
    replies=Reply(200, ExplanationWire, "The steps, in order."),
    ids={"commission_id": "acr"},
)
def explain_commission(call: Call[Nothing, Nothing]) -> Answer:
    """Why you have this commission, in English or Chinese (`Accept-Language`)."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.explain(uow, call.ids["commission_id"], call.caller.number)
        return Answer(ExplanationWire.of(found, best_language()), headers=_IN_A_LANGUAGE)

    return call.transact(read)


@room.operation(
    "GET",
    "/me/wallet/entries",
    access=SIGNED_IN,
    query=WalletEntryQuery,
    replies=Reply(200, WalletEntryPage, "Movements."),
)
def list_wallet_entries(call: Call[Nothing, WalletEntryQuery]) -> Answer:
    """What moved in your wallet, the newest first, and what each movement was about."""
    query, after = call.query, call.query.after()
    currency = query.currency or wired.settings().currency
    before = None if after is None else divmod(after.int & 2**95 - 1, 2**_LINE_BITS)

    def read(uow: UnitOfWork) -> Answer:
        found = service.wallet_entries(uow, call.caller.number, currency, before, query.limit + 1)
        # A page ends at a posting, which is an entry's number and a line in it.
        shown, cursor = cut_page(found, query.limit, lambda row: uuid.UUID(int=row.entry_id << _LINE_BITS | row.line))
        entries = [WalletEntry.of(row, best_language()) for row in shown]
        return Answer(WalletEntryPage(data=entries, next_cursor=cursor), headers=_IN_A_LANGUAGE)

    return call.transact(read)


@room.operation(
    "GET", "/me/statements", access=SIGNED_IN, query=StatementQuery, replies=Reply(200, MonthList, "Months.")
)
def list_statements(call: Call[Nothing, StatementQuery]) -> Answer:
    """The months in which your wallet moved, with what each began and ended with."""
    settings = wired.settings()
    currency = call.query.currency or settings.currency

    def read(uow: UnitOfWork) -> Answer:
        months = service.months_of(uow, call.caller.number, currency, settings.time_zone)
        return Answer(MonthList(data=[MonthWire.of(month, currency) for month in months]))

    return call.transact(read)


@room.operation(
    "GET",
    "/me/statements/<month>",
    access=SIGNED_IN,
    query=StatementQuery,
    replies=Reply(200, StatementWire, "The statement."),
    refuses=(NotFound,),
)
def show_statement(call: Call[Nothing, StatementQuery]) -> Answer:
    """The statement of a month (`2026-02`), with the hash by which it can be told from any other."""
    settings, month = wired.settings(), service.month_named(call.path["month"])
    currency = call.query.currency or settings.currency

    def read(uow: UnitOfWork) -> Answer:
        found = service.statement_of(uow, call.caller.number, currency, settings.time_zone, month)
        return Answer(StatementWire.shown(found, best_language()), headers=_IN_A_LANGUAGE)

    return call.transact(read)
