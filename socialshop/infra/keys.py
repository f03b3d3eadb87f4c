"""Secrets that follow from the shop's own, one a purpose: what is signed for one is worthless for another."""

from __future__ import annotations

import hashlib

from socialshop.infra import wired
from socialshop.infra.chain import signing_key


def secret_for(purpose: str) -> bytes:
    """32 bytes that follow from SOCIALSHOP_SECRET_KEY; without one, from the signing key. Needs an app context."""
    given = wired.settings().secret_key
    if given is not None:
        return _derived(purpose, given.get_secret_value().encode())
    return lasting_secret_for(purpose)


def lasting_secret_for(purpose: str) -> bytes:
    """32 bytes that follow from the signing key alone, which is kept as long as the books are."""
    return _derived(purpose, signing_key(wired.settings().data_dir).private_bytes_raw())


def _derived(purpose: str, root: bytes) -> bytes:
    return hashlib.sha256(f"socialshop {purpose}\n".encode() + root).digest()
