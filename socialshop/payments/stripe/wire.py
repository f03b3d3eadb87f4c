"""Stripe's own library over a connection that goes to one address alone: no proxies, no redirects, bounded answers.

The library knows how to ask (encoding, version, idempotency header, what each error means); it never retries here, for
the shop's calls are made again with their keys by the poller.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import stripe

from socialshop.infra.outside import OutcomeUnknown, Refused

# Below the time for which a call is claimed: who waits longer is followed by the poller.
_TIMEOUT_SECONDS = 8
_LONGEST_ANSWER = 8_000_000
_STILL_RUNNING = (http.client.CONFLICT, http.client.TOO_MANY_REQUESTS)
# The version whose shapes are read here; what Stripe changes later does not reach the shop unseen.
VERSION = "2026-10-28.endive"


# Untyped here: pyproject.toml says why.
class _OneAddress(stripe.HTTPClient):  # type: ignore[misc]
    """Goes to one address, whatever it is asked for."""

    name = "socialshop"

    def __init__(self, url: str) -> None:
        super().__init__()
        self._address = urlsplit(url)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        asked = urlsplit(url)
        if (asked.scheme, asked.netloc) != (self._address.scheme, self._address.netloc):
            raise stripe.APIConnectionError("another address than the provider's")
        connection = self._connection()
        try:
            path = asked.path + (f"?{asked.query}" if asked.query else "")
            connection.request(method.upper(), path, post_data, dict(headers or {}))
            response = connection.getresponse()
            headers_told = cast("Mapping[str, str]", response.headers)  # whatever the case of their names
            return response.read(_LONGEST_ANSWER).decode(), response.status, headers_told
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise stripe.APIConnectionError(type(error).__name__) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Nothing is kept open."""

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._address.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_SECONDS, context=context)
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)


class Wire:
    """Asks Stripe; raises Refused where nothing was done and nothing will be, OutcomeUnknown for all else."""

    def __init__(self, url: str, secret_key: str) -> None:
        # Nothing about the shop's own timings is told.
        stripe.enable_telemetry = False
        self._client = stripe.StripeClient(
            secret_key,
            http_client=_OneAddress(url),
            base_addresses={"api": url},
            max_network_retries=0,
            stripe_version=VERSION,
        )

    def ask(self, method: str, path: str, key: str | None = None, **said: Any) -> Mapping[str, Any]:
        """The answer as JSON. `key` is the idempotency key of what moves money."""
        options = {"idempotency_key": key} if key is not None else {}
        try:
            answer = self._client.raw_request(method, path, **said, **options)
        except (stripe.IdempotencyError, stripe.InvalidRequestError, stripe.CardError) as error:
            raise _told(error) from error
        except stripe.StripeError as error:
            raise OutcomeUnknown(f"the provider answered {error.http_status or 'nothing'}") from error
        if not isinstance(answer.data, dict):
            raise OutcomeUnknown("the provider's answer is not understood")
        return answer.data


def _told(error: stripe.StripeError) -> Exception:
    if error.http_status in _STILL_RUNNING:
        return OutcomeUnknown(f"the provider answered {error.http_status}")
    if isinstance(error, stripe.IdempotencyError):
        return Refused("key_reused")
    return Refused(error.code or f"http_{error.http_status}")
