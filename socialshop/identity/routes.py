"""Sessions and passwords over HTTP; one is opened in onboarding, whose answer shows the member's place in the tree."""

from __future__ import annotations

from socialshop.identity import service
from socialshop.identity.schemas import PREFIX, PasswordChange, Sessions, SessionWire
from socialshop.identity.service import WrongPassword
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.web import limits
from socialshop.web.auth import SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("identity", __name__, tag="Sessions")


@room.operation("DELETE", "/sessions/current", access=SIGNED_IN, replies=Reply(204, None, "Signed out."))
def close_session(call: Call[Nothing, Nothing]) -> Answer:
    """Sign out: the token of this request is worth nothing any more."""

    def close(uow: UnitOfWork) -> Answer:
        service.close_session(uow, call.caller.session_id)
        return Answer(status=204)

    return call.transact(close)


@room.operation("GET", "/me/sessions", access=SIGNED_IN, replies=Reply(200, Sessions, "Where you are signed in."))
def list_sessions(call: Call[Nothing, Nothing]) -> Answer:
    """Where you are signed in, the newest first."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.live_sessions(uow, call.caller.member_id, call.caller.session_id)
        return Answer(Sessions(data=[SessionWire.of(one) for one in found]))

    return call.transact(read)


@room.operation(
    "DELETE",
    "/me/sessions/<session_id>",
    access=SIGNED_IN,
    ids={"session_id": PREFIX},
    replies=Reply(204, None, "Signed out there."),
    refuses=(NotFound,),
)
def revoke_session(call: Call[Nothing, Nothing]) -> Answer:
    """Sign one of your devices out."""

    def revoke(uow: UnitOfWork) -> Answer:
        service.revoke_session(uow, call.caller.member_id, call.ids["session_id"])
        return Answer(status=204)

    return call.transact(revoke)


@room.operation("DELETE", "/me/sessions", access=SIGNED_IN, replies=Reply(204, None, "Signed out everywhere else."))
def revoke_other_sessions(call: Call[Nothing, Nothing]) -> Answer:
    """Sign out everywhere but here."""

    def revoke(uow: UnitOfWork) -> Answer:
        service.revoke_other_sessions(uow, call.caller.member_id, call.caller.session_id)
        return Answer(status=204)

    return call.transact(revoke)


@room.operation(
    "POST",
    "/me/password",
    access=SIGNED_IN,
    body=PasswordChange,
    replies=Reply(204, None, "The password is changed; every other session has ended."),
    refuses=(WrongPassword, limits.TooManyAttempts),
    # Sent again, the password that it names first is no longer the member's.
    idempotency=Idempotency.IGNORED,
)
def change_password(call: Call[PasswordChange, Nothing]) -> Answer:
    """Change your password, by the one that you have; every other device is signed out.

    Wrong ones are counted as at signing in.
    """
    body, caller = call.body, call.caller
    whose = to_public("mbr", caller.member_id)

    def change(uow: UnitOfWork) -> Answer:
        service.change_password(
            uow, caller.member_id, caller.session_id, old_password=body.current_password, password=body.password
        )
        return Answer(status=204)

    with limits.counted(whose, WrongPassword):
        return call.transact(change)
