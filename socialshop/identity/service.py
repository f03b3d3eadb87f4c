"""Identity's door: who the members are, and who is asking."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

import structlog

from socialshop.identity import passwords, rules, store, tokens
from socialshop.identity.accounts import (
    LiveSession,
    change_password,
    check_own_password,
    check_signed_in_lately,
    live_sessions,
    revoke_other_sessions,
    revoke_session,
)
from socialshop.identity.birthday_store import Celebrant
from socialshop.identity.birthdays import Birthday, birthday_of, celebrating_on, correct_birthday, set_birthday
from socialshop.identity.bulk import add_staged_members, imported_email, imported_name, reserve_numbers
from socialshop.identity.claims import OpenedClaim, attach_email, purge_claims, redeem_claim
from socialshop.identity.consents import Consent, Document, consents_of, decide_consent, has_consented
from socialshop.identity.email_changes import ask_email_change, confirm_email_change
from socialshop.identity.errors import (
    AlreadySignsIn,
    BirthdayKept,
    ClaimRefused,
    EmailTaken,
    SignInAgain,
    StandingLimited,
    TermsNeeded,
    WrongCredentials,
    WrongPassword,
)
from socialshop.identity.mailed_tokens import (
    Purpose,
    issue_password_link,
    issue_token,
    purge_tokens,
    reset_password,
    verify_email,
)
from socialshop.identity.naming import has_email, is_empty, name_member, named, names_of, number_of, search
from socialshop.identity.personal_store import PERSONAL
from socialshop.identity.rules import (
    FIRST_YEAR,
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    TERMS_VERSION,
    Born,
)
from socialshop.identity.standing import (
    Deed,
    Limit,
    Standing,
    lift_limit,
    limit_member,
    require_standing,
    require_standings,
    standing_of,
)
from socialshop.identity.standing_store import BARRED
from socialshop.identity.store import Named
from socialshop.identity.tokens import hash_of
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.roles import Role

__all__ = [
    "BARRED",
    "FIRST_YEAR",
    "LONGEST_EMAIL",
    "LONGEST_NAME",
    "LONGEST_PASSWORD",
    "PERSONAL",
    "SHORTEST_PASSWORD",
    "TERMS_VERSION",
    "AddedMember",
    "AlreadySignsIn",
    "Birthday",
    "BirthdayKept",
    "Born",
    "Celebrant",
    "ClaimRefused",
    "Consent",
    "Deed",
    "Document",
    "EmailTaken",
    "Limit",
    "LiveSession",
    "Named",
    "NewMember",
    "OpenedClaim",
    "OpenedSession",
    "ProfileChanges",
    "Purpose",
    "SignInAgain",
    "SignedIn",
    "Standing",
    "StandingLimited",
    "TermsNeeded",
    "WrongCredentials",
    "WrongPassword",
    "add_member",
    "add_staged_members",
    "ask_email_change",
    "attach_email",
    "authenticate",
    "birthday_of",
    "celebrating_on",
    "change_password",
    "check_own_password",
    "check_password",
    "check_signed_in_lately",
    "close_session",
    "confirm_email_change",
    "consents_of",
    "correct_birthday",
    "decide_consent",
    "edit_profile",
    "has_consented",
    "has_email",
    "hash_of",
    "imported_email",
    "imported_name",
    "is_empty",
    "issue_password_link",
    "issue_token",
    "let_lead",
    "lift_limit",
    "limit_member",
    "live_sessions",
    "name_member",
    "named",
    "names_of",
    "number_of",
    "open_session",
    "purge_claims",
    "purge_sessions",
    "purge_tokens",
    "redeem_claim",
    "require_standing",
    "require_standings",
    "reserve_numbers",
    "reset_password",
    "revoke_other_sessions",
    "revoke_session",
    "search",
    "set_birthday",
    "standing_of",
    "verify_email",
]

# A session that ended is kept a while for whoever asks where the account was used.
_SESSIONS_KEPT_FOR = timedelta(days=30)
_log = structlog.stdlib.get_logger("socialshop.identity")


@dataclass(frozen=True, slots=True)
class NewMember:
    """A person who becomes a member; `terms_version` None: somebody else made the account, nothing was agreed to.

    The time zone is the shop's until the member chooses another. Without a locale the reader's language decides.
    """

    email: str
    password: str
    display_name: str
    role: Role = Role.MEMBER
    locale: str | None = None
    terms_version: str | None = None


@dataclass(frozen=True, slots=True)
class AddedMember:
    """The new member, with the e-mail and name as they are kept."""

    member_id: uuid.UUID
    number: int
    email: str
    display_name: str


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A session and its token, which is told once and kept nowhere."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The member behind a live session; `time_zone` is None until one is chosen."""

    session_id: uuid.UUID
    member_id: uuid.UUID
    number: int
    role: Role
    time_zone: str | None


