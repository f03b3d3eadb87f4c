"""Disputes: what banks took back, until when each must be answered, and what was noted of it."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.pages.admin.people import names_by_id, names_by_number
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.payments import service as payments
from socialshop.web.auth import ADMINS

_DISPUTE = {"dispute_id": "dsp"}
_MOST_OPEN = 200
_LONGEST_NOTE = 1_000


@admin.page("/disputes", tab="disputes")
def list_disputes(visit: Visit) -> str:
    """What is open, the one that must be answered first at the head; below, how the others ended."""
    standing = payments.open_disputes(visit.uow, _MOST_OPEN)
    ended, after = cut(payments.ended_disputes(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    notes = payments.notes_of_disputes(visit.uow, [row.id for row in (*standing, *ended)])
    return render_template(
        "admin/disputes.html",
        standing=standing,
        ended=ended,
        next=after,
        notes=notes,
        buyers=names_by_number(visit.uow, [row.payer for row in (*standing, *ended)]),
        authors=names_by_id(visit.uow, [note.noted_by for told in notes.values() for note in told]),
        now=visit.uow.now,
        longest=_LONGEST_NOTE,
    )


@admin.action("/disputes/<dispute_id>/notes", access=ADMINS, again="list_disputes", ids=_DISPUTE, once=True)
def note_dispute(visit: Visit) -> Response:
    """Note what evidence there is, or what was sent to the provider."""
    note = visit.form.text("note", longest=_LONGEST_NOTE)
    visit.form.check()
    payments.note_evidence(visit.uow, visit.caller.member_id, visit.ids["dispute_id"], note)
    flash(gettext("Noted."))
    return go_to("admin.list_disputes")
