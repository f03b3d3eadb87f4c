"""Limits on an address and on sign-in attempts, counted in Redis; without Redis each process counts for itself.

Redis away breaks no request: Flask-Limiter logs it once and falls back to memory until Redis is back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import structlog
from flask import Flask, current_app, request
from flask.typing import RouteCallable
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerSecond
from redis.exceptions import RedisError

from socialshop.infra import redis
from socialshop.infra.settings import Settings
from socialshop.kernel.errors import DomainError, Kind
from socialshop.web.operations import table_of

REGISTRATIONS = "registrations"
MAIL_REQUESTS = "mail requests"
CODE_REQUESTS = "code requests"
CODE_CHOICES = "code choices"
FAILED_SIGN_INS = 10
# From all addresses together. Gentler, for whoever can fill it keeps the member out.
FAILED_SIGN_INS_ANYWHERE = 100
SIGN_IN_WINDOW = timedelta(minutes=15)
_WINDOW_SECONDS = int(SIGN_IN_WINDOW.total_seconds())
_SIGN_INS = RateLimitItemPerSecond(FAILED_SIGN_INS, _WINDOW_SECONDS, namespace="sign-in")
_SIGN_INS_ANYWHERE = RateLimitItemPerSecond(FAILED_SIGN_INS_ANYWHERE, _WINDOW_SECONDS, namespace="sign-in-anywhere")
_log = structlog.stdlib.get_logger("socialshop.web")


class TooManyAttempts(DomainError):
    """Too many failed sign-ins for this e-mail, from this address or from all."""

    code = "too_many_attempts"
    kind = Kind.LIMITED


def attach(app: Flask, settings: Settings, *, pages: Mapping[str, str | None], unlimited: Collection[str]) -> None:
    """Limit every operation of the table, as its row says, and `pages`: the name of each one's own limit, by endpoint.

    `unlimited` endpoints are free. Call after all are registered.
    """
    with app.app_context():
        pool = redis.client().connection_pool
    limiter = _Limiter(
        get_remote_address,
        app=app,
        application_limits=[f"{settings.requests_per_minute} per minute"],
        # The scheme only chooses the storage; the connections are the app's own pool.
        storage_uri="redis://",
        storage_options={"connection_pool": pool},
        in_memory_fallback_enabled=True,
        key_prefix="socialshop",
    )
    app.extensions["socialshop_limiter"] = limiter
    # It adds no headers and counts nothing by the answer, so what it would do after each request is nothing: 15 µs.
    app.after_request_funcs[None].pop()
    app.teardown_request_funcs[None].pop()
    free = [endpoint for endpoint, row in table_of(app).items() if not row.limited]
    for endpoint in (*free, *unlimited):
        limiter.exempt(app.view_functions[endpoint])
        limiter.passed_by.add(endpoint)
    # An operation and a page that do the same share one count.
    own = {
        name: limiter.shared_limit(limit, scope=name)
        for name, limit in {
            REGISTRATIONS: f"{settings.registrations_per_minute} per minute",
            MAIL_REQUESTS: f"{settings.mail_requests_per_minute} per minute",
            CODE_REQUESTS: f"{settings.code_requests_per_minute} per minute",
            CODE_CHOICES: f"{settings.code_choices_per_minute} per minute",
        }.items()
    }
    for endpoint, name in {**{e: row.limit for e, row in table_of(app).items() if row.limited}, **pages}.items():
        if name is not None:
            app.view_functions[endpoint] = cast(RouteCallable, own[name](app.view_functions[endpoint]))


class _Limiter(Limiter):
    """Passes exempt operations by with one look at a set; their mark alone would be looked for in five places."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.passed_by: set[str] = set()
        super().__init__(*args, **options)

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if request.endpoint not in self.passed_by:
            super()._check_request_limit(callable_name, in_middleware)


@contextmanager
def counted(whose: str, wrong: type[DomainError]) -> Iterator[None]:
    """A password is tried for this e-mail or member in the block: `wrong`, raised in it, is one more failure.

    Raises TooManyAttempts before the block, once too many failed.
    """
    _check_sign_in(whose)
    try:
        yield
    except wrong:
        _count_failed_sign_in(whose)
        raise


def _check_sign_in(email: str) -> None:
    """Raise TooManyAttempts once too many attempts within SIGN_IN_WINDOW failed for this e-mail.

    FAILED_SIGN_INS from this address, or FAILED_SIGN_INS_ANYWHERE. `email` is the one that is looked up.
    """
    try:
        free = all(_limiter().limiter.test(limit, whose) for limit, whose in _counters(email))
    except RedisError as error:
        _log.warning("sign-ins are not limited: Redis is away", error=type(error).__name__)
        return
    if not free:
        raise TooManyAttempts("too many failed attempts; wait and try again", retry_after=_WINDOW_SECONDS)


def _count_failed_sign_in(email: str) -> None:
    """Remember one more failure."""
    try:
        for limit, whose in _counters(email):
            _limiter().limiter.hit(limit, whose)
    except RedisError as error:
        _log.warning("a failed sign-in was not counted: Redis is away", error=type(error).__name__)


def _limiter() -> Limiter:
    found: Limiter = current_app.extensions["socialshop_limiter"]
    return found


def _counters(email: str) -> tuple[tuple[RateLimitItem, str], ...]:
    # Letter by letter, as PostgreSQL's lower() compares: to Python alone, U+0130 in small letters is two signs.
    lowered = "".join(letter.lower()[:1] for letter in email)
    return (_SIGN_INS, _hashed(f"{request.remote_addr} {lowered}")), (_SIGN_INS_ANYWHERE, _hashed(lowered))


def _hashed(text: str) -> str:
    # An e-mail address has no business in Redis.
    return hashlib.sha256(text.encode()).hexdigest()
