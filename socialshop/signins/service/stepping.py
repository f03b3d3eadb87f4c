"""Stepping up: who is signed in proves once more to be the person, by a code of an authenticator app.

Payouts are approved and released by that alone, so that a token left behind moves no money. For the day the device is
lost there are recovery codes; for the day both are, the console gives another secret. What is changed here is told to
the member by notice and mail, and stands in the record.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.infra.safe import Safe, safe_for
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.onboarding import service as onboarding
from socialshop.signins import totp
from socialshop.signins.errors import CodeNotValid, TotpIsSetUp, TotpNotSetUp
from socialshop.signins.service.telling import tell
from socialshop.signins.store import totp as store


class Caller(Protocol):
    """Who is signed in, and in which session."""

    @property
    def member_id(self) -> uuid.UUID: ...
    @property
    def number(self) -> int: ...
    @property
    def session_id(self) -> uuid.UUID: ...


@dataclass(frozen=True, slots=True)
class Authenticator:
    """What a member has: since when codes are asked of it, and how many recovery codes are left."""

    confirmed_at: datetime
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class Pending:
    """A secret that waits for its first code: as text, and as the address that the picture for an app says."""

    secret: str
    address: str


def authenticator_of(uow: UnitOfWork, member_id: uuid.UUID) -> Authenticator | None:
    """The member's authenticator; None until one is confirmed. Two statements."""
    row = store.find(uow.session, member_id)
    if row is None or row.confirmed_at is None:
        return None
    return Authenticator(row.confirmed_at, store.codes_left(uow.session, member_id))


def pending_of(uow: UnitOfWork, member_id: uuid.UUID) -> Pending | None:
    """The secret that waits for its first code; None if there is none, or it waited too long."""
    row = store.find(uow.session, member_id)
    if row is None or row.confirmed_at is not None or uow.now - row.created_at > totp.CONFIRMED_WITHIN:
        return None
    return _told(uow, member_id, _safe().open(member_id, row.sealed_secret))


def begin_totp(uow: UnitOfWork, caller: Caller) -> Pending:
    """A new secret, told now, that waits for its first code. The password is checked before.

    Raises TotpIsSetUp: another takes the place of one that is confirmed only after that one is removed.
    """
    if authenticator_of(uow, caller.member_id) is not None:
        raise TotpIsSetUp("there is an authenticator; remove it first, or add it to the app again from there")
    secret = totp.new_secret()
    store.put(uow.session, caller.member_id, _safe().seal(caller.member_id, secret), uow.now, None)
    _record(uow, caller.member_id, caller.member_id, "begun")
    return _told(uow, caller.member_id, secret)


def confirm_totp(uow: UnitOfWork, caller: Caller, code: str) -> list[str]:
    """The app shows the right codes: from now on they are asked for. The session is stepped up.

    Returns recovery codes, told this once. Raises TotpNotSetUp where nothing waits, CodeNotValid.
    """
    if pending_of(uow, caller.member_id) is None:
        raise TotpNotSetUp("no authenticator waits to be confirmed: begin again")
    _use_totp(uow, caller.member_id, code)
    identity.step_up_session(uow, caller.session_id)
    codes = _new_codes(uow, caller.member_id)
    _record(uow, caller.member_id, caller.member_id, "confirmed")
    tell(uow, caller.number, "totp_added")
    return codes


def step_up(uow: UnitOfWork, caller: Caller, *, code: str | None, recovery_code: str | None = None) -> datetime:
    """Step the caller's session up by a code, or by a recovery code; returns until when.

    A code is good once (RFC 6238, 5.2), and no older one after it. Raises TotpNotSetUp, CodeNotValid.
    """
    if recovery_code is None:
        _use_totp(uow, caller.member_id, code or "", confirmed=True)
    else:
        if authenticator_of(uow, caller.member_id) is None:
            raise TotpNotSetUp("there is no authenticator yet: POST /me/totp")
        if not store.use_code(uow.session, caller.member_id, totp.recovery_hash(recovery_code), uow.now):
            raise CodeNotValid("this recovery code is not good", field="recovery_code")
        tell(uow, caller.number, "recovery_code_used")
    _record(uow, caller.member_id, caller.member_id, "stepped_up", by="recovery code" if recovery_code else "code")
    return identity.step_up_session(uow, caller.session_id)


def renew_recovery_codes(uow: UnitOfWork, caller: Caller) -> list[str]:
    """Other recovery codes, told this once; those before are worth nothing. Raises TotpNotSetUp.

    Operation and page ask for a session that is stepped up.
    """
    if authenticator_of(uow, caller.member_id) is None:
        raise TotpNotSetUp("there is no authenticator yet: POST /me/totp")
    _record(uow, caller.member_id, caller.member_id, "codes_renewed")
    return _new_codes(uow, caller.member_id)


def remove_totp(uow: UnitOfWork, caller: Caller) -> None:
    """Be asked for no codes any more, and so sign nothing. Raises TotpNotSetUp.

    Operation and page ask for a session that is stepped up.
    """
    if not store.remove(uow.session, caller.member_id):
        raise TotpNotSetUp("there is no authenticator")
    _record(uow, caller.member_id, caller.member_id, "removed")
    tell(uow, caller.number, "totp_removed")


def give_totp(uow: UnitOfWork, member_id: uuid.UUID) -> str:
    """A secret that is confirmed at once, in place of another: from the console. Recovery codes of before are gone."""
    secret = totp.new_secret()
    store.remove(uow.session, member_id)
    store.put(uow.session, member_id, _safe().seal(member_id, secret), uow.now, uow.now)
    _record(uow, None, member_id, "given")
    return totp.secret_text(secret)


def spend_code(uow: UnitOfWork, member_id: uuid.UUID, code: str) -> None:
    """A code of the member's authenticator stands for its owner once, beside no session. Raises as `step_up`."""
    _use_totp(uow, member_id, code, confirmed=True)


def code_now(uow: UnitOfWork, member_id: uuid.UUID) -> str:
    """What the member's app shows now: for trying a shop out. Raises TotpNotSetUp."""
    row = store.find(uow.session, member_id)
    if row is None:
        raise TotpNotSetUp("this member has no authenticator")
    return totp.code_at(_safe().open(member_id, row.sealed_secret), uow.now)


def _use_totp(uow: UnitOfWork, member_id: uuid.UUID, code: str, *, confirmed: bool = False) -> None:
    row = store.find(uow.session, member_id)
    if row is None or (confirmed and row.confirmed_at is None):
        raise TotpNotSetUp("there is no authenticator yet: POST /me/totp")
    step = totp.step_of(_safe().open(member_id, row.sealed_secret), code, uow.now)
    if step is None or not store.use_step(uow.session, member_id, row.sealed_secret, step, uow.now):
        raise CodeNotValid("this code is not good, or was shown before", field="totp")


def _new_codes(uow: UnitOfWork, member_id: uuid.UUID) -> list[str]:
    codes = totp.new_recovery_codes()
    store.replace_codes(uow.session, member_id, [totp.recovery_hash(code) for code in codes], uow.now)
    return codes


def _told(uow: UnitOfWork, member_id: uuid.UUID, secret: bytes) -> Pending:
    card = onboarding.card_of(uow, member_id)
    return Pending(totp.secret_text(secret), totp.address_of(secret, card.email or card.display_name))


def _record(uow: UnitOfWork, actor: uuid.UUID | None, member_id: uuid.UUID, act: str, **facts: str) -> None:
    audit.record(uow, actor=actor, action=f"totp.{act}", target=to_public("mbr", member_id), facts=facts)


def _safe() -> Safe:
    return safe_for("authenticators")
