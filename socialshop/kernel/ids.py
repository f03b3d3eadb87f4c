"""Identifiers: UUIDv7 inside, `prefix_base32` outside.

UUIDv7 (RFC 9562, 5.7) keeps inserts at the right end of an index. The public form is the prefix of the kind of
object and 26 characters of Crockford's base 32, so a room's id can never be taken for an order's.
"""

from __future__ import annotations

import secrets
import time
import uuid

from socialshop.kernel.errors import NotFound

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {c: i for i, c in enumerate(_ALPHABET)}
_LENGTH = 26


def new_id() -> uuid.UUID:
    """A UUIDv7 of this instant: 48 bits of Unix milliseconds, 74 random bits."""
    return uuid.UUID(int=_v7(time.time_ns() // 1_000_000, secrets.randbits(74)))


def new_ids(count: int) -> list[uuid.UUID]:
    """`count` UUIDv7s of this instant, for bulk work: one draw of randomness, strictly increasing."""
    milliseconds = time.time_ns() // 1_000_000
    # The top bit of the random part is left 0 so that counting up cannot overflow it.
    start = secrets.randbits(73)
    return [uuid.UUID(int=_v7(milliseconds, start + i)) for i in range(count)]


def _v7(milliseconds: int, random74: int) -> int:
    high, low = random74 >> 62, random74 & ((1 << 62) - 1)
    return milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low


def to_public(prefix: str, key: uuid.UUID) -> str:
    """`mbr_01jd…`: the form that leaves the shop."""
    number, out = key.int, []
    for _ in range(_LENGTH):
        out.append(_ALPHABET[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(out))}"


def from_public(prefix: str, text: str) -> uuid.UUID:
    """The key behind a public id. Raises NotFound for another prefix or a malformed id (api.md: 404)."""
    head, _, body = text.rpartition("_")
    if head != prefix or len(body) != _LENGTH or not all(c in _VALUES for c in body):
        raise NotFound(f"no such id: it should look like {prefix}_… with {_LENGTH} characters")
    number = 0
    for c in body:
        number = number << 5 | _VALUES[c]
    if number >> 128:
        raise NotFound(f"no such id: it should look like {prefix}_… with {_LENGTH} characters")
    return uuid.UUID(int=number)
