"""The verdicts about clicks and about views: one statement judges what waits and adds it up, by the same rules."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session


class Kind(NamedTuple):
    """Where one kind is written down and added up; `knows_member` where who was signed in was written down too."""

    table: str
    instant: str
    days: str
    counted: str
    knows_member: bool
    totals: str | None = None


_SUMS = ("repeats", "own", "bots", "closed")
# Of those of one visitor on one link within a day at most one counts, in whatever order they become visible: an earlier
# one stands against it, and so does any that was judged before.
_JUDGE = """
    WITH waiting AS (
        SELECT * FROM {table} WHERE verdict IS NULL ORDER BY id LIMIT :batch
    ), judged AS (
        UPDATE {table} c SET verdict = CASE
            WHEN w.bot THEN 'bot'
            WHEN {is_member} EXISTS (
                SELECT FROM invite_visitors v WHERE v.visitor = w.visitor AND v.member_id = l.owner_id
            ) THEN 'self'
            WHEN w.closed THEN 'closed'
            WHEN EXISTS (
                SELECT FROM {table} e
                WHERE e.link_id = w.link_id AND e.visitor = w.visitor AND NOT e.bot AND NOT e.closed AND e.id <> w.id
                    AND e.{instant} > w.{instant} - CAST(:within AS interval)
                    AND e.{instant} < w.{instant} + CAST(:within AS interval)
                    AND ((e.{instant}, e.id) < (w.{instant}, w.id) OR e.verdict IS NOT NULL)
            ) THEN 'repeat'
            ELSE 'counted'
        END
        FROM waiting w JOIN invite_links l ON l.id = w.link_id
        WHERE c.id = w.id
        RETURNING c.link_id, c.verdict, (c.{instant} AT TIME ZONE :zone)::date AS on_day
    ), summed AS (
        SELECT link_id, on_day, count(*) FILTER (WHERE verdict = 'counted') AS {counted},
            count(*) FILTER (WHERE verdict = 'repeat') AS repeats, count(*) FILTER (WHERE verdict = 'self') AS own,
            count(*) FILTER (WHERE verdict = 'bot') AS bots, count(*) FILTER (WHERE verdict = 'closed') AS closed
        FROM judged GROUP BY link_id, on_day
    ), by_day AS (
        INSERT INTO {days} AS k (link_id, on_day, {columns}) SELECT link_id, on_day, {columns} FROM summed
        ON CONFLICT (link_id, on_day) DO UPDATE SET {added}
    ){totals}
    SELECT count(*) FROM judged
"""
_TOTALS = """, in_all AS (
        INSERT INTO {totals} AS k (link_id, {columns}) SELECT link_id, {summed} FROM summed GROUP BY link_id
        ON CONFLICT (link_id) DO UPDATE SET {added}
    )"""


def statement(kind: Kind) -> TextClause:
    """The statement that judges the oldest `:batch` that wait, by `:within` and the days of `:zone`."""
    names = (kind.counted, *_SUMS)
    columns = ", ".join(names)
    added = ", ".join(f"{name} = k.{name} + excluded.{name}" for name in names)
    summed = ", ".join(f"sum({name})" for name in names)
    totals = _TOTALS.format(totals=kind.totals, columns=columns, summed=summed, added=added) if kind.totals else ""
    is_member = "w.member_id = l.owner_id OR" if kind.knows_member else ""
    own = {**kind._asdict(), "totals": totals}
    return text(_JUDGE.format_map({**own, "columns": columns, "added": added, "is_member": is_member}))


def judge(session: Session, said: TextClause, batch: int, within: timedelta, zone: str) -> int:
    """Judge the oldest `batch` that wait, and add them up; how many there were. For one at a time."""
    return int(session.execute(said, {"batch": batch, "within": within, "zone": zone}).scalar_one())
