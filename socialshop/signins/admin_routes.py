"""Authenticators and stepping up, over HTTP: for who approves and releases payouts."""

from __future__ import annotations

from socialshop.identity import service as identity
from socialshop.identity.service import WrongPassword
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.signins import service
from socialshop.signins.errors import CodeNotValid, TotpIsSetUp, TotpNotSetUp
from socialshop.signins.schemas import (
    OwnTotp,
    PasswordProof,
    RecoveryCodes,
    SteppedUp,
    StepUp,
    TotpProof,
    TotpSecret,
)
from socialshop.web import limits
from socialshop.web.auth import ADMINS, SIGNERS, StepUpRequired
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("signins_admin", __name__, tag="Sessions")


@room.operation("GET", "/me/totp", access=ADMINS, replies=Reply(200, OwnTotp, "Your authenticator."))
def show_totp(call: Call[Nothing, Nothing]) -> Answer:
    """Whether you have an authenticator, and how many recovery codes are left."""

    def read(uow: UnitOfWork) -> Answer:
        found = service.authenticator_of(uow, call.caller.member_id)
        if found is None:
            return Answer(OwnTotp(confirmed_at=None, recovery_codes_left=0))
        return Answer(OwnTotp(confirmed_at=found.confirmed_at, recovery_codes_left=found.recovery_codes_left))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/totp",
    access=ADMINS,
    body=PasswordProof,
    replies=Reply(201, TotpSecret, "A secret that waits for its first code."),
    refuses=(WrongPassword, limits.TooManyAttempts, TotpIsSetUp),
    # The secret is told this once.
    idempotency=Idempotency.IGNORED,
)
def begin_totp(call: Call[PasswordProof, Nothing]) -> Answer:
    """Begin to use an authenticator app. The secret is worthless unless a code confirms it within 15 minutes."""
    caller = call.caller

    def begin(uow: UnitOfWork) -> Answer:
        identity.check_own_password(uow, caller.member_id, call.body.current_password)
        told = service.begin_totp(uow, caller)
        return Answer(TotpSecret(totp_secret=told.secret, otpauth_url=told.address), 201)

    with limits.counted(to_public("mbr", caller.member_id), WrongPassword):
        return call.transact(begin)


@room.operation(
    "POST",
    "/me/totp/confirmation",
    access=ADMINS,
    body=TotpProof,
    replies=Reply(200, RecoveryCodes, "Codes of this app are asked for from now on; this session is stepped up."),
    refuses=(TotpNotSetUp, CodeNotValid, limits.TooManyAttempts),
    idempotency=Idempotency.IGNORED,
)
def confirm_totp(call: Call[TotpProof, Nothing]) -> Answer:
    """Show that the app has the secret; you are told recovery codes, this once."""
    with limits.counted(to_public("mbr", call.caller.member_id), CodeNotValid):
        return call.transact(
            lambda uow: Answer(RecoveryCodes(recovery_codes=service.confirm_totp(uow, call.caller, call.body.totp)))
        )


@room.operation(
    "POST",
    "/me/totp/recovery-codes",
    access=SIGNERS,
    replies=Reply(201, RecoveryCodes, "These, and none of those before."),
    refuses=(StepUpRequired, TotpNotSetUp),
    idempotency=Idempotency.IGNORED,
)
def renew_recovery_codes(call: Call[Nothing, Nothing]) -> Answer:
    """Other recovery codes. The session must be stepped up."""
    return call.transact(
        lambda uow: Answer(RecoveryCodes(recovery_codes=service.renew_recovery_codes(uow, call.caller)), 201)
    )


@room.operation(
    "DELETE",
    "/me/totp",
    access=SIGNERS,
    replies=Reply(204, None, "You are asked for no codes, and sign nothing."),
    refuses=(StepUpRequired, TotpNotSetUp),
)
def remove_totp(call: Call[Nothing, Nothing]) -> Answer:
    """Use this authenticator no more, so that another can take its place. The session must be stepped up."""

    def remove(uow: UnitOfWork) -> Answer:
        service.remove_totp(uow, call.caller)
        return Answer(status=204)

    return call.transact(remove)


@room.operation(
    "POST",
    "/sessions/current/step-up",
    access=ADMINS,
    body=StepUp,
    replies=Reply(200, SteppedUp, "For five minutes you may approve and release payouts."),
    refuses=(TotpNotSetUp, CodeNotValid, limits.TooManyAttempts),
    # A code is good once.
    idempotency=Idempotency.IGNORED,
)
def step_up(call: Call[StepUp, Nothing]) -> Answer:
    """Prove once more that it is you: by the code of your authenticator, or by a recovery code."""

    def prove(uow: UnitOfWork) -> Answer:
        until = service.step_up(uow, call.caller, code=call.body.totp, recovery_code=call.body.recovery_code)
        return Answer(SteppedUp(stepped_up_until=until))

    with limits.counted(to_public("mbr", call.caller.member_id), CodeNotValid):
        return call.transact(prove)
