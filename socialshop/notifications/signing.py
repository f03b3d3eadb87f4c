"""Signing webhooks by the specification of standard-webhooks (1.0): HMAC-SHA256 over id, timestamp and body. Pure.

A secret is `whsec_` and the base64 of its bytes; the shop keeps those sealed (`infra/safe.py`), for it must sign with
them again.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

_PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> bytes:
    """A secret that nobody can guess."""
    return secrets.token_bytes(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """A secret as it is told, once."""
    return _PREFIX + base64.b64encode(secret).decode("ascii")


def signed_headers(message_id: str, at: datetime, body: bytes, keys: Sequence[bytes]) -> Mapping[str, str]:
    """The headers of a message: one signature a key, so that a receiver may know either while a secret is changed."""
    stamp = str(int(at.timestamp()))
    content = b".".join((message_id.encode(), stamp.encode(), body))
    signatures = (base64.b64encode(hmac.digest(key, content, "sha256")).decode("ascii") for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
