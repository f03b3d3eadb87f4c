"""Around every request: its id, one line in the access log, and headers that let a browser do nothing it need not."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from socialshop.infra.settings import Settings
from socialshop.kernel.ids import to_public
from socialshop.web import metrics

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}
_LOWERED = tuple((name, value, name.lower()) for name, value in _HEADERS.items())
_HSTS = "max-age=63072000; includeSubDomains"
_log = structlog.stdlib.get_logger("socialshop.access")


def attach(app: Flask, settings: Settings) -> None:
    """Register the hooks; call before anything that may refuse a request, so that refusals carry their id too."""
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    hsts = settings.environment == "production"
    app.before_request(_begin)
    app.after_request(lambda response: _end(response, hsts))


def _begin() -> None:
    g.began = time.perf_counter()
    # An outer application context (a test's, the console's) outlives the request, and `g` with it.
    g.caller_id = g.problem_code = None
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response, hsts: bool) -> Response:
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    for name, value, lowered in _LOWERED:
        if lowered not in present:
            headers.add(name, value)
    headers["X-Request-Id"] = g.request_id
    if hsts and request.is_secure:
        headers["Strict-Transport-Security"] = _HSTS
    seconds = time.perf_counter() - g.began
    # The rule, never the path: an invite code may stand in a path.
    route = request.url_rule.rule if request.url_rule else "none"
    metrics.observe(request.method, route, response.status_code, seconds)
    _log.info(
        "request",
        method=request.method if request.url_rule else "other",
        route=route,
        status=response.status_code,
        code=g.problem_code,
        ms=round(seconds * 1000, 1),
        member=to_public("mbr", g.caller_id) if g.caller_id else None,
    )
    return response
