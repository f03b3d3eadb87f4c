"""Single keys on the desk, and the switch for who would set them off by chance (WCAG 2.1.4)."""

from __future__ import annotations

from flask import Response, flash, request
from flask_babel import gettext

from socialshop.pages import cookies
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to_address
from socialshop.pages.shopper.signing import safe_next
from socialshop.pages.visit import Visit


@admin.action("/keys", again="show_overview")
def switch_keys(visit: Visit) -> Response:
    """Remember in this browser whether single keys do anything."""
    switched = visit.form.choice("keys", ("on", "off"))
    visit.form.check()
    answer = go_to_address(safe_next(visit.form.values.get("next")))
    cookies.keep_keys(answer, switched)
    if switched == "on":
        flash(gettext("Single keys are on."))
    else:
        flash(gettext("Single keys are off: everything is reached by Tab."))
    return answer


@admin.app_template_global()
def keys_on() -> bool:
    """Whether single keys do anything; they do unless somebody has switched them off."""
    return request.cookies.get(cookies.KEYS) != "off"
