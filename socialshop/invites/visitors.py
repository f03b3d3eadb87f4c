"""The visitor behind a request, by two signed cookies. Of an address nothing is kept but, where asked, a keyed hash."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from flask import current_app, request

from socialshop.infra import wired
from socialshop.infra.keys import secret_for
from socialshop.invites import cookies
from socialshop.invites.cookies import Attributed, CookieSigner
from socialshop.screening.signals import Signals, hashed, network_of, vicinity_of

_SIGNER = "socialshop_cookie_signer"


def known_visitor() -> bytes | None:
    """The hash of the visitor who sent the request; None for one that never followed a link here."""
    number = _signer().read_visitor(request.cookies.get(cookies.VISITOR))
    return None if number is None else cookies.hash_visitor(number)


def signals() -> Signals:
    """The marks of the request's device and network; a device that sent no cookie is its program on its network."""
    key, visitor = secret_for("signals"), known_visitor()
    network = network_of(request.remote_addr)
    browser = device = None if visitor is None else hashed(key, "visitor", visitor.hex())
    if device is None and network is not None:
        device = hashed(key, "program", f"{network} {request.headers.get('User-Agent', '')}")
    vicinity = vicinity_of(request.remote_addr)
    return Signals(
        device,
        None if network is None else hashed(key, "network", network),
        browser,
        None if vicinity is None else hashed(key, "vicinity", vicinity),
    )


def passer_by(now: datetime) -> bytes:
    """The visitor of a page of somebody else's, where no cookie of ours is sent along: a mark that is good for a day.

    It is keyed, and tomorrow another one, so that nobody is followed from one day to the next by it.
    """
    known = known_visitor()
    if known is not None:
        return known
    program = f"{now.date()} {request.remote_addr} {request.headers.get('User-Agent', '')}"
    return hashed(secret_for("views"), "view", program)


def touch(now: datetime) -> Attributed | None:
    """The link that this visitor followed within the shop's window."""
    window = timedelta(days=wired.settings().attribution_days)
    return _signer().read_attribution(request.cookies.get(cookies.ATTRIBUTION), now, window)


def greet() -> tuple[bytes, list[str]]:
    """The hash of the visitor, and the cookies to set: one for a visitor who is new."""
    known = known_visitor()
    if known is not None:
        return known, []
    number = secrets.token_bytes(16)
    return cookies.hash_visitor(number), [
        _cookie(cookies.VISITOR, _signer().write_visitor(number), cookies.VISITOR_DAYS)
    ]


def remember(link: Attributed) -> list[str]:
    """The cookie to set for a link that is followed now: none where the shop keeps the first and there is one."""
    settings = wired.settings()
    if settings.attribution_touch == "first" and touch(link.touched_at) is not None:
        return []
    return [_cookie(cookies.ATTRIBUTION, _signer().write_attribution(link), settings.attribution_days)]


def _cookie(name: str, value: str, days: int) -> str:
    secure = "; Secure" if wired.settings().environment == "production" else ""
    return f"{name}={value}; Path=/; Max-Age={days * 24 * 3600}; HttpOnly; SameSite=Lax{secure}"


def _signer() -> CookieSigner:
    found: CookieSigner | None = current_app.extensions.get(_SIGNER)
    if found is None:
        found = current_app.extensions[_SIGNER] = CookieSigner(secret_for("cookies"))
    return found
