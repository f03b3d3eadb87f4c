"""Missions, for the shop: published, changed by a new version, withdrawn; and how many finish them."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.kernel.ids import to_public
from socialshop.loyalty.rules import MOST_POINTS, MissionKind, Repeats
from socialshop.loyalty.schemas.missions import MOST_TIMES
from socialshop.loyalty.service import missions
from socialshop.loyalty.service.missions import MISSION_PREFIX, NewMission, Terms
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper.missions import MISSION_KINDS, MISSION_REPEATS
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_MISSION = {"mission_id": MISSION_PREFIX}
_LONGEST_TITLE = 100


@admin.page("/missions", tab="missions")
def list_missions(visit: Visit) -> str:
    """Every mission, and a form for another."""
    rows, after = cut(missions.missions(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    reach = missions.reach(visit.uow, list(rows))
    return render_template(
        "admin/missions.html",
        rows=rows,
        reach=reach,
        next=after,
        kinds=MISSION_KINDS.items(),
        repeats=MISSION_REPEATS.items(),
        now=visit.uow.now,
    )


@admin.action("/missions", access=ADMINS, again="list_missions", once=True)
def add_mission(visit: Visit) -> Response:
    """Publish a mission."""
    form, zone = visit.form, visit.zone
    kind, repeats = form.choice("kind", set(MissionKind)), form.choice("repeats", set(Repeats))
    opens_at, closes_at, terms = form.instant("opens_at", zone), form.instant("closes_at", zone), _terms(form)
    if closes_at is None:
        form.errors.setdefault("closes_at", gettext("This is needed."))
        form.refuse()
    form.check()
    new = NewMission(MissionKind(kind), Repeats(repeats), opens_at, closes_at, terms)
    row = missions.add(visit.uow, visit.caller.member_id, new)
    flash(gettext("Published."))
    return go_to("admin.show_mission", mission_id=to_public(MISSION_PREFIX, row.id))


@admin.page("/missions/<mission_id>", tab="missions", ids=_MISSION)
def show_mission(visit: Visit) -> str:
    """One mission by its newest version, and how many began and finished it."""
    row = missions.mission(visit.uow, visit.ids["mission_id"])
    reach = missions.reach(visit.uow, [row])[row.id]
    return render_template("admin/mission.html", row=row, reach=reach, now=visit.uow.now)


@admin.action("/missions/<mission_id>", access=ADMINS, again="show_mission", once=True, ids=_MISSION)
def change_mission(visit: Visit) -> Response:
    """Publish another version."""
    terms = _terms(visit.form)
    visit.form.check()
    missions.change(visit.uow, visit.caller.member_id, visit.ids["mission_id"], terms)
    flash(gettext("Published. What was begun ends by the version before."))
    return go_to("admin.show_mission", mission_id=visit.path["mission_id"])


@admin.action("/missions/<mission_id>/withdraw", access=ADMINS, again="show_mission", ids=_MISSION)
def withdraw_mission(visit: Visit) -> Response:
    """End it before its time."""
    missions.withdraw(visit.uow, visit.caller.member_id, visit.ids["mission_id"])
    flash(gettext("Withdrawn; what it gave stays."))
    return go_to("admin.show_mission", mission_id=visit.path["mission_id"])


def _terms(form: Form) -> Terms:
    return Terms(
        form.text("title_zh", longest=_LONGEST_TITLE),
        form.text("title_en", longest=_LONGEST_TITLE),
        form.whole("times", 1, MOST_TIMES),
        form.whole("points", 1, MOST_POINTS),
    )
