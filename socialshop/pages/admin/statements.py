"""What is owed by age, revenue and expense by month, and the statement of one account."""

from __future__ import annotations

import re
from datetime import date

from flask import Response, render_template, request

from socialshop.books import service as books
from socialshop.books.schemas import cursor_at, place_of
from socialshop.identity import service as identity
from socialshop.kernel.currencies import POINTS, is_currency
from socialshop.kernel.errors import NotFound
from socialshop.ledger import service as ledger
from socialshop.ledger.errors import UnknownAccount
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.spans import day_asked, span_asked, table, today, wants_table
from socialshop.pages.visit import Visit
from socialshop.web import looks
from socialshop.web.problems import InvalidFields

_ROWS, _ROWS_OF_TABLE = 50, 10_000
_MONTHS_SHOWN = 12
_OF_A_MEMBER = re.compile(r"member:([1-9][0-9]{0,17}):[a-z]+")


@admin.page("/books/owed", tab="owed")
def show_owed(visit: Visit) -> str | Response:
    """What members owe the shop and what it owes, at the end of a day, by age."""
    on_day = day_asked("on_day") or today(visit)
    found = books.owed(visit.uow, on_day, visit.settings.time_zone)
    if wants_table():
        return table(books.owed_table(found), f"owed-{on_day}")
    return render_template("admin/owed.html", on_day=on_day, owed=found)


@admin.page("/books/income", tab="income")
def show_income(visit: Visit) -> str | Response:
    """Revenue and expense, month by month: the last twelve where the address says no days."""
    zone = visit.settings.time_zone
    last = day_asked("last_day") or today(visit)
    first = day_asked("first_day") or _months_before(last, _MONTHS_SHOWN - 1)
    if first > last:
        raise NotFound("the first day is after the last")
    span = ledger.span_of(visit.uow, first, last, zone)
    rows = ledger.income_by_month(visit.uow, span, zone)
    if wants_table():
        return table(books.income_table(rows), f"income-{first}-{last}")
    return render_template("admin/income.html", span=span, rows=rows)


def _months_before(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


@admin.page("/books/account", tab="books")
def show_account(visit: Visit) -> str | Response:
    """An account's statement, page by page; a field for one where none is asked for.

    Who looks at a member's account is noted.
    """
    account = request.args.get("account", "").strip()
    if not account:
        return render_template("admin/account.html", statement=None, span=span_asked(visit))
    currency = request.args.get("currency", "").strip() or visit.settings.currency
    if not (currency == POINTS or is_currency(currency)):
        raise NotFound("there is no such currency")
    span, after = span_asked(visit), _after()
    limit = _ROWS_OF_TABLE if wants_table() else _ROWS
    try:
        statement = ledger.statement_of(visit.uow, account, currency, span, after=after, limit=limit)
    except UnknownAccount:
        raise NotFound("there is no such account") from None
    member = _OF_A_MEMBER.fullmatch(account)
    owners = identity.named(visit.uow, numbers=[int(member[1])]) if member else []
    for owner in owners:
        seen = {"member_id": owner.id}
        looks.note(visit.uow, visit.caller, "member_id", {"member_id": "mbr"}, seen, saw="show_account_statement")
    if wants_table():
        return table(books.statement_table(statement), f"{account.replace(':', '-')}-{span.first}-{span.last}")
    return render_template(
        "admin/account.html",
        statement=statement,
        span=span,
        owner=owners[0] if owners else None,
        next=cursor_at(statement.rows[-1]) if statement.more else None,
    )


def _after() -> tuple[int, int, int] | None:
    said = request.args.get("after")
    try:
        return None if said is None else place_of(said)
    except InvalidFields:
        raise NotFound("no list gave such a page") from None
