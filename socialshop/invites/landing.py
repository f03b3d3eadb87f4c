"""Landings are shown to thousands: what a link leads to, and its page, are kept ready made for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

from flask import current_app

from socialshop.invites.service import Landing
from socialshop.kernel.languages import Language

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


class LandingPages(Protocol):
    """How links look; told from above, for a link knows no page that it leads to."""

    headers: Mapping[str, str]

    def language(self) -> Language:
        """The reader's language."""
        ...

    def cookies(self) -> list[str]:
        """The cookies to set: the language, if the address named one."""
        ...

    def page(self, landing: Landing | None) -> bytes:
        """The page of a link in the reader's language; None for a code that no link has."""
        ...


def pages() -> LandingPages:
    """How links look, as app.py has wired it."""
    found: LandingPages = current_app.extensions["socialshop_landing_pages"]
    return found


@lru_cache(maxsize=1024)
def page(landing: Landing | None, language: Language) -> bytes:
    """The page of a link in the reader's language; None for a code that no link has."""
    return pages().page(landing)
