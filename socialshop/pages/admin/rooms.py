"""A room as the shop sees it, and cancelling it for a reason."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.rooms import service as rooms
from socialshop.web.auth import ADMINS

_ROOM = {"room_id": "room"}
_LONGEST_REASON = 500


@admin.page("/rooms/<room_id>", ids=_ROOM, tab="orders")
def show_room(visit: Visit) -> str:
    """How it stands and who is in it."""
    return render_template("admin/room.html", room=rooms.view(visit.uow, visit.ids["room_id"]))


@admin.action("/rooms/<room_id>/cancel", access=ADMINS, again="show_room", ids=_ROOM)
def cancel_room(visit: Visit) -> Response:
    """Cancel it: all its money goes back, and its members read why."""
    reason = visit.form.text("reason", longest=_LONGEST_REASON)
    visit.form.check()
    rooms.cancel(visit.uow, visit.caller.member_id, visit.ids["room_id"], reason)
    flash(gettext("The room is cancelled. Its members are told, and all the money goes back."))
    return go_to("admin.show_room", room_id=visit.path["room_id"])
