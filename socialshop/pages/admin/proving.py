"""How an admin proves to be the person, where money goes after it: a code along with the form, once in five minutes."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import gettext

from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.pages.visit import Visit
from socialshop.signins import service as signins
from socialshop.signins.errors import CodeNotValid
from socialshop.signins.totp import DIGITS, LONGEST_RECOVERY_CODE
from socialshop.web import limits

FIELD = "totp"


class Proof(StrEnum):
    """What a form has to ask for: nothing, a code, or that an authenticator is added first."""

    GIVEN = "given"
    CODE = "code"
    NONE = "none"


def wanted(visit: Visit) -> Proof:
    """What a form that money goes after asks who looks for. No statement while the session is stepped up.

    Who is no admin sees no such form.
    """
    if visit.caller.stepped_up or visit.caller.role is not Role.ADMIN:
        return Proof.GIVEN
    return Proof.CODE if signins.authenticator_of(visit.uow, visit.caller.member_id) else Proof.NONE


def prove(visit: Visit) -> None:
    """Step the session up by the code, or the recovery code, that came along; nothing where it is stepped up.

    Raises FormRefused (it is missing or wrong), TotpNotSetUp, TooManyAttempts.
    """
    if visit.caller.stepped_up:
        return
    typed = visit.form.text(FIELD, longest=LONGEST_RECOVERY_CODE)
    visit.form.check()
    given = {"code": typed} if len(typed) <= DIGITS else {"code": None, "recovery_code": typed}
    try:
        with limits.counted(to_public("mbr", visit.caller.member_id), CodeNotValid):
            signins.step_up(visit.uow, visit.caller, **given)
    except CodeNotValid:
        visit.form.errors[FIELD] = gettext("This code is not good, or was shown before. Wait for the next one.")
        visit.form.refuse()
