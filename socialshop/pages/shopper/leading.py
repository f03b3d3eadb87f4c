"""Asking to lead, and what the shop answered."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.kernel.roles import Role
from socialshop.onboarding import applying
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web.auth import BUYERS

_SHOWN = 10


@shopper.page("/me/leading", access=BUYERS, tab="me")
def show_leading(visit: Visit) -> str:
    """What leading means, the form, and earlier answers."""
    found = applying.applications_of(visit.uow, visit.caller.number, None, _SHOWN)
    may_apply = visit.caller.role is Role.MEMBER and not any(row.status == "open" for row in found)
    return render_template("shopper/leading.html", applications=found, may_apply=may_apply)


@shopper.action("/me/leading", access=BUYERS, again="show_leading")
def apply_to_lead(visit: Visit) -> Response:
    """Send it."""
    form = visit.form
    words = form.text("reason", longest=applying.LONGEST_WORDS)
    channels = form.text("channels", longest=applying.LONGEST_CHANNELS)
    form.check()
    applying.apply_to_lead(visit.uow, visit.caller.number, visit.caller.role, words, channels)
    flash(gettext("Sent. The shop answers by a notice."))
    return go_to("shopper.show_leading")
