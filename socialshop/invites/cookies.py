"""The two signed cookies of a visitor: who it is (a random number) and through which link it came. Pure.

Signed with this shop's secret, each for its own purpose: a cookie of another shop, of another purpose or made up reads
as none at all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

VISITOR = "socialshop_visitor"
ATTRIBUTION = "socialshop_invite"
VISITOR_DAYS = 365
_VISITOR_BYTES = 16
_LINK_BYTES = 16
_INSTANT_BYTES = 6


@dataclass(frozen=True, slots=True)
class Attributed:
    """A link that was followed, and when."""

    link_id: uuid.UUID
    touched_at: datetime


class CookieSigner:
    """Writes and reads both cookies under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._visitor, self._attribution = _key(secret, VISITOR), _key(secret, ATTRIBUTION)

    def write_visitor(self, number: bytes) -> str:
        """The cookie of a visitor: 16 random bytes."""
        return _sign(self._visitor, number)

    def read_visitor(self, cookie: str | None) -> bytes | None:
        """The visitor's number; None for a cookie that this shop did not sign."""
        return _unsign(self._visitor, cookie, _VISITOR_BYTES)

    def write_attribution(self, touch: Attributed) -> str:
        """The cookie that remembers a link, to the second."""
        seconds = int(touch.touched_at.timestamp())
        return _sign(self._attribution, touch.link_id.bytes + seconds.to_bytes(_INSTANT_BYTES, "big"))

    def read_attribution(self, cookie: str | None, now: datetime, window: timedelta) -> Attributed | None:
        """The link that was followed at most `window` ago; None for an older one or a cookie not signed here."""
        content = _unsign(self._attribution, cookie, _LINK_BYTES + _INSTANT_BYTES)
        if content is None:
            return None
        touched_at = datetime.fromtimestamp(int.from_bytes(content[_LINK_BYTES:], "big"), UTC)
        if not touched_at <= now <= touched_at + window:
            return None
        return Attributed(uuid.UUID(bytes=content[:_LINK_BYTES]), touched_at)


def hash_visitor(number: bytes) -> bytes:
    """What is stored of a visitor: nobody finds the cookie from it."""
    return hashlib.sha256(number).digest()


def _key(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, purpose.encode(), "sha256")


def _sign(key: bytes, content: bytes) -> str:
    """The content in hexadecimal digits, a point, and the HMAC of those digits: half of an itsdangerous' cost."""
    text = content.hex()
    return f"{text}.{_mac(key, text)}"


def _mac(key: bytes, text: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).rstrip(b"=").decode()


def _unsign(key: bytes, cookie: str | None, length: int) -> bytes | None:
    text, _, mac = (cookie or "").rpartition(".")
    if len(text) != 2 * length or not mac.isascii() or not hmac.compare_digest(mac, _mac(key, text)):
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None
