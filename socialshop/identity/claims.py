"""How an imported member comes to sign in: an admin attaches an e-mail, the person redeems a token for a password.

The token is 256 random bits, told once and kept as its SHA-256, good once and for days. An e-mail attached again, also
the same one, makes the token before worth nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialshop.identity import passwords, rules, store, tokens
from socialshop.identity.errors import AlreadySignsIn, ClaimRefused, EmailTaken
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound

# An expired claim is refused all the same; a person who asks why is answered for a while.
_KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class OpenedClaim:
    """A claim and its token, which is told once and kept nowhere."""

    token: str
    expires_at: datetime


def attach_email(uow: UnitOfWork, member_id: uuid.UUID, email: str, *, days: int) -> OpenedClaim:
    """Attach an e-mail to a member who cannot sign in, and open a claim to the account for `days`.

    A member without a profile gets one, named by the shop's own id. Raises InvalidValue (email), NotFound,
    AlreadySignsIn, EmailTaken.
    """
    address = rules.normalized_email(email)
    account = store.lock_account(uow.session, member_id)
    if account is None:
        raise NotFound("no such member")
    if account.has_password:
        raise AlreadySignsIn("this member signs in already and changes the e-mail alone")
    if not _put_email(uow, member_id, account, address):
        raise EmailTaken("another member signs in with this e-mail address", field="email")
    claim = OpenedClaim(tokens.new_token(), uow.now + timedelta(days=days))
    store.put_claim(
        uow.session, member_id, tokens.hash_of(claim.token), created_at=uow.now, expires_at=claim.expires_at
    )
    return claim


def redeem_claim(uow: UnitOfWork, token: str, password: str, *, terms_version: str) -> uuid.UUID:
    """Set the first password of the account that the token claims; returns the member.

    Raises InvalidValue (password), ClaimRefused.
    """
    rules.check_password(password)
    member_id = store.take_claim(uow.session, tokens.hash_of(token), uow.now)
    if member_id is None:
        raise ClaimRefused("this token is unknown, used or expired: ask the shop for a new one", field="token")
    rules.check_not_the_address(password, store.email_of(uow.session, member_id))
    store.add_credential(uow.session, member_id, passwords.hash_password(password), uow.now)
    store.add_consent(uow.session, member_id, rules.TERMS, terms_version, uow.now)
    return member_id


def purge_claims(uow: UnitOfWork) -> bool:
    """Delete a batch of claims that expired long ago; True while there are more. For the periodic table."""
    return store.delete_claims(uow.session, uow.now - _KEPT_FOR)


def _put_email(uow: UnitOfWork, member_id: uuid.UUID, account: store.AccountRow, email: str) -> bool:
    if account.has_profile:
        return store.change_email(uow.session, member_id, email)
    name = (account.external_id or f"member {account.number}")[: rules.LONGEST_NAME]
    return store.add_profile(uow.session, {"member_id": member_id, "display_name": name, "email": email})
