"""The trial balance of some days, and closing days and months."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.books import service as books
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Balanced
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.spans import span_asked, table, today, wants_table
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web.auth import ADMINS

_DAYS_SHOWN = 7


@admin.page("/books", tab="books")
def show_books(visit: Visit) -> str | Response:
    """How every account opened, moved and ended; which days and months are closed. `?format=csv`: the table."""
    span = span_asked(visit)
    lines = ledger.trial_balance_of(visit.uow, span)
    if wants_table():
        return table(books.trial_table(lines), f"trial-balance-{span.first}-{span.last}")
    days, months = ledger.closed_days(visit.uow, _DAYS_SHOWN), ledger.closed_months(visit.uow)
    yesterday = today(visit) - timedelta(days=1)
    return render_template(
        "admin/books.html",
        span=span,
        by_currency=_by_currency(lines),
        days=days,
        months=months,
        yesterday=yesterday if not days or days[0].on_day < yesterday else None,
        month=_next_month(days[0].on_day if days else None, months[0].month if months else None),
        names=names_by_id(visit.uow, [*(day.closed_by for day in days), *(month.closed_by for month in months)]),
    )


def _by_currency(lines: list[Balanced]) -> dict[str, list[Balanced]]:
    found = defaultdict(list)
    for line in lines:
        found[line.currency].append(line)
    return found


def _next_month(closed_through: date | None, last_month: date | None) -> date | None:
    """The month that can be closed next: the one after the last, else the newest whose days are all closed."""
    if closed_through is None:
        return None
    open_from = (closed_through + timedelta(days=1)).replace(day=1)
    month = (open_from - timedelta(days=1)).replace(day=1)
    if last_month is not None:
        month = (last_month + timedelta(days=31)).replace(day=1)
    return month if month < open_from else None


@admin.action("/books/days", access=ADMINS, again="show_books")
def close_books_through(visit: Visit) -> Response:
    """Close the books through a day."""
    through = visit.form.day("through")
    visit.form.check()
    ledger.close_days(visit.uow, through, actor=visit.caller.member_id, zone=visit.settings.time_zone)
    flash(gettext("Closed. What comes late is dated into the open day."))
    return go_to("admin.show_books")


@admin.action("/books/months", access=ADMINS, again="show_books")
def close_books_month(visit: Visit) -> Response:
    """Close a month for good."""
    month = visit.form.day("month")
    visit.form.check()
    books.close_month(visit.uow, month, actor=visit.caller.member_id)
    flash(gettext("The month is closed and signed."))
    return go_to("admin.show_books")
