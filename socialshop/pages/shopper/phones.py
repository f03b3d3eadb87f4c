"""A phone to sign in by: linked to the account, and used at the door."""

from __future__ import annotations

from contextlib import suppress

from flask import Response, flash, render_template, session
from flask_babel import gettext

from socialshop.identity.service import LONGEST_PASSWORD
from socialshop.invites import visitors
from socialshop.pages.section import go_to, go_to_address
from socialshop.pages.shopper.proof import own_password
from socialshop.pages.shopper.section import shopper
from socialshop.pages.shopper.signing import let_in, next_address
from socialshop.pages.visit import Visit
from socialshop.pages.wording import SENTENCES
from socialshop.signins import service as signins
from socialshop.signins.errors import CodeNotValid
from socialshop.signins.gateway import texter
from socialshop.signins.rules import CODE_DIGITS
from socialshop.signins.service import LONGEST_PHONE
from socialshop.web import limits
from socialshop.web.auth import PUBLIC

# Kept in the browser's own signed cookie between the two steps: a number has no business in an address.
_PHONE = "phone"


@shopper.page("/sign-in/phone", access=PUBLIC)
def show_phone_sign_in(visit: Visit) -> str:
    """Have a code sent; then type it in."""
    return render_template("shopper/sign_in_phone.html", phone=session.get(_PHONE, ""), next=next_address(visit))


@shopper.action("/sign-in/phone/code", access=PUBLIC, again="show_phone_sign_in", limit=limits.CODE_REQUESTS)
def ask_phone_code(visit: Visit) -> Response:
    """Have a code sent; the answer is the same whether or not the shop knows the phone."""
    phone = visit.form.text("phone", longest=LONGEST_PHONE)
    visit.form.check()
    signins.ask_phone_sign_in(visit.uow, texter(), phone)
    session[_PHONE] = phone
    flash(gettext("If somebody signs in by this phone, a code is on its way."))
    return go_to("shopper.show_phone_sign_in", next=next_address(visit))


@shopper.action("/sign-in/phone", access=PUBLIC, again="show_phone_sign_in")
def sign_in_by_phone(visit: Visit) -> Response:
    """Sign in by the code."""
    code = visit.form.text("code", longest=CODE_DIGITS)
    visit.form.check()
    phone = session.get(_PHONE, "")
    days = visit.settings.session_days
    entrance = None
    with suppress(CodeNotValid), limits.counted(phone, CodeNotValid):
        visitor, signals = visitors.known_visitor(), visitors.signals()
        entrance = signins.sign_in_by_phone(visit.uow, phone, code, session_days=days, visitor=visitor, signals=signals)
        if entrance is None:
            raise CodeNotValid("this code is not good", field="code")
    if entrance is None:
        return _wrong("shopper.show_phone_sign_in", next=next_address(visit))
    session.pop(_PHONE, None)
    return let_in(entrance, go_to_address(next_address(visit)))


@shopper.action("/account/phone", again="show_account", limit=limits.CODE_REQUESTS)
def link_phone(visit: Visit) -> Response:
    """Have a code sent to a phone that is to be one's own."""
    form = visit.form
    phone = form.text("phone", longest=LONGEST_PHONE)
    password = form.secret("phone_password", longest=LONGEST_PASSWORD)
    form.check()
    with own_password(visit, "phone_password"):
        signins.ask_phone_link(visit.uow, texter(), visit.caller.member_id, phone, password)
    flash(gettext("A code is on its way to this phone."))
    return go_to("shopper.show_account")


@shopper.action("/account/phone/confirmation", again="show_account", limit=limits.CODE_REQUESTS)
def confirm_phone(visit: Visit) -> Response:
    """The phone is one's own."""
    code = visit.form.text("code", longest=CODE_DIGITS)
    visit.form.check()
    if signins.confirm_phone(visit.uow, visit.caller.member_id, visit.caller.number, code) is None:
        return _wrong("shopper.show_account")
    flash(gettext("You can sign in by this phone now."))
    return go_to("shopper.show_account")


@shopper.action("/account/phone/removal", again="show_account")
def remove_phone(visit: Visit) -> Response:
    """Sign in by it no more."""
    password = visit.form.secret("removal_password", longest=LONGEST_PASSWORD)
    visit.form.check()
    with own_password(visit, "removal_password"):
        signins.remove_phone(visit.uow, visit.caller.member_id, visit.caller.number, password)
    flash(gettext("The phone signs in no more."))
    return go_to("shopper.show_account")


def _wrong(endpoint: str, **variables: str) -> Response:
    """Say that the code is not good, by way of a redirect: the attempt counts, so what was done must be committed."""
    flash(str(SENTENCES["code_not_valid"]), "bad")
    return go_to(endpoint, **variables)
