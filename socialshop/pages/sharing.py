"""An invite link as its owner hands it on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialshop.community import service as community
from socialshop.deals import service as deals
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.invites import wording
from socialshop.invites.gateway import subjects
from socialshop.invites.poster import Fonts
from socialshop.invites.rules import Kind, ShareSubject
from socialshop.invites.service import Link, NewLink
from socialshop.pages import assets, languages
from socialshop.rooms import service as rooms


@dataclass(frozen=True, slots=True)
class Share:
    """Address, words, QR code and poster of a link; `poster` is None where the shop has no posters."""

    code: str
    url: str
    text: str
    qr: str
    poster: str | None


def make(uow: UnitOfWork, owner_id: uuid.UUID, kind: Kind, target_id: uuid.UUID | None = None) -> None:
    """Make the owner's link to something, if there is none. Raises NotFound for what is not to be seen."""
    invites.create_link(uow, owner_id, NewLink(kind, target_id), subjects())


def of_target(uow: UnitOfWork, owner_id: uuid.UUID, kind: Kind, target_id: uuid.UUID | None = None) -> Share | None:
    """The owner's link to something, once it is made."""
    link = invites.find_link(uow, owner_id, NewLink(kind, target_id))
    return None if link is None else share(link, subject_of(uow, link))


def share(link: Link, subject: ShareSubject | None) -> Share:
    """What the owner of a link hands on, in the reader's language."""
    url, zone = f"{wired.public_address()}/i/{link.code}", wired.settings().time_zone
    words = wording.share_text(languages.reader(), subject, code=link.code, url=url, zone=zone)
    # Pictures come from the host that serves the page, whatever address the links have.
    poster = f"/i/{link.code}/poster.png?lang={languages.reader()}" if Fonts(assets.packages()).are_there() else None
    return Share(link.code, url, words, f"/i/{link.code}/qr.svg", poster)


def subject_of(uow: UnitOfWork, link: Link) -> ShareSubject | None:
    """What a link leads to; None for its owner, and once it is gone."""
    if link.target_id is None:
        return None
    return invites.find_subject(uow, subjects(), link.kind, link.target_id)


def titles(uow: UnitOfWork, links: Sequence[Link]) -> Mapping[uuid.UUID, str]:
    """What these links lead to is called; without what is gone. Five statements, whatever the number."""
    if not any(link.target_id for link in links):
        return {}
    targets = [link.target_id for link in links if link.target_id is not None]
    in_rooms = [link.target_id for link in links if link.target_id is not None and link.kind is Kind.ROOM]
    bargains = [link.target_id for link in links if link.target_id is not None and link.kind is Kind.BARGAIN]
    fronts = [link.target_id for link in links if link.target_id is not None and link.kind is Kind.STOREFRONT]
    notes = [link.target_id for link in links if link.target_id is not None and link.kind is Kind.NOTE]
    return {
        **deals.titles(uow, targets),
        **rooms.titles(uow, in_rooms),
        **rooms.bargain_titles(uow, bargains),
        **deals.storefront_titles(uow, fronts),
        **community.note_titles(uow, notes),
    }
