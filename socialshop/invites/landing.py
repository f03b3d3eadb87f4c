"""The page behind a link: one small file, nothing to fetch, no script, and a policy that allows only its own style."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from functools import lru_cache

from flask import current_app, render_template

from socialshop.invites import wording
from socialshop.invites.rules import Kind
from socialshop.invites.service import Landing
from socialshop.invites.wording import TEXTS, Language

_STYLE = (
    "body{margin:0;font:1.05rem/1.5 system-ui,sans-serif;background:#fafaf7;color:#1c1c1a}"
    "main{max-width:32rem;margin:0 auto;padding:2rem 1.25rem}h1{font-size:1.6rem;margin:.2em 0 .6em}"
    "ul{list-style:none;padding:0}li{padding:.35em 0;border-bottom:1px solid #deded6}"
    ".code{font:700 1.7rem/1.2 ui-monospace,monospace;letter-spacing:.12em;overflow-wrap:anywhere}"
    "@media(prefers-color-scheme:dark){body{background:#181816;color:#f2f2ec}li{border-color:#3a3a34}}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


_FRESH_SECONDS = 1.0
_MOST_KEPT = 10_000
_KEPT = "socialshop_landing_kept"


def kept(code: str, find: Callable[[], Landing]) -> Landing:
    """What a link leads to, as it was at most a second ago: a link that spreads asks for it once a second a process."""
    landings: dict[str, tuple[float, Landing]] = current_app.extensions.setdefault(_KEPT, {})
    now, found = time.monotonic(), landings.get(code)
    if found is None or found[0] < now:
        if len(landings) >= _MOST_KEPT:
            landings.clear()
        found = landings[code] = (now + _FRESH_SECONDS, find())
    return found[1]


@lru_cache(maxsize=1024)
def page(landing: Landing, language: Language, zone: str) -> bytes:
    """Who invites, to what, at which price, how many seats are left and until when, and what to do next."""
    texts, subject = TEXTS[language], landing.subject
    inviter = landing.inviter or texts["somebody"]
    lines = wording.landing_lines(language, subject, zone)
    if subject is None and landing.kind is not Kind.MEMBER:
        lines = [texts["gone"]]
    return _render(
        language,
        inviting=texts["invites_shop" if subject is None else "invites"].format(name=inviter),
        heading=texts["shop_title"] if subject is None else subject.title,
        lines=lines,
        code=landing.code,
        seated=landing.kind in (Kind.ROOM, Kind.DEAL),
    )


def unknown_page(language: Language) -> bytes:
    """What is shown for a code that no link has."""
    texts = TEXTS[language]
    return _render(
        language, inviting=texts["unknown"], heading=texts["unknown_title"], lines=[], code=None, seated=False
    )


def _render(language: Language, **facts: object) -> bytes:
    page = render_template("invites/landing.html", language=language, style=_STYLE, texts=TEXTS[language], **facts)
    return page.encode()
