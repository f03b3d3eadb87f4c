"""Limits on an address and on sign-in attempts, counted in Redis; without Redis each process counts for itself.

Redis away breaks no request: Flask-Limiter logs it once and falls back to memory until Redis is back.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import cast

import structlog
from flask import Flask, current_app, request
from flask.typing import RouteCallable
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItemPerSecond
from redis.exceptions import RedisError

from socialshop.infra import redis
from socialshop.infra.settings import Settings
from socialshop.kernel.errors import DomainError, Kind
from socialshop.web.operations import table_of

REGISTRATIONS = "registrations"
FAILED_SIGN_INS = 10
SIGN_IN_WINDOW = timedelta(minutes=15)
_SIGN_INS = RateLimitItemPerSecond(FAILED_SIGN_INS, int(SIGN_IN_WINDOW.total_seconds()), namespace="sign-in")
_log = structlog.stdlib.get_logger("socialshop.web")


class TooManyAttempts(DomainError):
    """Too many failed sign-ins for this e-mail from this address."""

    code = "too_many_attempts"
    kind = Kind.LIMITED


def attach(app: Flask, settings: Settings) -> None:
    """Limit every operation of the table, as its row says; call after the rooms are registered."""
    with app.app_context():
        pool = redis.client().connection_pool
    limiter = Limiter(
        get_remote_address,
        app=app,
        application_limits=[f"{settings.requests_per_minute} per minute"],
        # The scheme only chooses the storage; the connections are the app's own pool.
        storage_uri="redis://",
        storage_options={"connection_pool": pool},  # type: ignore[dict-item]
        in_memory_fallback_enabled=True,
        key_prefix="socialshop",
    )
    app.extensions["socialshop_limiter"] = limiter
    own = {REGISTRATIONS: f"{settings.registrations_per_minute} per minute"}
    for endpoint, row in table_of(app).items():
        if not row.limited:
            limiter.exempt(app.view_functions[endpoint])
        elif row.limit is not None:
            app.view_functions[endpoint] = cast(
                RouteCallable, limiter.limit(own[row.limit])(app.view_functions[endpoint])
            )


def check_sign_in(email: str) -> None:
    """Raise TooManyAttempts once FAILED_SIGN_INS attempts within SIGN_IN_WINDOW failed for this e-mail and address."""
    try:
        free = _limiter().limiter.test(_SIGN_INS, _whose(email))
    except RedisError as error:
        _log.warning("sign-ins are not limited: Redis is away", error=type(error).__name__)
        return
    if not free:
        wait = int(SIGN_IN_WINDOW.total_seconds())
        raise TooManyAttempts("too many failed attempts; wait and try again", retry_after=wait)


def count_failed_sign_in(email: str) -> None:
    """Remember one more failure."""
    try:
        _limiter().limiter.hit(_SIGN_INS, _whose(email))
    except RedisError as error:
        _log.warning("a failed sign-in was not counted: Redis is away", error=type(error).__name__)


def _limiter() -> Limiter:
    found: Limiter = current_app.extensions["socialshop_limiter"]
    return found


def _whose(email: str) -> str:
    # Hashed: an e-mail address has no business in Redis.
    return hashlib.sha256(f"{request.remote_addr} {email.casefold()}".encode()).hexdigest()
