"""An admin's authenticator app: added, with codes for the day it is lost, and removed."""

from __future__ import annotations

import base64

from flask import Response, flash, make_response, render_template
from flask_babel import gettext

from socialshop.identity import service as identity
from socialshop.identity.service import LONGEST_PASSWORD
from socialshop.infra import qr
from socialshop.kernel.ids import to_public
from socialshop.pages.admin.proving import FIELD, prove, wanted
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.shopper.proof import own_password
from socialshop.pages.visit import Visit
from socialshop.signins import service as signins
from socialshop.signins.errors import CodeNotValid
from socialshop.signins.totp import DIGITS
from socialshop.web import limits
from socialshop.web.auth import ADMINS


@admin.page("/authenticator", access=ADMINS)
def show_authenticator(visit: Visit) -> Response:
    """Whether there is one; one that waits for its first code shows its secret."""
    waits = signins.pending_of(visit.uow, visit.caller.member_id)
    page = render_template(
        "admin/authenticator.html",
        has=signins.authenticator_of(visit.uow, visit.caller.member_id),
        waits=waits,
        picture=base64.b64encode(qr.draw(waits.address, "svg")).decode("ascii") if waits else None,
        proof=wanted(visit),
    )
    return _unkept(page)


@admin.action("/authenticator", access=ADMINS, again="show_authenticator")
def begin_authenticator(visit: Visit) -> Response:
    """A secret for the app, after the password."""
    password = visit.form.secret("totp_password", longest=LONGEST_PASSWORD)
    visit.form.check()
    with own_password(visit, "totp_password"):
        identity.check_own_password(visit.uow, visit.caller.member_id, password)
    signins.begin_totp(visit.uow, visit.caller)
    return go_to("admin.show_authenticator")


@admin.action("/authenticator/confirmation", access=ADMINS, again="show_authenticator")
def confirm_authenticator(visit: Visit) -> Response:
    """The app shows the right code; the recovery codes are in this one answer."""
    code = visit.form.text(FIELD, longest=DIGITS)
    visit.form.check()
    try:
        with limits.counted(to_public("mbr", visit.caller.member_id), CodeNotValid):
            codes = signins.confirm_totp(visit.uow, visit.caller, code)
    except CodeNotValid:
        visit.form.errors[FIELD] = gettext("The app shows another code. Is the clock of the device right?")
        visit.form.refuse()
    return _codes(codes)


@admin.action("/authenticator/recovery-codes", access=ADMINS, again="show_authenticator")
def renew_recovery_codes(visit: Visit) -> Response:
    """Other recovery codes, in this one answer."""
    prove(visit)
    return _codes(signins.renew_recovery_codes(visit.uow, visit.caller))


@admin.action("/authenticator/removal", access=ADMINS, again="show_authenticator")
def remove_authenticator(visit: Visit) -> Response:
    """Be asked for no codes any more."""
    prove(visit)
    signins.remove_totp(visit.uow, visit.caller)
    flash(gettext("Removed. Until you add another you approve and release nothing."))
    return go_to("admin.show_authenticator")


def _codes(codes: list[str]) -> Response:
    return _unkept(render_template("admin/recovery_codes.html", codes=codes))


def _unkept(page: str) -> Response:
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer
