"""The audit record: who did what, when, about whom; and who looked at whose data."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Response, render_template, request

from socialshop.audit import service as audit
from socialshop.audit.rules import facts_text
from socialshop.audit.service import Wanted
from socialshop.books import service as books
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.time import to_text
from socialshop.ledger import calendar
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.spans import day_asked, table, today, wants_table
from socialshop.pages.admin.words import DEEDS
from socialshop.pages.shopper.privacy import LOOKS
from socialshop.pages.visit import PAGE_ROWS, Visit
from socialshop.privacy import service as privacy

_LONGEST_NUMBER = 18
_LONGEST_WORDS = 100
# By whom nobody is: the console, or the shop by itself.
_SHOP = "shop"
# Facts are searched text by text, so that many days are not where nothing else is said.
_DAYS_SEARCHED = 90
_ROWS_OF_TABLE = 10_000
_COLUMNS = ("entry", "recorded_at", "actor", "action", "target", "facts")


@admin.page("/record", tab="record")
def show_record(visit: Visit) -> str | Response:
    """The newest first; by act, by who did it, by what it was done to, by day, by words. `?format=csv`: the table."""
    wanted = _wanted(visit)
    limit = _ROWS_OF_TABLE if wants_table() else PAGE_ROWS
    found = audit.page_of(visit.uow, wanted, _before(), limit + 1)
    rows = found[:limit]
    if wants_table():
        return table(books.as_table(_COLUMNS, map(_cells, rows)), "record")
    return render_template(
        "admin/record.html",
        entries=rows,
        next=str(rows[-1].id) if len(found) > PAGE_ROWS else None,
        names=names_by_id(visit.uow, [entry.actor for entry in rows]),
        deeds=list(DEEDS.items()),
    )


def _cells(entry: audit.StoredEntry) -> tuple[object, ...]:
    actor = "" if entry.actor is None else to_public("mbr", entry.actor)
    return entry.id, to_text(entry.recorded_at), actor, entry.action, entry.target, facts_text(entry.facts)


def _wanted(visit: Visit) -> Wanted:
    action, actor = request.args.get("action", ""), request.args.get("actor", "").strip()
    words = request.args.get("words", "").strip()[:_LONGEST_WORDS]
    first, last = day_asked("first_day"), day_asked("last_day")
    if words and first is None:
        first = (last or today(visit)) - timedelta(days=_DAYS_SEARCHED)
    return Wanted(
        actor=None if actor == _SHOP else _member(actor),
        by_shop=actor == _SHOP,
        action=action if action in DEEDS else None,
        target=request.args.get("target", "").strip() or None,
        words=words or None,
        since=None if first is None else calendar.end_of(first - timedelta(days=1), visit.settings.time_zone),
        until=None if last is None else calendar.end_of(last, visit.settings.time_zone),
    )


@admin.page("/record/looks", tab="record")
def show_looks(visit: Visit) -> str:
    """Who of the shop's people saw whose data, the newest first; by who looked, or by whose it was."""
    viewer, member = (_member(request.args.get(name, "").strip()) for name in ("viewer", "member"))
    found = privacy.looks(visit.uow, viewer, member, _before(), PAGE_ROWS + 1)
    rows = found[:PAGE_ROWS]
    return render_template(
        "admin/looks.html",
        looks=rows,
        next=str(rows[-1].id) if len(found) > PAGE_ROWS else None,
        names=names_by_id(visit.uow, [one for row in rows for one in (row.viewer, row.member_id)]),
        seen=LOOKS,
    )


def _before() -> int | None:
    """The entry that the page before ended with."""
    said = request.args.get("after")
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) <= _LONGEST_NUMBER):
        raise NotFound("no list gave such a page")
    return int(said)


def _member(said: str) -> uuid.UUID | None:
    return from_public("mbr", said) if said else None
