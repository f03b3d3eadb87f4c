"""Where the links of mails lead: an address is shown to be one's own, a password is set anew."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext

from socialshop.identity import service as identity
from socialshop.identity.service import LONGEST_EMAIL, LONGEST_PASSWORD
from socialshop.notifications import service as notifications
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import Visit
from socialshop.web import limits
from socialshop.web.auth import PUBLIC

_LONGEST_TOKEN = 200


@shopper.page("/verify-email", access=PUBLIC)
def show_verification(visit: Visit) -> str:
    """One button: a mail's link is opened by scanners too, and must not be used up by them."""
    return render_template("shopper/verify_email.html", token=_token(visit))


@shopper.action("/verify-email", access=PUBLIC, again="show_verification", limit=limits.MAIL_REQUESTS)
def verify_email(visit: Visit) -> Response:
    """The address is the member's own."""
    identity.verify_email(visit.uow, visit.form.values.get("token", "")[:_LONGEST_TOKEN])
    flash(gettext("Thank you: the address is yours."))
    return go_to("shopper.shop_front")


@shopper.page("/change-email", access=PUBLIC)
def show_email_change(visit: Visit) -> str:
    """One button, for the same reason."""
    return render_template("shopper/verify_email.html", token=_token(visit), changes=True)


@shopper.action("/change-email", access=PUBLIC, again="show_email_change", limit=limits.MAIL_REQUESTS)
def confirm_email_change(visit: Visit) -> Response:
    """The new address is the member's own."""
    identity.confirm_email_change(visit.uow, visit.form.values.get("token", "")[:_LONGEST_TOKEN])
    flash(gettext("Thank you: the address is yours."))
    return go_to("shopper.shop_front")


@shopper.page("/forgot-password", access=PUBLIC)
def show_forgotten(visit: Visit) -> str:
    """Where to send the link."""
    return render_template("shopper/forgot_password.html", sends_mails=visit.settings.smtp_url is not None)


@shopper.action("/forgot-password", access=PUBLIC, again="show_forgotten", limit=limits.MAIL_REQUESTS)
def forget_password(visit: Visit) -> Response:
    """Have a link sent; the answer is the same whether or not the shop knows the address."""
    email = visit.form.text("email", longest=LONGEST_EMAIL)
    visit.form.check()
    notifications.request_password_reset(visit.uow, identity.email_asked_for(email))
    if visit.settings.smtp_url is None:
        flash(gettext("Noted. Now tell the shop: somebody there hands you a link to a new password."), "wait")
    else:
        flash(gettext("If somebody signs in with this address, a mail is on its way."))
    return go_to("shopper.show_sign_in")


@shopper.page("/reset-password", access=PUBLIC)
def show_reset(visit: Visit) -> str:
    """The new password."""
    return render_template("shopper/reset_password.html", token=_token(visit))


@shopper.action("/reset-password", access=PUBLIC, again="show_reset", limit=limits.MAIL_REQUESTS)
def reset_password(visit: Visit) -> Response:
    """Set it; whoever was signed in is signed out."""
    password = visit.form.secret("password", longest=LONGEST_PASSWORD)
    visit.form.check()
    identity.reset_password(visit.uow, visit.form.values.get("token", "")[:_LONGEST_TOKEN], password)
    flash(gettext("The new password is set. Sign in with it."))
    return go_to("shopper.show_sign_in")


def _token(visit: Visit) -> str:
    return visit.form.values.get("token", request.args.get("token", ""))[:_LONGEST_TOKEN]
