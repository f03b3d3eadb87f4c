"""Password hashes: Argon2id with the parameters of the day; a check takes as long for nobody as for somebody."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, 2 passes, 1 lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


def hash_password(password: str) -> str:
    """The encoded hash, with its salt and parameters."""
    return _hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; None, for nobody, costs the same time and is never right."""
    nobody = _nobody()
    try:
        right = _hasher.verify(password_hash or nobody, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    """The hash of a random text that was thrown away: what an unknown e-mail is checked against."""
    return _hasher.hash(secrets.token_hex(32))


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
