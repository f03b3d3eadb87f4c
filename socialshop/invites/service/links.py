"""Making links, and whose they are."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.invites import rules
from socialshop.invites.errors import InviteCodeUnknown
from socialshop.invites.gateway import Subjects
from socialshop.invites.rules import Kind, ShareSubject
from socialshop.invites.store import links as store
from socialshop.invites.store.links import LinkRow
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id

# Two of 30^10 codes meet once in some 10^8 members' lifetimes; three tries in a row never do.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class NewLink:
    """What a link leads to (a target for every kind but `member`), and where it will be shared."""

    kind: Kind
    target_id: uuid.UUID | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An invite link; `number` is its owner's member number."""

    id: uuid.UUID
    code: str
    kind: Kind
    target_id: uuid.UUID | None
    channel: str | None
    owner_id: uuid.UUID
    number: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Shared:
    """A link with what it shows; a member's link shows nothing but its owner."""

    link: Link
    subject: ShareSubject | None


def own_code(uow: UnitOfWork, member_id: uuid.UUID) -> str:
    """The code of the member's own link, made at the first call; two calls at once agree on one."""
    return _same_or_new(uow, member_id, NewLink(Kind.MEMBER)).code


def create_link(uow: UnitOfWork, owner_id: uuid.UUID, new: NewLink, subjects: Subjects) -> Shared:
    """The owner's link to a subject for a channel; asked for again, the same one.

    Raises NotFound for a target that is not to be seen.
    """
    subject = None if new.target_id is None else subjects[new.kind](uow, new.target_id)
    return Shared(_link(_same_or_new(uow, owner_id, new)), subject)


@dataclass(frozen=True, slots=True)
class ShareKit:
    """All that a link shows to whoever it is sent to; `inviter` is empty for an owner who has left the shop."""

    link: Link
    inviter: str
    subject: ShareSubject | None


def share_kit(uow: UnitOfWork, code: str, subjects: Subjects) -> ShareKit:
    """What a poster of this link says. Raises NotFound, also once the link's target is gone. Nothing is recorded."""
    link = link_named(uow, code)
    subject = None if link.target_id is None else subjects[link.kind](uow, link.target_id)
    return ShareKit(link, store.owner_name(uow.session, link.owner_id) or "", subject)


def find_link(uow: UnitOfWork, owner_id: uuid.UUID, new: NewLink) -> Link | None:
    """The owner's link to a subject for a channel, if it was ever made."""
    row = store.find_same(uow.session, owner_id, new.kind, new.target_id, new.channel)
    return None if row is None else _link(row)


def links_of(uow: UnitOfWork, owner_id: uuid.UUID, after: uuid.UUID | None, limit: int) -> list[Link]:
    """Up to `limit` of the member's own links, oldest first, after this one."""
    return [_link(row) for row in store.of_owner(uow.session, owner_id, after, limit)]


def links_to_target(uow: UnitOfWork, kind: Kind, target_id: uuid.UUID, limit: int) -> list[Link]:
    """Up to `limit` links of anybody to a subject, oldest first."""
    return [_link(row) for row in store.of_target(uow.session, kind, target_id, limit)]


def link_of(uow: UnitOfWork, code: str) -> Link:
    """The link with this code. Raises InviteCodeUnknown."""
    row = store.find_by_code(uow.session, rules.canonical(code))
    if row is None:
        raise InviteCodeUnknown("no invite link has this code", field="invite_code")
    return _link(row)


def link_named(uow: UnitOfWork, code: str) -> Link:
    """The link whose code stands in an address. Raises NotFound."""
    canonical = rules.canonical(code)
    row = store.find_by_code(uow.session, canonical) if rules.is_code(canonical) else None
    if row is None:
        raise NotFound("no such invite link")
    return _link(row)


def link_by_id(uow: UnitOfWork, link_id: uuid.UUID) -> Link | None:
    """The link with this id, if it is still there."""
    row = store.find_by_id(uow.session, link_id)
    return None if row is None else _link(row)


def _same_or_new(uow: UnitOfWork, owner_id: uuid.UUID, new: NewLink) -> LinkRow:
    for _ in range(_TRIES):
        code = rules.new_code(secrets.choice)
        row = LinkRow(new_id(), code, new.kind, new.target_id, new.channel, owner_id, 0, uow.now)
        number = store.add(uow.session, row._asdict())
        if number is not None:
            return row._replace(number=number)
        if (found := store.find_same(uow.session, owner_id, new.kind, new.target_id, new.channel)) is not None:
            return found
    raise RuntimeError("three new invite codes were taken: randomness is broken")


def _link(row: LinkRow) -> Link:
    return Link(row.id, row.code, Kind(row.kind), row.target_id, row.channel, row.owner_id, row.number, row.created_at)
