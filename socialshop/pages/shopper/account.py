"""The account: where it is signed in, the e-mail address, the password, the birthday."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.identity import service as identity
from socialshop.identity.service import FIRST_YEAR, LONGEST_EMAIL, LONGEST_PASSWORD, Born
from socialshop.kernel.ids import to_public
from socialshop.notifications import service as notifications
from socialshop.onboarding import service as onboarding
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper.proof import own_password
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.signins import service as signins
from socialshop.signins.gateway import texter
from socialshop.web import limits


@shopper.page("/account", tab="me")
def show_account(visit: Visit) -> str:
    """The address and whether it is verified, the birthday, the devices, and a new password."""
    caller = visit.caller
    birthday = identity.birthday_of(visit.uow, caller.member_id)
    return render_template(
        "shopper/account.html",
        birthday=birthday,
        phone=signins.phone_of(visit.uow, caller.member_id),
        passkeys=signins.passkeys_of(visit.uow, caller.member_id),
        takes_passkeys=signins.party() is not None,
        sends_texts=texter() is not None,
        may_tell_birthday=birthday is None or birthday.changeable_at <= visit.uow.now,
        card=onboarding.card_of(visit.uow, caller.member_id),
        sessions=[
            (to_public("ses", one.id), one)
            for one in identity.live_sessions(visit.uow, caller.member_id, caller.session_id)
        ],
    )


@shopper.action("/account/verification", again="show_account", limit=limits.MAIL_REQUESTS)
def request_verification(visit: Visit) -> Response:
    """Have a mail sent that shows that the address is one's own."""
    notifications.request_email_verification(visit.uow, visit.caller.number)
    flash(gettext("A mail is on its way."))
    return go_to("shopper.show_account")


@shopper.action("/account/sessions/<session_id>/end", again="show_account", ids={"session_id": "ses"})
def end_session(visit: Visit) -> Response:
    """Sign one device out."""
    identity.revoke_session(visit.uow, visit.caller.member_id, visit.ids["session_id"])
    flash(gettext("Signed out there."))
    return go_to("shopper.show_account")


@shopper.action("/account/sessions/end", again="show_account")
def end_other_sessions(visit: Visit) -> Response:
    """Sign every other device out."""
    identity.revoke_other_sessions(visit.uow, visit.caller.member_id, visit.caller.session_id)
    flash(gettext("Signed out everywhere else."))
    return go_to("shopper.show_account")


@shopper.action("/account/email", again="show_account", limit=limits.MAIL_REQUESTS)
def change_email(visit: Visit) -> Response:
    """Another address, once whoever reads it has said so."""
    form, caller = visit.form, visit.caller
    email = form.text("email", longest=LONGEST_EMAIL)
    password = form.secret("email_password", longest=LONGEST_PASSWORD)
    form.check()
    with own_password(visit, "email_password"):
        identity.ask_email_change(visit.uow, caller.member_id, email, password)
    notifications.request_email_change(visit.uow, caller.number)
    flash(gettext("A mail is on its way to the new address. The present one stays until you open its link."))
    return go_to("shopper.show_account")


@shopper.action("/account/birthday", again="show_account")
def tell_birthday(visit: Visit) -> Response:
    """Tell the birthday; another not before a year has passed."""
    born = birthday_in(visit.form)
    visit.form.check()
    identity.set_birthday(visit.uow, visit.caller.member_id, born, zone=visit.settings.time_zone)
    flash(gettext("Kept."))
    return go_to("shopper.show_account")


def birthday_in(form: Form) -> Born:
    """What was typed into the fields of components/birthday.html."""
    return Born(form.whole("month", 1, 12), form.whole("day", 1, 31), form.whole_or_none("year", FIRST_YEAR, 9999))


@shopper.action("/account/password", again="show_account")
def change_password(visit: Visit) -> Response:
    """Another password; every other device is signed out."""
    form, caller = visit.form, visit.caller
    old = form.secret("current_password", longest=LONGEST_PASSWORD)
    new = form.secret("password", longest=LONGEST_PASSWORD)
    form.check()
    with own_password(visit, "current_password"):
        identity.change_password(visit.uow, caller.member_id, caller.session_id, old_password=old, password=new)
    flash(gettext("The new password is set. Every other device is signed out."))
    return go_to("shopper.show_account")
