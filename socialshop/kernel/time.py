"""Instants are aware and UTC everywhere; text is RFC 3339."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from socialshop.kernel.errors import InvalidValue

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?P<zone>[Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
_CONTINENTS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


def parse_instant(text: str) -> datetime:
    """The UTC instant of an RFC 3339 text. Raises InvalidValue: no zone or no such day."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise InvalidValue("not an RFC 3339 instant such as 2026-01-31T12:00:00Z")
    if match["zone"] is None:
        raise InvalidValue("an instant needs its zone, such as Z or +08:00")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValue("no such day or time") from None


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with a Z; microseconds only where there are any."""
    return as_utc(instant).isoformat().replace("+00:00", "Z")


def exact_text(instant: datetime) -> str:
    """RFC 3339 in UTC with exactly six decimals: one text an instant, for what is hashed."""
    return as_utc(instant).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive one: it would be a guess."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime is a guess; give it a zone")
    return instant.astimezone(UTC)


def day_of(instant: datetime, zone: str) -> date:
    """The day by the clock of the zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def last_days(now: datetime, count: int, zone: str) -> list[date]:
    """So many days by the clock of the zone, the oldest first; today is the last."""
    today = day_of(now, zone)
    return [today - timedelta(days=ago) for ago in reversed(range(count))]


def is_time_zone(name: str) -> bool:
    """Whether the IANA database knows the name."""
    return name in _time_zones()


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    # Some hundred files are looked into.
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def places_of_time_zones() -> tuple[str, ...]:
    """The zones that are named by a place, and UTC: what people choose from."""
    return ("UTC", *sorted(name for name in _time_zones() if name.partition("/")[0] in _CONTINENTS and "/" in name))
