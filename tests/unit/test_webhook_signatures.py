"""Webhooks are believed to come from the provider only if signed with its key, over these bytes, a moment ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from socialshop.payments.errors import WebhookRefused
from socialshop.payments.signatures import api_token, derived, signed_headers, verified_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b'{"type":"payment.captured"}'


def _headers(**changed: str) -> dict[str, str]:
    return {**signed_headers("secret", "evt_1", NOW, BODY), **changed}


def test_what_was_signed_is_verified() -> None:
    assert verified_id("secret", _headers(), BODY, NOW) == "evt_1"


@pytest.mark.parametrize("late", [timedelta(minutes=5), -timedelta(minutes=5)])
def test_five_minutes_either_way_are_tolerated(late: timedelta) -> None:
    assert verified_id("secret", _headers(), BODY, NOW + late) == "evt_1"
    with pytest.raises(WebhookRefused):
        verified_id("secret", _headers(), BODY, NOW + late + (late / 300))


def test_one_good_signature_among_several_is_enough() -> None:
    good = _headers()["webhook-signature"]
    assert verified_id("secret", _headers(**{"webhook-signature": f"v1,AAAA v2,xyz {good}"}), BODY, NOW) == "evt_1"


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-id": "é"},
        {"webhook-id": "x" * 201},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "9" * 13},
        {"webhook-timestamp": "١٢٣"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,not base64"},
        {"webhook-signature": "v1,"},
    ],
)
def test_anything_else_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(WebhookRefused):
        verified_id("secret", _headers(**changed), BODY, NOW)


def test_another_body_or_secret_is_refused() -> None:
    for secret, body in (("secret", BODY + b" "), ("other", BODY)):
        with pytest.raises(WebhookRefused):
            verified_id(secret, _headers(), body, NOW)
    with pytest.raises(WebhookRefused):
        verified_id("secret", {}, BODY, NOW)


def test_the_api_token_is_not_the_webhooks_key() -> None:
    assert bytes.fromhex(api_token("secret")) != derived("secret", "webhooks")
