"""Stripe's webhooks: the signature as Stripe publishes it (`t=…,v1=…`, HMAC-SHA256 over instant and body), and what
each is about. Pure; the clock is the caller's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from socialshop.payments.errors import NoticeMalformed, WebhookRefused
from socialshop.payments.signatures import TOLERANCE

_MOST_PARTS = 20
_LONGEST_STAMP = 12
_LONGEST_NAME = 200


def verify(secret: str, header: str, body: bytes, now: datetime) -> None:
    """Raises WebhookRefused unless Stripe signed the body within TOLERANCE of now.

    A header may carry several signatures while a secret is being changed: one good one is enough.
    """
    parts = [part.partition("=")[::2] for part in header.split(",")[:_MOST_PARTS]]
    stamp = next((value for name, value in parts if name.strip() == "t"), "")
    if not 0 < len(stamp) <= _LONGEST_STAMP or not (stamp.isascii() and stamp.isdigit()):
        raise WebhookRefused("the stripe-signature header is missing or malformed")
    expected = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
    given = [value.encode() for name, value in parts if name.strip() == "v1"]
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise WebhookRefused("the signature is not the provider's")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > TOLERANCE:
        raise WebhookRefused("signed too long ago, or in the future")


def read(body: bytes) -> tuple[str, str, str]:
    """Event id, type and the PaymentIntent that it is about; another object's id where it is about none.

    Raises NoticeMalformed.
    """
    try:
        said = json.loads(body)
        thing = said["data"]["object"]
        about = thing["id"] if thing.get("object") == "payment_intent" else thing.get("payment_intent") or thing["id"]
        found = said["id"], said["type"], about
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NoticeMalformed("the notice names no event and object") from None
    if not all(_is_name(each) for each in found):
        raise NoticeMalformed("the notice names no event and object")
    return found


def header_of(headers: Mapping[str, str]) -> str:
    """The signature, as the request brought it."""
    return headers.get("stripe-signature", "")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isascii() and value.isprintable()
