"""Secrets that the shop must use again, and so keeps sealed: AES-GCM (NIST SP 800-38D) under one of the shop's keys."""

from __future__ import annotations

import secrets
import uuid

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from socialshop.infra.keys import lasting_secret_for

_NONCE_BYTES = 12


class Safe:
    """Seals secrets and opens them again, under one key of 32 bytes. Each is bound to whose it is."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, owner_id: uuid.UUID, secret: bytes) -> bytes:
        """What is kept; worthless beside another owner."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, owner_id.bytes)

    def open(self, owner_id: uuid.UUID, sealed: bytes) -> bytes:
        """The secret. Raises cryptography's InvalidTag where the shop's key is another, or the row was changed."""
        return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner_id.bytes)


def safe_for(purpose: str) -> Safe:
    """The safe of one purpose: what is sealed in it opens in no other. Needs an app context."""
    return Safe(lasting_secret_for(purpose))
