"""The goods that a publisher may show: deals that run and have units left, each with a link that bears an own code."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from socialshop.deals import service as deals
from socialshop.deals.rules import Status
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.invites.rules import Kind
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.publishers import store

CHANNEL = "feed"
# Its bits cannot be guessed, so its hash needs no salt.
_KEY_BYTES = 24


@dataclass(frozen=True, slots=True)
class Item:
    """A deal on sale: `price` together, `price_alone` without a group; `picture` is the path of one, if it has any."""

    id: uuid.UUID
    title: str
    price: Money
    price_alone: Money
    group_size: int
    left: int
    picture: str | None
    code: str


def new_key(uow: UnitOfWork, number: int) -> str:
    """A key for the publisher's feed; the one before it opens nothing any more. Raises NotFound for who is none."""
    key = secrets.token_urlsafe(_KEY_BYTES)
    if not store.set_feed_key(uow.session, number, _hash_of(key)):
        raise NotFound("you are no publisher")
    return key


def items(uow: UnitOfWork, key: str, after: uuid.UUID | None, limit: int) -> tuple[list[Item], uuid.UUID | None]:
    """Up to `limit` deals after this one, and the last that was looked at while there may be more. Raises NotFound.

    Links are made at the first reading, in one statement; read again, they are the same. Six statements a page.
    """
    publisher = store.by_feed_key(uow.session, _hash_of(key))
    if publisher is None:
        raise NotFound("no such feed")
    seen = deals.deals(uow, after, limit)
    shown = [deal for deal in seen if deal.status is Status.LIVE and deal.left > 0 and not deal.circle_only]
    codes = invites.codes_for(uow, publisher.member_id, Kind.DEAL, [deal.id for deal in shown], CHANNEL)
    found = [
        Item(
            deal.id,
            deal.title,
            deal.price,
            deal.price_alone,
            deal.group_size,
            deal.left,
            None if deal.cover is None else f"/api/v1/goods-pictures/{deal.cover.digest}/large",
            codes[deal.id],
        )
        for deal in shown
    ]
    return found, seen[-1].id if len(seen) == limit else None


def tag_of(content: bytes) -> str:
    """Another text for every other content."""
    return hashlib.sha256(content).hexdigest()[:32]


def as_rss(found: Sequence[Item], here: str, following: str | None) -> bytes:
    """The items as RSS 2.0 with the fields of product feeds; `following` is the address of the next page."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>',
        f"<title>socialshop</title><link>{_xml(here)}</link><description>Deals on sale</description>",
    ]
    if following is not None:
        lines.append(f'<atom:link rel="next" href="{_xml(following)}"/>')
    for item in found:
        picture = f"<g:image_link>{_xml(here + item.picture)}</g:image_link>" if item.picture else ""
        lines.append(
            f"<item><g:id>{to_public('deal', item.id)}</g:id><title>{_xml(item.title)}</title>"
            f"<link>{_xml(address_of(here, item))}</link><g:availability>in_stock</g:availability>"
            f"<g:price>{_xml(str(item.price_alone))}</g:price><g:sale_price>{_xml(str(item.price))}</g:sale_price>"
            f"{picture}</item>"
        )
    lines.append("</channel></rss>")
    return "\n".join(lines).encode()


def address_of(here: str, item: Item) -> str:
    """The link to hand on."""
    return f"{here}/i/{item.code}"


def _hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _xml(text: str) -> str:
    """The text as XML may hold it: markup escaped, control characters left out."""
    return escape("".join(sign for sign in text if sign.isprintable() or sign == " "), {'"': "&quot;"})
