"""Everybody's flash sessions, and what one brought."""

from __future__ import annotations

from flask import render_template

from socialshop.deals import service as deals
from socialshop.deals.service import SESSION_PREFIX
from socialshop.pages.admin.section import admin
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.rooms import service as rooms


@admin.page("/sessions", tab="sessions")
def list_sessions(visit: Visit) -> str:
    """All sessions, the newest first."""
    rows, after = cut(deals.sessions_of(visit.uow, None, visit.after(), PAGE_ROWS + 1), lambda face: face.id)
    return render_template("admin/sessions.html", sessions=rows, next=after)


@admin.page("/sessions/<session_id>", ids={"session_id": SESSION_PREFIX}, tab="sessions")
def show_session(visit: Visit) -> str:
    """Who opened it, how it stands and what it brought; an admin runs it at the leaders' desk."""
    own = deals.own_session(visit.uow, None, visit.ids["session_id"])
    results = rooms.session_results(visit.uow, None, own.id, visit.settings.currency)
    return render_template("admin/session.html", session=own.face, results=results)
