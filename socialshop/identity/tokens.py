"""Tokens of sessions and claims: told once, kept as their SHA-256."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """256 random bits, as text for a URL."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> bytes:
    """What is kept of a token: no salt and no stretching, for its bits cannot be guessed and a lookup hits an index."""
    return hashlib.sha256(token.encode()).digest()
