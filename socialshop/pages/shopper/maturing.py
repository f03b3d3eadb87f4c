"""The calendar of a member's earnings: what matures on which day, and what waits without a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from babel.dates import format_skeleton
from flask import render_template
from flask_babel import get_locale

from socialshop.commissions import service as commissions
from socialshop.commissions.service import ComingRow
from socialshop.kernel.money import Money
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit

_WIDTH = 200
_NEXT_SHOWN = 3


class Maturing(NamedTuple):
    """What matures on a day in one currency; `width` of its bar, against the largest sum of that currency."""

    day: str
    accruals: int
    amount: Money
    width: int


class Month(NamedTuple):
    """One month of it: its name, its days, and its sum by currency."""

    name: str
    days: list[Maturing]
    sums: list[Money]


@shopper.page("/earnings/calendar", tab="earnings")
def show_maturing(visit: Visit) -> str:
    """Month by month, day by day; then what waits for a parcel, and what an open case stops."""
    rows = commissions.coming(visit.uow, visit.caller.number, visit.zone)
    dated = [row for row in rows if row.on_day is not None]
    return render_template(
        "shopper/maturing.html",
        months=_months(dated),
        receipt=[row for row in rows if row.waiting == "receipt"],
        stopped=[row for row in rows if row.waiting == "stopped"],
    )


def coming_next(visit: Visit) -> list[Maturing]:
    """The next days on which something matures, and no more than that. One statement."""
    rows = commissions.coming(visit.uow, visit.caller.number, visit.zone)
    return _days([row for row in rows if row.on_day is not None][:_NEXT_SHOWN], rows)


def _months(rows: Sequence[ComingRow]) -> list[Month]:
    found = []
    for first, group in groupby(rows, key=lambda row: (row.on_day or date.max).replace(day=1)):
        days = list(group)
        currencies = sorted({row.currency for row in days})
        sums = [Money(sum(row.amount_minor for row in days if row.currency == one), one) for one in currencies]
        found.append(Month(format_skeleton("yMMMM", first, locale=get_locale()), _days(days, rows), sums))
    return found


def _days(rows: Sequence[ComingRow], among: Sequence[ComingRow]) -> list[Maturing]:
    most: dict[str, int] = {}
    for row in among:
        most[row.currency] = max(most.get(row.currency, 1), row.amount_minor)
    return [
        Maturing(
            format_skeleton("MMMEd", row.on_day, locale=get_locale()),
            row.accruals,
            Money(row.amount_minor, row.currency),
            max(row.amount_minor * _WIDTH // most[row.currency], 1),
        )
        for row in rows
    ]
