"""Signing in by phone, over HTTP."""

from __future__ import annotations

from flask import current_app

from socialshop.identity.service import WrongPassword
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import visitors
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.onboarding.schemas import SessionOpened
from socialshop.signins import service
from socialshop.signins.errors import CodeNotValid, PhonesUnavailable, PhoneTaken
from socialshop.signins.gateway import Texter
from socialshop.signins.schemas import (
    OwnPhone,
    PasswordProof,
    PhoneAsked,
    PhoneCode,
    PhoneCredentials,
    PhoneLink,
    PhoneWire,
)
from socialshop.web import limits
from socialshop.web.auth import PUBLIC, SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room, refused
from socialshop.web.schemas import Nothing

room = Room("signins", __name__, tag="Sessions")


def texter() -> Texter | None:
    """Who sends text messages for this shop."""
    found: Texter | None = current_app.extensions["socialshop_texter"]
    return found


@room.operation(
    "GET",
    "/me/phone",
    access=SIGNED_IN,
    replies=Reply(200, OwnPhone, "Your phone."),
)
def show_phone(call: Call[Nothing, Nothing]) -> Answer:
    """The phone that you sign in by, if there is one."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.phone_of(uow, call.caller.member_id)
        return Answer(OwnPhone(phone=PhoneWire.of(found) if found else None))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/phone",
    access=SIGNED_IN,
    body=PhoneLink,
    replies=Reply(202, Nothing, "A code is on its way, unless too many were asked for."),
    refuses=(WrongPassword, limits.TooManyAttempts, PhonesUnavailable),
    limit=limits.CODE_REQUESTS,
)
def link_phone(call: Call[PhoneLink, Nothing]) -> Answer:
    """Have a code sent to a phone that you want to sign in by. One a minute and five a day are sent."""
    body, member_id = call.body, call.caller.member_id

    def ask(uow: UnitOfWork) -> Answer:
        service.ask_phone_link(uow, texter(), member_id, body.phone, body.current_password)
        return Answer(Nothing(), 202)

    with limits.counted(to_public("mbr", member_id), WrongPassword):
        return call.transact(ask)


@room.operation(
    "POST",
    "/me/phone/confirmation",
    access=SIGNED_IN,
    body=PhoneCode,
    replies=Reply(200, PhoneWire, "The phone is yours, in place of the one before."),
    refuses=(CodeNotValid, PhoneTaken),
    limit=limits.CODE_REQUESTS,
    # The answer rests on a code that is good once.
    idempotency=Idempotency.IGNORED,
)
def confirm_phone(call: Call[PhoneCode, Nothing]) -> Answer:
    """Show that a phone is yours, by the code that was sent to it; you are told of it by mail."""
    caller = call.caller
    # Answered, not raised: the attempt counts, and one transaction holds the whole call.
    wrong = CodeNotValid("this code is not good", field="code")

    def confirm(uow: UnitOfWork) -> Answer:
        found = service.confirm_phone(uow, caller.member_id, caller.number, call.body.code)
        return Answer(PhoneWire.of(found)) if found else refused(wrong)

    return call.transact(confirm)


@room.operation(
    "POST",
    "/me/phone/removal",
    access=SIGNED_IN,
    body=PasswordProof,
    replies=Reply(204, None, "You sign in by no phone any more."),
    refuses=(WrongPassword, limits.TooManyAttempts, NotFound),
)
def remove_phone(call: Call[PasswordProof, Nothing]) -> Answer:
    """Sign in by this phone no more; you are told of it by mail."""
    caller = call.caller

    def remove(uow: UnitOfWork) -> Answer:
        service.remove_phone(uow, caller.member_id, caller.number, call.body.current_password)
        return Answer(status=204)

    with limits.counted(to_public("mbr", caller.member_id), WrongPassword):
        return call.transact(remove)


@room.operation(
    "POST",
    "/sessions/phone-codes",
    access=PUBLIC,
    body=PhoneAsked,
    replies=Reply(202, Nothing, "If somebody signs in by this phone, a code is on its way."),
    refuses=(PhonesUnavailable,),
    limit=limits.CODE_REQUESTS,
)
def ask_phone_code(call: Call[PhoneAsked, Nothing]) -> Answer:
    """Have a code sent to sign in with.

    The answer is the same whether or not the shop knows the phone. One code a minute and five a day are sent.
    """

    def ask(uow: UnitOfWork) -> Answer:
        service.ask_phone_sign_in(uow, texter(), call.body.phone)
        return Answer(Nothing(), 202)

    return call.transact(ask)


@room.operation(
    "POST",
    "/sessions/phone",
    access=PUBLIC,
    body=PhoneCredentials,
    replies=Reply(201, SessionOpened, "Signed in."),
    refuses=(CodeNotValid, limits.TooManyAttempts),
)
def sign_in_by_phone(call: Call[PhoneCredentials, Nothing]) -> Answer:
    """Sign in by phone. The token is told this once; a code is good once, for five minutes and five attempts."""
    phone, code = call.body.phone, call.body.code
    days = wired.settings().session_days

    def enter(uow: UnitOfWork) -> Answer:
        visitor = visitors.known_visitor()
        entrance = service.sign_in_by_phone(uow, phone, code, session_days=days, visitor=visitor)
        return Answer(SessionOpened.of(entrance) if entrance else None, 201)

    with limits.counted(phone, CodeNotValid):
        answer = call.transact(enter)
        # Refused after the commit: the attempt counts.
        if answer.body is None:
            raise CodeNotValid("this code is not good", field="code")
    return answer
