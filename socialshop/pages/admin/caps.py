"""How much a member is told at most."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext, lazy_gettext

from socialshop.notifications import service as notifications
from socialshop.notifications.service import Cap, Channel, KindClass
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.visit import Visit
from socialshop.web.auth import ADMINS

_CHANNELS = {Channel.IN_APP: lazy_gettext("In the shop"), Channel.EMAIL: lazy_gettext("By e-mail")}
_CLASSES = {
    KindClass.SERVICE: lazy_gettext("Rooms and orders"),
    KindClass.NEWS: lazy_gettext("All else that can be declined"),
}


@admin.page("/notice-caps", tab="caps")
def show_caps(visit: Visit) -> str:
    """Every cap, in one form."""
    caps = notifications.caps_of(visit.uow)
    return render_template("admin/caps.html", caps=caps, channels=_CHANNELS, classes=_CLASSES)


@admin.action("/notice-caps", access=ADMINS, again="show_caps")
def set_caps(visit: Visit) -> Response:
    """Change those that are typed anew."""
    form, caps = visit.form, notifications.caps_of(visit.uow)
    typed = {}
    for channel, kind_class in caps:
        day, week = f"{channel}-{kind_class}-day", f"{channel}-{kind_class}-week"
        typed[channel, kind_class] = cap = Cap(form.whole(day, 0, 1000), form.whole(week, 0, 7000))
        if cap.per_week < cap.per_day:
            form.errors.setdefault(week, gettext("A week has at least as many as a day."))
    form.check()
    for place, cap in typed.items():
        if cap != caps[place]:
            notifications.set_cap(visit.uow, visit.caller.member_id, *place, cap)
    flash(gettext("Kept."))
    return go_to("admin.show_caps")
