"""When a flash session is announced, live or over, how long it may be, and where its stream may lie. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from socialshop.kernel.errors import InvalidValue

SESSION_PREFIX = "fls"
LONGEST_BRAND, LONGEST_NAME, LONGEST_WORDS, MOST_PICKS = 60, 80, 500, 50
LONGEST_STREAM = 500
LONGEST_SESSION = timedelta(days=14)
_HTTPS = 443


class SessionStatus(StrEnum):
    """Where a flash session stands at an instant."""

    ANNOUNCED = "announced"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"


def status_at(now: datetime, *, starts_at: datetime, ends_at: datetime, cancelled: bool) -> SessionStatus:
    """A session is live from `starts_at` until before `ends_at`, whatever the schedule has done by then."""
    if cancelled:
        return SessionStatus.CANCELLED
    if ends_at <= now:
        return SessionStatus.ENDED
    return SessionStatus.ANNOUNCED if now < starts_at else SessionStatus.LIVE


def check_clock(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raises InvalidValue naming the field: a start that has passed, an end before it, a session that never ends."""
    if starts_at < now:
        raise InvalidValue("the start must not lie in the past", field="starts_at")
    if ends_at <= starts_at:
        raise InvalidValue("the end must be later than the beginning", field="ends_at")
    if ends_at - starts_at > LONGEST_SESSION:
        raise InvalidValue(f"a session lasts {LONGEST_SESSION.days} days at most", field="ends_at")


def check_stream(address: str, hosts: Collection[str]) -> None:
    """Raises InvalidValue: a stream lies at an https address of one of these hosts, or of a host below one."""
    if not _leads_to(address, hosts):
        raise InvalidValue(
            f"a stream's address is https, at one of: {', '.join(sorted(hosts)) or 'no host yet'}", field="stream_url"
        )


def _leads_to(address: str, hosts: Collection[str]) -> bool:
    # What a browser would read otherwise than urlsplit does is no address: blanks, control signs, backslashes.
    if len(address) > LONGEST_STREAM or not address.isascii() or not address.isprintable():
        return False
    if any(sign in address for sign in ' \\"<>'):
        return False
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    # Another host may stand before an @ to be taken for the one behind it.
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, _HTTPS):
        return False
    return any(host == allowed or host.endswith(f".{allowed}") for allowed in hosts)
