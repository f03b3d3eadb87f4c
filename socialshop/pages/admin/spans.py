"""Days that a page of the books was asked for, and the tables that it gives to take along."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from flask import Response, make_response, request

from socialshop.kernel.errors import NotFound
from socialshop.kernel.time import last_days
from socialshop.ledger import service as ledger
from socialshop.ledger.service import Span
from socialshop.pages.visit import Visit

_DAY = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}", re.ASCII)


def today(visit: Visit) -> date:
    """The day by the shop's clock."""
    return last_days(visit.uow.now, 1, visit.settings.time_zone)[0]


def day_asked(name: str) -> date | None:
    """The day that the address says under this name; None where it says none. Raises NotFound for what is no day."""
    said = request.args.get(name, "").strip()
    if not said:
        return None
    if _DAY.fullmatch(said):
        with suppress(ValueError):
            return date.fromisoformat(said)
    raise NotFound("there is no such day")


def span_asked(visit: Visit) -> Span:
    """The days that the address says; else this month so far. Raises NotFound where they are the wrong way round."""
    last = day_asked("last_day") or today(visit)
    first = day_asked("first_day") or last.replace(day=1)
    if first > last:
        raise NotFound("the first day is after the last")
    return ledger.span_of(visit.uow, first, last, visit.settings.time_zone)


def wants_table() -> bool:
    """Whether the table itself is asked for and not the page that shows it."""
    return request.args.get("format") == "csv"


def table(content: str, name: str) -> Response:
    """A CSV file to take along."""
    answer = make_response(content)
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