class ProfileChanges(TypedDict, total=False):
    """What a member may change; what is absent stays."""

    display_name: str
    locale: str
    time_zone: str | None


def add_member(uow: UnitOfWork, person: NewMember) -> AddedMember:
    """Add a member who can sign in. Raises InvalidValue (email, password, display_name), EmailTaken."""
    email = rules.normalized_email(person.email)
    rules.check_password(person.password)
    rules.check_not_the_address(person.password, email)
    name = rules.trimmed_name(person.display_name)
    password_hash = passwords.hash_password(person.password)
    member_id = new_id()
    number = store.add_member(uow.session, member_id=member_id, role=person.role, joined_at=uow.now)
    profile = {
        "member_id": member_id,
        "display_name": name,
        "email": email,
        "locale": person.locale,
    }
    if not store.add_profile(uow.session, profile):
        raise EmailTaken("another member signs in with this e-mail address", field="email")
    store.add_credential(uow.session, member_id, password_hash, uow.now)
    if person.terms_version is not None:
        store.add_consent(uow.session, member_id, rules.TERMS, person.terms_version, uow.now)
    _log.info("member added", member=to_public("mbr", member_id), role=person.role.value)
    return AddedMember(member_id, number, email, name)


def check_password(uow: UnitOfWork, email: str, password: str) -> uuid.UUID:
    """The member who signs in so. Raises WrongCredentials, as late for an unknown e-mail as for a known one.

    A hash made with older parameters is made anew.
    """
    found = store.find_credential(uow.session, email_asked_for(email))
    if not passwords.verify(found.password_hash if found else None, password) or found is None:
        raise WrongCredentials("no member signs in with this e-mail and password")
    if passwords.is_outdated(found.password_hash):
        store.replace_hash(uow.session, found.member_id, passwords.hash_password(password))
    return found.member_id


def email_asked_for(text: str) -> str:
    """The address under which somebody who signs in is looked up, however they spelled it; letter case is theirs."""
    try:
        return rules.normalized_email(text)
    except InvalidValue:
        # Nobody has such an address: looked up all the same, so that the time taken tells nothing.
        return text


def open_session(uow: UnitOfWork, member_id: uuid.UUID, *, days: int) -> OpenedSession:
    """Open a session for `days`: 256 random bits, of which only the SHA-256 is kept."""
    token = tokens.new_token()
    expires_at = uow.now + timedelta(days=days)
    store.add_session(
        uow.session,
        session_id=new_id(),
        token_hash=tokens.hash_of(token),
        member_id=member_id,
        created_at=uow.now,
        expires_at=expires_at,
    )
    return OpenedSession(token, expires_at)


def authenticate(uow: UnitOfWork, token: str) -> SignedIn | None:
    """Who is behind a token; None for one that is unknown, expired or signed out. One statement."""
    row = store.find_session(uow.session, tokens.hash_of(token), uow.now)
    return SignedIn(row.session_id, row.member_id, row.number, Role(row.role), row.time_zone) if row else None


def close_session(uow: UnitOfWork, session_id: uuid.UUID) -> None:
    """Sign out; the second time changes nothing."""
    store.revoke_session(uow.session, session_id, uow.now)


def edit_profile(uow: UnitOfWork, member_id: uuid.UUID, changes: ProfileChanges) -> None:
    """Change what is given of a profile; a time zone of None is the shop's. Raises InvalidValue naming the field."""
    kept: ProfileChanges = {**changes}
    if "display_name" in kept:
        kept["display_name"] = rules.trimmed_name(kept["display_name"])
    if kept.get("time_zone") is not None:
        rules.check_time_zone(str(kept["time_zone"]))
    if kept:
        store.update_profile(uow.session, member_id, kept)


def purge_sessions(uow: UnitOfWork) -> bool:
    """Delete a batch of sessions that expired long ago; True while there are more. For the periodic table."""
    return store.delete_sessions(uow.session, uow.now - _SESSIONS_KEPT_FOR)


def let_lead(uow: UnitOfWork, number: int) -> None:
    """Make a plain member a leader, at once wherever the member is signed in; whoever is more than that stays so."""
    store.let_lead(uow.session, number)
