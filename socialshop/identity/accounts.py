"""What a member does to keep the account safe: see where it is signed in, sign devices out, change the password."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from socialshop.identity import account_store as store
from socialshop.identity import mailed_token_store, passwords, rules
from socialshop.identity import store as members
from socialshop.identity.errors import SignInAgain, WrongPassword
from socialshop.identity.mailed_tokens import Purpose
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public

_LATELY = timedelta(hours=1)
_log = structlog.stdlib.get_logger("socialshop.identity")


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A device that is signed in; `current` is the one that asks."""

    id: uuid.UUID
    created_at: datetime
    expires_at: datetime
    current: bool


def live_sessions(uow: UnitOfWork, member_id: uuid.UUID, current: uuid.UUID) -> list[LiveSession]:
    """Where the member is signed in, the newest first. One statement."""
    return [LiveSession(*row, current=row.id == current) for row in store.live(uow.session, member_id, uow.now)]


def revoke_session(uow: UnitOfWork, member_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """Sign one device out; a session that has ended stays ended. Raises NotFound, also for another's."""
    if not store.revoke(uow.session, member_id, session_id, uow.now):
        raise NotFound("no such session")


def revoke_other_sessions(uow: UnitOfWork, member_id: uuid.UUID, current: uuid.UUID) -> None:
    """Sign every other device out."""
    store.revoke_others(uow.session, member_id, current, uow.now)


def check_own_password(uow: UnitOfWork, member_id: uuid.UUID, password: str) -> None:
    """The proof that it is the member who asks, and not who found the device open. Raises WrongPassword."""
    if not passwords.verify(store.hash_of(uow.session, member_id), password):
        raise WrongPassword("this is not your password", field="current_password")


def check_signed_in_lately(uow: UnitOfWork, session_id: uuid.UUID) -> None:
    """Who asks gave the password within the last hour, to begin this session. Raises SignInAgain."""
    if not store.began_since(uow.session, session_id, uow.now - _LATELY):
        raise SignInAgain("sign in again: this session is older than an hour")


def change_password(
    uow: UnitOfWork, member_id: uuid.UUID, current: uuid.UUID, *, old_password: str, password: str
) -> None:
    """Another password; every other session ends, and links to a new password that were sent are worth nothing.

    Raises InvalidValue (password), WrongPassword.
    """
    rules.check_password(password)
    check_own_password(uow, member_id, old_password)
    rules.check_not_the_address(password, members.email_of(uow.session, member_id))
    store.set_password(uow.session, member_id, passwords.hash_password(password), uow.now)
    mailed_token_store.void(uow.session, member_id, Purpose.PASSWORD_RESET, uow.now)
    revoke_other_sessions(uow, member_id, current)
    _log.info("password changed", member=to_public("mbr", member_id))
