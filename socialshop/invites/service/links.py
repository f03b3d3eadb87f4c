"""Making links, and whose they are."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites import rules
from socialshop.invites.errors import InviteCodeUnknown, InviteLinkClosed, VanityKept, VanityTaken
from socialshop.invites.gateway import Subjects
from socialshop.invites.rules import Closed, Kind, ShareSubject
from socialshop.invites.store import links as store
from socialshop.invites.store.links import LinkRow
from socialshop.kernel.errors import InvalidValue, NotFound
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
    """An invite link; `number` is its owner's member number, `vanity` the code that its owner chose."""

    id: uuid.UUID
    code: str
    kind: Kind
    target_id: uuid.UUID | None
    channel: str | None
    owner_id: uuid.UUID
    number: int
    created_at: datetime
    expires_at: datetime | None
    paused_at: datetime | None
    vanity: str | None

    @property
    def shown_code(self) -> str:
        """The code that is handed on: that of its owner's choice, where there is one."""
        return self.vanity or self.code

    def closed(self, now: datetime) -> Closed | None:
        """Why it binds nobody now; None while it is open."""
        return rules.closed(self.expires_at, self.paused_at, now)


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
    """Up to `limit` links of anybody to a subject, the one that was opened by most people first."""
    return [_link(row) for row in store.of_target(uow.session, kind, target_id, limit)]


def link_of(uow: UnitOfWork, code: str) -> Link:
    """The open link with this code. Raises InviteCodeUnknown, InviteLinkClosed."""
    row = _by_code(uow, code)
    if row is None:
        raise InviteCodeUnknown("no invite link has this code", field="invite_code")
    link = _link(row)
    if (why := link.closed(uow.now)) is not None:
        raise InviteLinkClosed(f"the link with this code is {why}", field="invite_code")
    return link


def link_named(uow: UnitOfWork, code: str) -> Link:
    """The link whose code stands in an address, open or not. Raises NotFound."""
    row = _by_code(uow, code)
    if row is None:
        raise NotFound("no such invite link")
    return _link(row)


def own_link(uow: UnitOfWork, owner_id: uuid.UUID, code: str) -> Link:
    """The member's own link with this code. Raises NotFound, also for another's."""
    link = link_named(uow, code)
    if link.owner_id != owner_id:
        raise NotFound("no such invite link")
    return link


def keep_link(uow: UnitOfWork, owner_id: uuid.UUID, code: str, *, is_paused: bool, expires_at: datetime | None) -> Link:
    """Pause an own link or let it go on, and say until when it is good (None: for good).

    While it is closed its page says so, and binds nobody; who came before stays. Raises NotFound, and InvalidValue for
    an end that has passed.
    """
    link = own_link(uow, owner_id, code)
    kept = store.keep_open(uow.session, link.id, expires_at, is_paused=is_paused, now=uow.now)
    if kept is None:
        raise InvalidValue("this has passed; to close the link now, pause it", field="expires_at")
    return replace(link, expires_at=expires_at, paused_at=kept[0])


def name_link(uow: UnitOfWork, owner_id: uuid.UUID, code: str, vanity: str) -> Link:
    """Give an own link a code of the owner's choice, beside its own; for good, since codes are printed.

    Raises NotFound, InvalidValue, VanityKept, and VanityTaken also for what is taken for another link's code.
    """
    link, chosen = own_link(uow, owner_id, code), rules.canonical(vanity)
    key = rules.vanity_key(chosen)
    if key is None:
        raise InvalidValue(
            f"{rules.SHORTEST_VANITY} to {rules.LONGEST_VANITY} letters and figures, at least one letter, single"
            f" hyphens between them, and not {rules.LENGTH} without these: so long are the shop's own codes",
            field="vanity",
        )
    if rules.is_reserved(chosen):
        raise InvalidValue("this would speak for the shop", field="vanity")
    _check_unnamed(link)
    advisory_lock(uow, f"invites:vanity:{key}")
    if not store.name(uow.session, link.id, chosen, key):
        # Its owner may have chosen another at the same moment.
        _check_unnamed(own_link(uow, owner_id, code))
        raise VanityTaken("another link has this code, or one that looks like it", field="vanity")
    return replace(link, vanity=chosen)


def _check_unnamed(link: Link) -> None:
    if link.vanity is not None:
        raise VanityKept("the link has a code that you chose", field="vanity")


def codes_for(
    uow: UnitOfWork, owner_id: uuid.UUID, kind: Kind, target_ids: Sequence[uuid.UUID], channel: str
) -> dict[uuid.UUID, str]:
    """The codes of the owner's links to these things of one kind; links that are missing are made.

    Three statements at most, one where none is missing. Whether the things are there is for the caller to know.
    """
    found = store.codes_of(uow.session, owner_id, kind, target_ids, channel)
    missing = [target_id for target_id in target_ids if target_id not in found]
    if missing:
        known = {"kind": kind, "channel": channel, "owner_id": owner_id, "created_at": uow.now}
        rows = [
            {"id": new_id(), "code": rules.new_code(secrets.choice), "target_id": target_id, **known}
            for target_id in missing
        ]
        store.add_all(uow.session, rows)
        found = store.codes_of(uow.session, owner_id, kind, target_ids, channel)
    return found


def _by_code(uow: UnitOfWork, code: str) -> LinkRow | None:
    """The link with a code as it was typed; what cannot be a code asks the database nothing."""
    canonical = rules.canonical(code)
    key = rules.vanity_key(canonical)
    return store.find_by_code(uow.session, canonical, key) if key or rules.is_code(canonical) else None


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
    return Link(**(row._asdict() | {"kind": Kind(row.kind)}))
