"""Onboarding's door: a person becomes a member with a place in the tree and an own link, all in one transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.identity import service as identity
from socialshop.identity.service import NewMember, OpenedClaim, OpenedSession
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.invites.cookies import Attributed
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.languages import language_of
from socialshop.kernel.roles import Role
from socialshop.memberships import service as memberships
from socialshop.notifications import service as notifications
from socialshop.onboarding import store
from socialshop.onboarding.events import MemberInvited, MemberRegistered
from socialshop.onboarding.imports import import_members
from socialshop.onboarding.personal_store import PERSONAL
from socialshop.referrals import service as referrals
from socialshop.screening import service as screening
from socialshop.screening.signals import NO_SIGNALS, Signals

__all__ = [
    "PERSONAL",
    "Arrival",
    "Card",
    "Entrance",
    "Invited",
    "NewMember",
    "OpenedClaim",
    "OpenedSession",
    "attach_email",
    "card_of",
    "claim",
    "create",
    "edit_profile",
    "enter",
    "import_members",
    "password_link",
    "register",
    "sign_in",
]


@dataclass(frozen=True, slots=True)
class Card:
    """A member as the member sees it; language and clock are the shop's unless the member has chosen own ones."""

    member_id: uuid.UUID
    role: Role
    tier: str
    joined_at: datetime
    display_name: str
    email: str | None
    email_verified: bool
    locale: str
    own_locale: str | None
    time_zone: str
    own_time_zone: str | None
    invite_code: str
    sponsor_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Entrance:
    """A member who has just come in: the card, and the session that was opened."""

    card: Card
    session: OpenedSession


@dataclass(frozen=True, slots=True)
class Invited:
    """An imported member who may claim the account, and the claim, whose token is told this once."""

    card: Card
    claim: OpenedClaim


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a person came: the code that was typed, the link that a cookie remembers, the visitor's hash, marks."""

    invite_code: str | None = None
    touch: Attributed | None = None
    visitor: bytes | None = None
    signals: Signals = NO_SIGNALS


def register(uow: UnitOfWork, person: NewMember, arrival: Arrival, *, session_days: int) -> Entrance:
    """Make a person a member and sign in, bound for good to the owner of the link that the person came through.

    A code that was typed goes before a cookie. Raises InviteCodeUnknown or InviteLinkClosed before anything else is
    looked at, then what `identity.add_member` raises.
    """
    origin = invites.origin_of(uow, arrival.invite_code, arrival.touch)
    card = create(uow, person, sponsor=origin.link if origin else None)
    uow.emit(MemberRegistered(member_id=card.member_id))
    if origin is not None:
        invites.attribute(uow, card.member_id, origin)
        uow.emit(MemberInvited(member_id=card.member_id))
    if arrival.visitor is not None:
        invites.recognize(uow, arrival.visitor, card.member_id)
    screening.note_signals(uow, card.member_id, came=arrival.signals, email=card.email)
    return Entrance(card, identity.open_session(uow, card.member_id, days=session_days))


def create(uow: UnitOfWork, person: NewMember, *, sponsor: invites.Link | None = None) -> Card:
    """Make a person a member, at the top of the tree or under the owner of the link `sponsor`.

    Raises what `identity.add_member` raises.
    """
    added = identity.add_member(uow, person)
    referrals.place(
        uow,
        member_number=added.number,
        sponsor=sponsor.number if sponsor else None,
        placed_at=uow.now,
    )
    code = invites.own_code(uow, added.member_id)
    return Card(
        member_id=added.member_id,
        role=person.role,
        tier=memberships.first_tier(uow),
        joined_at=uow.now,
        display_name=added.display_name,
        email=added.email,
        email_verified=False,
        locale=language_of(person.locale),
        own_locale=person.locale,
        time_zone=wired.settings().time_zone,
        own_time_zone=None,
        invite_code=code,
        sponsor_id=sponsor.owner_id if sponsor else None,
    )


def sign_in(
    uow: UnitOfWork,
    email: str,
    password: str,
    *,
    session_days: int,
    visitor: bytes | None = None,
    signals: Signals = NO_SIGNALS,
) -> Entrance:
    """Open a session by password. Raises WrongCredentials."""
    member_id = identity.check_password(uow, email, password)
    return enter(uow, member_id, session_days=session_days, visitor=visitor, signals=signals)


def enter(
    uow: UnitOfWork,
    member_id: uuid.UUID,
    *,
    session_days: int,
    visitor: bytes | None = None,
    signals: Signals = NO_SIGNALS,
) -> Entrance:
    """Open a session for a member who has proved to be one, and remember which visitor the member is."""
    if visitor is not None:
        invites.recognize(uow, visitor, member_id)
    screening.note_signals(uow, member_id, came=signals)
    session = identity.open_session(uow, member_id, days=session_days)
    return Entrance(card_of(uow, member_id), session)


def attach_email(uow: UnitOfWork, actor: uuid.UUID | None, member_id: uuid.UUID, email: str, *, days: int) -> Invited:
    """Let an imported member in: attach an e-mail and open a claim. Raises what `identity.attach_email` raises.

    Audited without the address, for nobody could ever take it back from there.
    """
    claim = identity.attach_email(uow, member_id, email, days=days)
    facts = {"expires_at": claim.expires_at}
    audit.record(uow, actor=actor, action="member.email_attached", target=to_public("mbr", member_id), facts=facts)
    return Invited(card_of(uow, member_id), claim)


def password_link(uow: UnitOfWork, actor: uuid.UUID, member_id: uuid.UUID) -> str:
    """A one-time token to a new password, for an admin to hand to somebody whom no mail reaches; told this once.

    Audited, and the member is told in the shop. Raises what `identity.issue_password_link` raises.
    """
    number, token = identity.issue_password_link(uow, member_id)
    audit.record(uow, actor=actor, action="member.password_link", target=to_public("mbr", member_id), facts={})
    notifications.tell(uow, [notifications.Told(number, "password_link", str(new_id()), None, None, {})])
    return token


def claim(
    uow: UnitOfWork,
    token: str,
    password: str,
    *,
    session_days: int,
    visitor: bytes | None = None,
    signals: Signals = NO_SIGNALS,
) -> Entrance:
    """Set the first password of an imported account and sign in. Raises what `identity.redeem_claim` raises."""
    member_id = identity.redeem_claim(uow, token, password, terms_version=identity.TERMS_VERSION)
    audit.record(uow, actor=member_id, action="member.claimed", target=to_public("mbr", member_id), facts={})
    return enter(uow, member_id, session_days=session_days, visitor=visitor, signals=signals)


def card_of(uow: UnitOfWork, member_id: uuid.UUID) -> Card:
    """A member's card; an imported member's own link is made when first asked for. Raises NotFound."""
    row = store.find_card(uow.session, member_id, uow.now)
    if row is None:
        raise NotFound("no such member")
    return Card(
        member_id=row.id,
        role=Role(row.role),
        tier=row.tier,
        joined_at=row.joined_at,
        display_name=row.display_name,
        email=row.email,
        email_verified=row.email_verified,
        locale=language_of(row.locale),
        own_locale=row.locale,
        time_zone=row.time_zone or wired.settings().time_zone,
        own_time_zone=row.time_zone,
        invite_code=row.code or invites.own_code(uow, member_id),
        sponsor_id=row.sponsor,
    )


def edit_profile(uow: UnitOfWork, member_id: uuid.UUID, changes: identity.ProfileChanges) -> Card:
    """Change what is given of a member's profile. Raises InvalidValue naming the field."""
    identity.edit_profile(uow, member_id, changes)
    return card_of(uow, member_id)
