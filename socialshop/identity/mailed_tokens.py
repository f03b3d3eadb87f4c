"""One-time tokens: what somebody is sent who has to show that an e-mail address is theirs.

A token is told once and kept nowhere; what was made for an address is worthless once the member has another. Several
may be good at a time, for a mail may come late; the first that is used ends the rest of its kind.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from enum import StrEnum

import structlog

from socialshop.identity import mailed_token_store as store
from socialshop.identity import passwords, rules, tokens
from socialshop.identity import store as accounts
from socialshop.identity.errors import PasswordLinkRefused, TokenNotValid
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role

_KEPT_FOR = timedelta(days=30)
_log = structlog.stdlib.get_logger("socialshop.identity")


class Purpose(StrEnum):
    """What a token opens."""

    EMAIL_VERIFICATION = "email_verification"
    PASSWORD_RESET = "password_reset"  # noqa: S105  (a name)
    EMAIL_CHANGE = "email_change"


GOOD_FOR = {
    Purpose.EMAIL_VERIFICATION: timedelta(days=1),
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.EMAIL_CHANGE: timedelta(days=1),
}


def issue_token(uow: UnitOfWork, number: int, purpose: Purpose) -> str:
    """A new token for the member's address, or for the one that waits. Raises NotFound for a member without one."""
    found = store.email_of(uow.session, number, pending=purpose is Purpose.EMAIL_CHANGE)
    if found is None:
        raise NotFound("the member has no e-mail address")
    member_id, email = found
    token = tokens.new_token()
    store.add(
        uow.session,
        {
            "token_hash": tokens.hash_of(token),
            "member_id": member_id,
            "purpose": purpose.value,
            "email": email,
            "now": uow.now,
            "expires_at": uow.now + GOOD_FOR[purpose],
        },
    )
    return token


def issue_password_link(uow: UnitOfWork, member_id: uuid.UUID) -> tuple[int, str]:
    """A token to a new password that a person hands over, for whom no mail reaches: the member's number, the token.

    Raises NotFound; PasswordLinkRefused for who signs in with no password yet, and for admins: what takes two of them
    must not be done by one who opens the other's account.
    """
    account = accounts.lock_account(uow.session, member_id)
    if account is None:
        raise NotFound("no such member")
    (member,) = accounts.named(uow.session, [member_id], [])
    if not account.has_password or member.role == Role.ADMIN:
        raise PasswordLinkRefused("only who signs in with a password gets a link to another, and no admin does")
    return account.number, issue_token(uow, account.number, Purpose.PASSWORD_RESET)


def verify_email(uow: UnitOfWork, token: str) -> None:
    """The address is its member's. Raises TokenNotValid."""
    member_id = _use(uow, token, Purpose.EMAIL_VERIFICATION)
    store.verify_email(uow.session, member_id, uow.now)


def reset_password(uow: UnitOfWork, token: str, password: str) -> None:
    """Set another password; every session ends. Raises InvalidValue (password), TokenNotValid.

    Who reads the mail holds the address, so it is verified as well.
    """
    rules.check_password(password)
    member_id = _use(uow, token, Purpose.PASSWORD_RESET)
    rules.check_not_the_address(password, accounts.email_of(uow.session, member_id))
    store.set_password(uow.session, member_id, passwords.hash_password(password), uow.now)
    store.verify_email(uow.session, member_id, uow.now)
    _log.info("password set by mail", member=to_public("mbr", member_id))


def purge_tokens(uow: UnitOfWork) -> bool:
    """Delete a batch of tokens that expired long ago; True while there are more. For the periodic table."""
    return store.delete_expired(uow.session, uow.now - _KEPT_FOR)


def _use(uow: UnitOfWork, token: str, purpose: Purpose) -> uuid.UUID:
    used = store.use(uow.session, tokens.hash_of(token), purpose, uow.now)
    if used is None:
        raise TokenNotValid("this link was used, is too old, or was made for another address", field="token")
    store.void(uow.session, used.member_id, purpose, uow.now)
    return used.member_id
