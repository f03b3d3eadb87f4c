"""Signed webhooks after the Standard Webhooks specification: id, timestamp and an HMAC over both and the body.

The sandbox signs with what its gateway verifies, so both stand here. Pure; the clock is the caller's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from socialshop.payments.errors import WebhookRefused

TOLERANCE = timedelta(minutes=5)
_LONGEST_ID = 200
_LONGEST_STAMP = 12


def derived(secret: str, purpose: str) -> bytes:
    """A key for one purpose, so that the API's token says nothing about the webhooks' key."""
    return hmac.digest(secret.encode(), f"socialshop sandbox {purpose}".encode(), "sha256")


def api_token(secret: str) -> str:
    """The bearer token of the provider's API."""
    return derived(secret, "api").hex()


def signed_headers(secret: str, event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that a webhook carries."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(_mac(secret, event_id, stamp, body)).decode(),
    }


def verified_id(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The event's id, if the provider signed it within TOLERANCE of now. Raises WebhookRefused.

    A header may carry several signatures, parted by spaces, while a key is being changed: one good one is enough.
    """
    event_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not 0 < len(event_id) <= _LONGEST_ID or not event_id.isascii():
        raise WebhookRefused("the webhook-id header is missing or malformed")
    if not 0 < len(stamp) <= _LONGEST_STAMP or not (stamp.isascii() and stamp.isdigit()):
        raise WebhookRefused("the webhook-timestamp header is missing or malformed")
    expected = _mac(secret, event_id, stamp, body)
    given = [_decoded(part) for part in headers.get("webhook-signature", "").split(" ")[:10]]
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise WebhookRefused("the signature is not the provider's")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > TOLERANCE:
        raise WebhookRefused("signed too long ago, or in the future")
    return event_id


def _mac(secret: str, event_id: str, stamp: str, body: bytes) -> bytes:
    content = b".".join((event_id.encode(), stamp.encode(), body))
    return hmac.digest(derived(secret, "webhooks"), content, hashlib.sha256)


def _decoded(part: str) -> bytes:
    version, _, text = part.partition(",")
    if version != "v1":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
