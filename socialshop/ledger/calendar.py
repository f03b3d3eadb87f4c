"""Days and months of the books, and the texts that a closed month is hashed and signed by. Pure.

docs/ledger.md describes the texts for an outsider; every line ends with a line feed.

    socialshop month 1                        socialshop closing 1
    <month, 2026-03>                          <month, 2026-03>
    <hash of the month before, or zeros>      <hash of the month>
    <starts_at, or ->                         <count of entries>
    <ends_at>                                 <closed_at>
    <count of entries>                        <id of who closed it, 32 hexadecimal digits>
    <content hash>    a line an entry, in the order of their ids
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from socialshop.kernel.time import as_utc, exact_text
from socialshop.ledger.journal import NOTHING

DAY = timedelta(days=1)


def end_of(day: date, zone: str) -> datetime:
    """The first instant after the day by the clock of the zone."""
    return as_utc(datetime.combine(day + DAY, time(), ZoneInfo(zone)))


def days_between(first: date, last: date) -> list[date]:
    """All days from the first to the last, both of them too."""
    return [first + DAY * number for number in range((last - first).days + 1)]


def last_day_of(month: date) -> date:
    """The last day of the month that begins on this day."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1) - DAY


class MonthHash:
    """The hash of a month, fed entry by entry."""

    def __init__(self, month: date, previous: bytes, starts_at: datetime | None, ends_at: datetime, count: int) -> None:
        starts = NOTHING if starts_at is None else exact_text(starts_at)
        head = ("socialshop month 1", f"{month:%Y-%m}", previous.hex(), starts, exact_text(ends_at), count)
        self._hash = hashlib.sha256("".join(f"{line}\n" for line in head).encode())
        self.count = 0

    def add(self, content_hash: bytes) -> None:
        """The next entry."""
        self._hash.update(f"{content_hash.hex()}\n".encode())
        self.count += 1

    def digest(self) -> bytes:
        """The hash of all that was added."""
        return self._hash.digest()


def closing_text(month: date, hash_: bytes, entries: int, closed_at: datetime, closed_by: uuid.UUID) -> bytes:
    """What is signed when a month is closed."""
    lines = ("socialshop closing 1", f"{month:%Y-%m}", hash_.hex(), entries, exact_text(closed_at), closed_by.hex)
    return "".join(f"{line}\n" for line in lines).encode()
