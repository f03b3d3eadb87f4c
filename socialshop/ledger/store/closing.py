"""Closed days and months: what was closed, by whom, and the entries that a month holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_STREAMED_A_TRIP = 5_000


class ClosedDay(NamedTuple):
    """A day that takes no more entries; `ends_at` is the first instant that is not of it."""

    on_day: date
    ends_at: datetime
    entries: int
    closed_at: datetime
    closed_by: uuid.UUID | None


class ClosedMonth(NamedTuple):
    """A month whose days are closed; `starts_at` is null for the first, which begins with the books."""

    month: date
    starts_at: datetime | None
    ends_at: datetime
    entries: int
    previous_hash: bytes
    hash: bytes
    public_key: bytes
    signature: bytes
    closed_at: datetime
    closed_by: uuid.UUID


class MonthSpan(NamedTuple):
    """Which entries are a month's."""

    month: date
    starts_at: datetime | None
    ends_at: datetime


_DAY = "SELECT on_day, ends_at, entries, closed_at, closed_by FROM ledger_closed_days"
_MONTH = f"SELECT {', '.join(ClosedMonth._fields)} FROM ledger_closed_months"  # noqa: S608 - names of our own


def last_closed(session: Session) -> ClosedDay | None:
    """The last day that was closed."""
    row = session.execute(text(f"{_DAY} ORDER BY on_day DESC LIMIT 1")).first()
    return None if row is None else ClosedDay(*row)


def closed_day(session: Session, on_day: date) -> ClosedDay | None:
    """This day, if it is closed."""
    row = session.execute(text(f"{_DAY} WHERE on_day = :on_day"), {"on_day": on_day}).first()
    return None if row is None else ClosedDay(*row)


def closed_days(session: Session, limit: int) -> list[ClosedDay]:
    """The newest closed days, the last first."""
    found = session.execute(text(f"{_DAY} ORDER BY on_day DESC LIMIT :limit"), {"limit": limit})
    return [ClosedDay(*row) for row in found]


def first_posted_at(session: Session) -> datetime | None:
    """When the books begin."""
    found = session.execute(text("SELECT posted_at FROM ledger_entries ORDER BY id LIMIT 1"))
    return found.scalar_one_or_none()


def close_days(
    session: Session,
    days: Sequence[date],
    ends: Sequence[datetime],
    after: datetime | None,
    *,
    closed_at: datetime,
    closed_by: uuid.UUID | None,
) -> int:
    """Close days that follow each other, with how many entries each has; returns how many there are in all.

    `after`: the end of the day before, none for the first day, which has all that is older too.
    """
    found = session.execute(
        text(
            """
            WITH counted AS (
                SELECT width_bucket(posted_at, CAST(:ends AS timestamptz[])) AS place, count(*) AS entries
                FROM ledger_entries
                WHERE (CAST(:after AS timestamptz) IS NULL OR posted_at >= :after) AND posted_at < :until
                GROUP BY 1
            ), closed AS (
                INSERT INTO ledger_closed_days (on_day, ends_at, entries, closed_at, closed_by)
                SELECT d.on_day, d.ends_at, coalesce(c.entries, 0), :closed_at, :closed_by
                FROM unnest(CAST(:days AS date[]), CAST(:ends AS timestamptz[]))
                    WITH ORDINALITY AS d (on_day, ends_at, place)
                LEFT JOIN counted c ON c.place = d.place - 1
                ORDER BY d.on_day
                RETURNING entries
            )
            SELECT CAST(sum(entries) AS bigint) FROM closed
            """
        ),
        {
            "days": list(days),
            "ends": list(ends),
            "after": after,
            "until": ends[-1],
            "closed_at": closed_at,
            "closed_by": closed_by,
        },
    )
    return int(found.scalar_one())


def closed_months(session: Session) -> list[ClosedMonth]:
    """All closed months, the last first; twelve a year."""
    return [_month(row) for row in session.execute(text(f"{_MONTH} ORDER BY month DESC"))]


def _month(row: Sequence[object]) -> ClosedMonth:
    month = ClosedMonth._make(row)
    return month._replace(
        previous_hash=bytes(month.previous_hash),
        hash=bytes(month.hash),
        public_key=bytes(month.public_key),
        signature=bytes(month.signature),
    )


def add_month(session: Session, month: ClosedMonth) -> None:
    """Close a month."""
    session.execute(
        text(
            f"""
            INSERT INTO ledger_closed_months ({", ".join(ClosedMonth._fields)})
            VALUES ({", ".join(f":{name}" for name in ClosedMonth._fields)})
            """  # noqa: S608 - names of our own
        ),
        month._asdict(),
    )


def count_entries(session: Session, span: MonthSpan) -> int:
    """How many entries a month has."""
    found = session.execute(
        text(
            "SELECT count(*) FROM ledger_entries"
            " WHERE (CAST(:starts_at AS timestamptz) IS NULL OR posted_at >= :starts_at) AND posted_at < :ends_at"
        ),
        {"starts_at": span.starts_at, "ends_at": span.ends_at},
    )
    return int(found.scalar_one())


def content_hashes(session: Session, spans: Sequence[MonthSpan]) -> Iterator[tuple[date, bytes]]:
    """The content hashes of these months' entries, streaming: month by month, in the order of the entries' ids."""
    found = session.execute(
        text(
            """
            SELECT m.month, e.content_hash
            FROM unnest(CAST(:months AS date[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))
                AS m (month, starts_at, ends_at)
            JOIN ledger_entries e ON (m.starts_at IS NULL OR e.posted_at >= m.starts_at) AND e.posted_at < m.ends_at
            ORDER BY m.month, e.id
            """
        ),
        {
            "months": [span.month for span in spans],
            "starts": [span.starts_at for span in spans],
            "ends": [span.ends_at for span in spans],
        },
        execution_options={"yield_per": _STREAMED_A_TRIP},
    )
    return ((month, bytes(hash_)) for month, hash_ in found)
