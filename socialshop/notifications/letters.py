"""A mail as it leaves: text and simple HTML in the member's language, headers that nothing can be slipped into."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any
from urllib.parse import quote

from socialshop.infra.outside import Refused
from socialshop.kernel.ids import to_public
from socialshop.notifications.rules import KINDS
from socialshop.notifications.sentences import Reader, say
from socialshop.notifications.subjects import SUBJECTS, WORDS

# Where on the pages a mail leads, by the prefix of what it is about.
_PAGES = {
    "room": "/rooms/{id}",
    "brg": "/bargains/{id}",
    "fls": "/flash-sessions/{id}",
    "ord": "/orders/{id}",
    "por": "/earnings",
    "qst": "/me/questions/{id}",
    "pls": "/plan/{id}",
    "cph": "/coupons#{id}",
    "deal": "/deals/{id}",
    "whk": "/admin/webhooks/{id}",
    "sku": "/admin/stock/{id}",
}
_TOKEN_PAGES = {
    "email_verification": "/verify-email",
    "password_reset": "/reset-password",
    "email_change": "/change-email",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was claimed; `token` is the one-time token that it carries, kept nowhere else.

    A digest tells of its `items`, kind and facts of each. `unsubscribe` is the token of the link that ends mails of its
    topic; what cannot be declined has none.
    """

    id: uuid.UUID
    kind: str
    facts: Mapping[str, Any]
    target_id: uuid.UUID | None
    address: str
    reader: Reader
    attempts: int
    token: str | None = None
    items: Sequence[tuple[str, Mapping[str, Any]]] = ()
    unsubscribe: str | None = None

    def __repr__(self) -> str:
        # Neither address nor token finds its way into a log.
        return f"Letter({self.id}, {self.kind})"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the address of `From`, and where the shop is."""

    mail_from: str
    public_url: str


def compose(letter: Letter, sender: Sender, now: datetime) -> EmailMessage:
    """The message. Raises Refused for an address that is none: it may hold a line of its own."""
    shop = sender.public_url.rstrip("/")
    plain, page = _written(letter, shop)
    message = EmailMessage()
    name, address = parseaddr(sender.mail_from)
    try:
        message["From"] = Address(display_name=name, addr_spec=address)
        message["To"] = Address(addr_spec=letter.address)
    except (ValueError, IndexError, HeaderParseError):
        raise Refused("not an address") from None
    message["Subject"] = letter.reader.choose(SUBJECTS[letter.kind])
    # The same on every attempt: a server that took it before knows it again.
    message["Message-ID"] = f"<{to_public('mail', letter.id)}@{address.rpartition('@')[2]}>"
    message["Date"] = format_datetime(now)
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe is not None:
        # One tap in the reader's own program, without a page (RFC 8058).
        message["List-Unsubscribe"] = f"<{_unsubscribe(letter.unsubscribe, shop)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(plain)
    message.add_alternative(f'<!doctype html><html lang="{letter.reader.language}"><body>{page}</body></html>', "html")
    return message


def _written(letter: Letter, shop: str) -> tuple[str, str]:
    """What the mail says, as plain text and as HTML."""
    reader, link = letter.reader, _link(letter, shop)
    choose, unwanted, stop = (reader.choose(WORDS[name]) for name in ("open", "unwanted", "unsubscribe"))
    text, told = say(letter.kind, letter.facts, reader), [say(kind, facts, reader) for kind, facts in letter.items]
    plain = "\n".join((text, *(f"- {line}" for line in told), "", link, ""))
    page = f"<p>{escape(text)}</p>"
    if told:
        page += f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in told)}</ul>"
    page += f'<p><a href="{escape(link)}">{escape(choose)}</a></p>'
    if letter.token is None:
        plain += f"\n--\n{unwanted}\n"
        page += f"<hr><p><small>{escape(unwanted)}</small></p>"
    if letter.unsubscribe is not None:
        address = _unsubscribe(letter.unsubscribe, shop)
        plain += f"{stop} {address}\n"
        page += f'<p><small><a href="{escape(address)}">{escape(stop)}</a></small></p>'
    return plain, page


def _unsubscribe(token: str, shop: str) -> str:
    return f"{shop}/unsubscribe?token={quote(token)}"


def _link(letter: Letter, shop: str) -> str:
    if letter.token is not None:
        return f"{shop}{_TOKEN_PAGES[letter.kind]}?token={quote(letter.token)}"
    if letter.items:
        return f"{shop}/notices"
    prefix = KINDS[letter.kind].target
    if prefix is None or letter.target_id is None:
        return f"{shop}/"
    return shop + _PAGES[prefix].format(id=to_public(prefix, letter.target_id))
