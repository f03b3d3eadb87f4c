"""Passkeys: made on the account page, used at the door. The browser's part is static/passkeys.js."""

from __future__ import annotations

from typing import TypeVar

from flask import Response, flash, render_template
from flask_babel import gettext
from pydantic import BaseModel, ValidationError

from socialshop.identity import service as identity
from socialshop.identity.service import LONGEST_PASSWORD
from socialshop.invites import visitors
from socialshop.pages.section import go_to, go_to_address
from socialshop.pages.shopper.proof import own_password
from socialshop.pages.shopper.section import shopper
from socialshop.pages.shopper.signing import let_in, next_address
from socialshop.pages.visit import Visit
from socialshop.pages.wording import SENTENCES
from socialshop.signins import service as signins
from socialshop.signins.schemas import PASSKEY_PREFIX, AssertedCredential, CreatedCredential
from socialshop.signins.service import LONGEST_PASSKEY_NAME
from socialshop.web.auth import PUBLIC

_LONGEST_ANSWER = 50_000
_PASSKEY = {"passkey_id": PASSKEY_PREFIX}

Credential = TypeVar("Credential", bound=BaseModel)


@shopper.page("/account/passkeys/new", tab="me")
def show_new_passkey(visit: Visit) -> str:
    """What it is to be called; the challenge that the browser has signed comes along."""
    party = signins.party()
    options = signins.begin_passkey(visit.uow, party, visit.caller.member_id)
    return render_template("shopper/new_passkey.html", options=options, party=party)


@shopper.action("/account/passkeys", again="show_new_passkey")
def add_passkey(visit: Visit) -> Response:
    """Keep the passkey that the browser made."""
    form, caller = visit.form, visit.caller
    name = form.text("name", longest=LONGEST_PASSKEY_NAME)
    password = form.secret("passkey_password", longest=LONGEST_PASSWORD)
    form.check()
    with own_password(visit, "passkey_password"):
        identity.check_own_password(visit.uow, caller.member_id, password)
    created = _answer(visit, CreatedCredential)
    made = None
    if created is not None:
        made = signins.add_passkey(
            visit.uow, signins.party(), caller.member_id, caller.number, name=name, created=created.model_dump()
        )
    if made is None:
        flash(str(SENTENCES["passkey_refused"]), "bad")
        return go_to("shopper.show_new_passkey")
    flash(gettext("You can sign in by this passkey now."))
    return go_to("shopper.show_account")


@shopper.action("/account/passkeys/<passkey_id>/name", again="show_account", ids=_PASSKEY)
def rename_passkey(visit: Visit) -> Response:
    """Call it otherwise."""
    name = visit.form.text("name", longest=LONGEST_PASSKEY_NAME)
    visit.form.check()
    signins.rename_passkey(visit.uow, visit.caller.member_id, visit.ids["passkey_id"], name)
    flash(gettext("Kept."))
    return go_to("shopper.show_account")


@shopper.action("/account/passkeys/<passkey_id>/removal", again="show_account", ids=_PASSKEY)
def remove_passkey(visit: Visit) -> Response:
    """Sign in by it no more."""
    signins.remove_passkey(visit.uow, visit.caller.member_id, visit.caller.number, visit.ids["passkey_id"])
    flash(gettext("The passkey signs in no more. Remove it on the device too."))
    return go_to("shopper.show_account")


@shopper.page("/sign-in/passkey", access=PUBLIC)
def show_passkey_sign_in(visit: Visit) -> str:
    """One button; the browser asks which passkey."""
    party = signins.party()
    options = signins.begin_passkey_sign_in(visit.uow, party)
    return render_template("shopper/sign_in_passkey.html", options=options, party=party, next=next_address(visit))


@shopper.action("/sign-in/passkey", access=PUBLIC, again="show_passkey_sign_in")
def sign_in_by_passkey(visit: Visit) -> Response:
    """Sign in by what the browser signed."""
    asserted = _answer(visit, AssertedCredential)
    entrance = None
    if asserted is not None:
        days, visitor = visit.settings.session_days, visitors.known_visitor()
        entrance = signins.sign_in_by_passkey(
            visit.uow,
            signins.party(),
            asserted.model_dump(),
            session_days=days,
            visitor=visitor,
            signals=visitors.signals(),
        )
    if entrance is None:
        flash(str(SENTENCES["passkey_refused"]), "bad")
        return go_to("shopper.show_passkey_sign_in", next=next_address(visit))
    return let_in(entrance, go_to_address(next_address(visit)))


def _answer(visit: Visit, shape: type[Credential]) -> Credential | None:
    """What the browser answered, in the shape that the API takes; None for anything else."""
    try:
        return shape.model_validate_json(visit.form.values.get("credential", "")[:_LONGEST_ANSWER])
    except ValidationError:
        return None
