"""An invite link as its owner hands it on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from socialshop.community import service as community
from socialshop.deals import service as deals
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.invites import wording
from socialshop.invites.gateway import subjects
from socialshop.invites.poster import Fonts
from socialshop.invites.rules import Closed, Kind, ShareSubject
from socialshop.invites.service import Link, NewLink
from socialshop.kernel.languages import Language
from socialshop.pages import assets, languages
from socialshop.rooms import service as rooms

_Named = Callable[[UnitOfWork, Sequence[uuid.UUID]], Mapping[uuid.UUID, str]]
# Who knows what a link leads to by its name.
_NAMED: Mapping[Kind, _Named] = {
    Kind.DEAL: deals.titles,
    Kind.PRODUCT: deals.titles,
    Kind.ROOM: rooms.titles,
    Kind.BARGAIN: rooms.bargain_titles,
    Kind.STOREFRONT: deals.storefront_titles,
    Kind.SESSION: deals.session_titles,
    Kind.NOTE: community.note_titles,
}


@dataclass(frozen=True, slots=True)
class Share:
    """Address, words, QR code and poster of a link; `poster` is None where the shop has no posters.

    `closed` says why it binds nobody now, None while it is open.
    """

    code: str
    url: str
    text: str
    qr: str
    poster: str | None
    closed: Closed | None = None


def make(
    uow: UnitOfWork, owner_id: uuid.UUID, kind: Kind, target_id: uuid.UUID | None = None, channel: str | None = None
) -> Link:
    """The owner's link to something for a channel, made where there is none. Raises NotFound for what is not seen."""
    return invites.create_link(uow, owner_id, NewLink(kind, target_id, channel), subjects()).link


def of_target(uow: UnitOfWork, owner_id: uuid.UUID, kind: Kind, target_id: uuid.UUID | None = None) -> Share | None:
    """The owner's link to something, once it is made."""
    link = invites.find_link(uow, owner_id, NewLink(kind, target_id))
    return None if link is None else share(link, subject_of(uow, link))


def kit_of_target(
    uow: UnitOfWork, owner_id: uuid.UUID, kind: Kind, target_id: uuid.UUID
) -> tuple[Share | None, Mapping[Language, str]]:
    """The owner's link to something once it is made, and its words in each language: readers may not read mine."""
    link = invites.find_link(uow, owner_id, NewLink(kind, target_id))
    if link is None:
        return None, {}
    subject = subject_of(uow, link)
    kit, zone = share(link, subject), wired.settings().time_zone
    return kit, wording.share_texts(subject, code=kit.code, url=kit.url, zone=zone)


def share(link: Link, subject: ShareSubject | None) -> Share:
    """What the owner of a link hands on, in the reader's language."""
    code = link.shown_code
    url, zone = f"{wired.public_address()}/i/{code}", wired.settings().time_zone
    words = wording.share_text(languages.reader(), subject, code=code, url=url, zone=zone)
    # Pictures come from the host that serves the page, whatever address the links have.
    poster = f"/i/{code}/poster.png?lang={languages.reader()}" if Fonts(assets.packages()).are_there() else None
    return Share(code, url, words, f"/i/{code}/qr.svg", poster, link.closed(wired.clock().now()))


def subject_of(uow: UnitOfWork, link: Link) -> ShareSubject | None:
    """What a link leads to; None for its owner, and once it is gone."""
    if link.target_id is None:
        return None
    return invites.find_subject(uow, subjects(), link.kind, link.target_id)


def titles(uow: UnitOfWork, links: Sequence[Link]) -> Mapping[uuid.UUID, str]:
    """What these links lead to is called; without what is gone. A statement a kind of target among them."""
    wanted: dict[_Named, list[uuid.UUID]] = {}
    for link in links:
        if link.target_id is not None:
            wanted.setdefault(_NAMED[link.kind], []).append(link.target_id)
    found: dict[uuid.UUID, str] = {}
    for named, targets in wanted.items():
        found |= named(uow, targets)
    return found
