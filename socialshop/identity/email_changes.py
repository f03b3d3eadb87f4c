"""Another e-mail address: asked for with the password, and the member's once who reads it has said so by a token."""

from __future__ import annotations

import uuid

import structlog

from socialshop.identity import email_change_store as store
from socialshop.identity import rules, tokens
from socialshop.identity.accounts import check_own_password
from socialshop.identity.errors import EmailTaken, TokenNotValid
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public

_log = structlog.stdlib.get_logger("socialshop.identity")


def ask_email_change(uow: UnitOfWork, member_id: uuid.UUID, email: str, password: str) -> None:
    """Note the address that is to be the member's; until it is confirmed the one before is. Another replaces it.

    Raises InvalidValue (email), WrongPassword, EmailTaken.
    """
    address = rules.normalized_email(email)
    check_own_password(uow, member_id, password)
    if store.is_anothers(uow.session, member_id, address):
        raise EmailTaken("another member signs in with this e-mail address", field="email")
    store.note(uow.session, member_id, address)


def confirm_email_change(uow: UnitOfWork, token: str) -> None:
    """The address that waited is the member's, and verified. Raises TokenNotValid, EmailTaken.

    Whatever was mailed to the address before is worth nothing from now on.
    """
    used = store.use(uow.session, tokens.hash_of(token), uow.now)
    if used is None:
        raise TokenNotValid("this link was used, is too old, or was made for another address", field="token")
    if not store.change(uow.session, used.member_id, used.email, uow.now):
        raise EmailTaken("another member signs in with this e-mail address by now", field="token")
    _log.info("e-mail changed", member=to_public("mbr", used.member_id))
