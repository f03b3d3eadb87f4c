"""The audit record: who did what, when, about whom."""

from __future__ import annotations

import uuid

from flask import render_template, request

from socialshop.audit import service as audit
from socialshop.audit.service import Wanted
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.admin.words import DEEDS
from socialshop.pages.visit import PAGE_ROWS, Visit

_LONGEST_NUMBER = 18


@admin.page("/record", tab="record")
def show_record(visit: Visit) -> str:
    """The newest first; by act, by who did it, or by what it was done to."""
    action = request.args.get("action", "")
    target = request.args.get("target", "").strip()
    wanted = Wanted(
        actor=_member(request.args.get("actor", "").strip()),
        action=action if action in DEEDS else None,
        target=target or None,
    )
    found = audit.page_of(visit.uow, wanted, _before(), PAGE_ROWS + 1)
    rows = found[:PAGE_ROWS]
    return render_template(
        "admin/record.html",
        entries=rows,
        next=str(rows[-1].id) if len(found) > PAGE_ROWS else None,
        names=names_by_id(visit.uow, [entry.actor for entry in rows]),
        deeds=list(DEEDS.items()),
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
