"""The two signed cookies of a visitor: who it is (a random number) and through which link it came. Pure.

Signed with this shop's secret, each for its own purpose: a cookie of another shop, of another purpose or made up reads
as none at all.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, Signer

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
        self._visitor, self._attribution = _signer(secret, VISITOR), _signer(secret, ATTRIBUTION)

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


def _signer(secret: bytes, purpose: str) -> Signer:
    # The key is derived here, once: the signer would do so at every cookie.
    key = hmac.digest(secret, purpose.encode(), "sha256")
    return Signer(key, key_derivation="none", digest_method=hashlib.sha256)


def _sign(signer: Signer, content: bytes) -> str:
    return signer.sign(content.hex()).decode("ascii")


def _unsign(signer: Signer, cookie: str | None, length: int) -> bytes | None:
    if cookie is None:
        return None
    try:
        content = bytes.fromhex(signer.unsign(cookie).decode("ascii"))
    except (BadSignature, ValueError):
        return None
    return content if len(content) == length else None
