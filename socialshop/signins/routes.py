"""Signing in by phone and by passkey, over HTTP."""

from __future__ import annotations

from socialshop.identity import service as identity
from socialshop.identity.service import WrongPassword
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import visitors
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.onboarding.schemas import SessionOpened
from socialshop.signins import service
from socialshop.signins.errors import (
    CodeNotValid,
    PasskeyRefused,
    PasskeysUnavailable,
    PhonesUnavailable,
    PhoneTaken,
)
from socialshop.signins.gateway import texter
from socialshop.signins.schemas import (
    PASSKEY_PREFIX,
    NewPasskey,
    Options,
    OwnPhone,
    PasskeyEdit,
    Passkeys,
    PasskeySignIn,
    PasskeyWire,
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
        visitor, signals = visitors.known_visitor(), visitors.signals()
        entrance = service.sign_in_by_phone(uow, phone, code, session_days=days, visitor=visitor, signals=signals)
        return Answer(SessionOpened.of(entrance) if entrance else None, 201)

    with limits.counted(phone, CodeNotValid):
        answer = call.transact(enter)
        # Refused after the commit: the attempt counts.
        if answer.body is None:
            raise CodeNotValid("this code is not good", field="code")
    return answer


@room.operation("GET", "/me/passkeys", access=SIGNED_IN, replies=Reply(200, Passkeys, "Your passkeys."))
def list_passkeys(call: Call[Nothing, Nothing]) -> Answer:
    """Your passkeys, the newest first."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.passkeys_of(uow, call.caller.member_id)
        return Answer(Passkeys(data=[PasskeyWire.of(row) for row in found]))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/passkeys/challenges",
    access=SIGNED_IN,
    replies=Reply(201, Options, "What navigator.credentials.create takes."),
    refuses=(PasskeysUnavailable,),
    # Told once.
    idempotency=Idempotency.IGNORED,
)
def begin_passkey(call: Call[Nothing, Nothing]) -> Answer:
    """Begin to make a passkey: a key of your own device, found by itself and used after it has verified you."""
    return call.transact(
        lambda uow: Answer(Options(options=service.begin_passkey(uow, service.party(), call.caller.member_id)), 201)
    )


@room.operation(
    "POST",
    "/me/passkeys",
    access=SIGNED_IN,
    body=NewPasskey,
    replies=Reply(201, PasskeyWire, "The passkey is yours."),
    refuses=(WrongPassword, limits.TooManyAttempts, PasskeyRefused, PasskeysUnavailable),
    # It rests on a challenge that is good once.
    idempotency=Idempotency.IGNORED,
)
def add_passkey(call: Call[NewPasskey, Nothing]) -> Answer:
    """Keep the passkey that your browser made; you are told of it by mail."""
    body, caller = call.body, call.caller

    def add(uow: UnitOfWork) -> Answer:
        identity.check_own_password(uow, caller.member_id, body.current_password)
        created = body.credential.model_dump()
        made = service.add_passkey(
            uow, service.party(), caller.member_id, caller.number, name=body.name, created=created
        )
        return Answer(PasskeyWire.of(made), 201) if made else refused(_not_good())

    with limits.counted(to_public("mbr", caller.member_id), WrongPassword):
        return call.transact(add)


@room.operation(
    "PATCH",
    "/me/passkeys/<passkey_id>",
    access=SIGNED_IN,
    body=PasskeyEdit,
    ids={"passkey_id": PASSKEY_PREFIX},
    replies=Reply(200, PasskeyWire, "The passkey, renamed."),
    refuses=(NotFound,),
)
def rename_passkey(call: Call[PasskeyEdit, Nothing]) -> Answer:
    """Call one of your passkeys otherwise."""

    def rename(uow: UnitOfWork) -> Answer:
        member_id, passkey_id = call.caller.member_id, call.ids["passkey_id"]
        return Answer(PasskeyWire.of(service.rename_passkey(uow, member_id, passkey_id, call.body.name)))

    return call.transact(rename)


@room.operation(
    "DELETE",
    "/me/passkeys/<passkey_id>",
    access=SIGNED_IN,
    ids={"passkey_id": PASSKEY_PREFIX},
    replies=Reply(204, None, "It signs in no more."),
    refuses=(NotFound,),
)
def remove_passkey(call: Call[Nothing, Nothing]) -> Answer:
    """Sign in by this passkey no more; you are told of it by mail."""

    def remove(uow: UnitOfWork) -> Answer:
        service.remove_passkey(uow, call.caller.member_id, call.caller.number, call.ids["passkey_id"])
        return Answer(status=204)

    return call.transact(remove)


@room.operation(
    "POST",
    "/sessions/passkey-challenges",
    access=PUBLIC,
    replies=Reply(201, Options, "What navigator.credentials.get takes."),
    refuses=(PasskeysUnavailable,),
)
def begin_passkey_sign_in(call: Call[Nothing, Nothing]) -> Answer:
    """Begin to sign in by a passkey: no name is asked for, the browser knows whose it has."""
    return call.transact(lambda uow: Answer(Options(options=service.begin_passkey_sign_in(uow, service.party())), 201))


@room.operation(
    "POST",
    "/sessions/passkey",
    access=PUBLIC,
    body=PasskeySignIn,
    replies=Reply(201, SessionOpened, "Signed in."),
    refuses=(PasskeyRefused, PasskeysUnavailable),
)
def sign_in_by_passkey(call: Call[PasskeySignIn, Nothing]) -> Answer:
    """Sign in by a passkey. The token is told this once."""
    days = wired.settings().session_days

    def enter(uow: UnitOfWork) -> Answer:
        asserted, visitor = call.body.credential.model_dump(), visitors.known_visitor()
        entrance = service.sign_in_by_passkey(
            uow, service.party(), asserted, session_days=days, visitor=visitor, signals=visitors.signals()
        )
        return Answer(SessionOpened.of(entrance), 201) if entrance else refused(_not_good())

    return call.transact(enter)


def _not_good() -> PasskeyRefused:
    """Answered, not raised: the challenge is gone either way."""
    return PasskeyRefused("this passkey is not good", field="credential")
