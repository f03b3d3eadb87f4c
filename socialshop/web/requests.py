"""Around every request: its id, one line in the access log, and headers that let a browser do nothing it need not.

All that happens here happens at every request, so it is counted in microseconds (docs/benchmarks.md).
"""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Iterable
from typing import Any

import structlog
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from socialshop.infra.settings import Settings
from socialshop.kernel.ids import to_public
from socialshop.web import metrics

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}
# A picture that is opened by itself stands in a document of the browser's own making, with styles in it.
PICTURE_POLICY = f"{HEADERS['Content-Security-Policy']}; img-src 'self'; style-src 'unsafe-inline'"
_PICTURES = ("image/png", "image/webp")
_POLICY, _TYPE = "content-security-policy", "Content-Type"
_LOWERED = tuple((name.lower(), (name, value)) for name, value in HEADERS.items())
HSTS = "max-age=63072000; includeSubDomains"
_log = structlog.stdlib.get_logger("socialshop.access")


def attach(app: Flask, settings: Settings) -> None:
    """Register the hooks; call before anything that may refuse a request, so that refusals carry their id too."""
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.wsgi_app = _Dressed(app.wsgi_app)  # type: ignore[method-assign]
    hsts = settings.environment == "production"
    app.before_request(_begin)
    app.after_request(lambda response: _end(response, hsts))


class _Dressed:
    """Adds what every answer's headers say where it says nothing else, and hands an answer that is all there on whole.

    To the finished list, not to the answer's own headers: those look at each name and value anew. Whole, because the
    server sends a list at once and asks an iterator piece by piece.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_whole = False

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal is_whole
            named = {name.lower() for name, _ in headers}
            if _POLICY not in named and any(value.startswith(_PICTURES) for name, value in headers if name == _TYPE):
                headers.append(("Content-Security-Policy", PICTURE_POLICY))
                named.add(_POLICY)
            is_whole = "content-length" in named
            headers.extend(header for name, header in _LOWERED if name not in named)
            return start_response(status, headers, *error)

        answer = self._inner(environ, start)
        if not is_whole:
            return answer  # type: ignore[no-any-return]
        with contextlib.closing(answer):
            return list(answer)


def _begin() -> None:
    # An outer application context (a test's, the console's) outlives the request, and `g` with it.
    g.__dict__.clear()
    g.began = time.perf_counter()
    g.caller_id = g.problem_code = None
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response, hsts: bool) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    if hsts and request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    seconds = time.perf_counter() - g.began
    # The rule, never the path: an invite code may stand in a path.
    rule, method = request.url_rule, request.method
    route = rule.rule if rule else "none"
    metrics.observe(method, route, response.status_code, seconds)
    _log.info(
        "request",
        method=method if rule else "other",
        route=route,
        status=response.status_code,
        code=g.problem_code,
        ms=round(seconds * 1000, 1),
        member=to_public("mbr", g.caller_id) if g.caller_id else None,
    )
    return response
