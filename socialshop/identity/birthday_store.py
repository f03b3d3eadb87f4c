"""Statements on birthdays."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.identity.rules import Born


class Celebrant(NamedTuple):
    """A member whose day it is."""

    member_id: uuid.UUID
    number: int


def find(session: Session, member_id: uuid.UUID) -> tuple[Born, datetime] | None:
    """The member's birthday, and when it was set."""
    row = session.execute(
        text("SELECT month, day, year, set_at FROM member_birthdays WHERE member_id = :member"), {"member": member_id}
    ).one_or_none()
    return (Born(row.month, row.day, row.year), row.set_at) if row else None


def put(session: Session, member_id: uuid.UUID, born: Born, now: datetime, *, known_before: datetime | None) -> bool:
    """Set the member's birthday; False where there is one that was set after `known_before` (None: any gives way)."""
    done = session.execute(
        text(
            """
            INSERT INTO member_birthdays AS b (member_id, month, day, year, set_at)
            VALUES (:member, :month, :day, :year, :now)
            ON CONFLICT (member_id) DO UPDATE
                SET month = excluded.month, day = excluded.day, year = excluded.year, set_at = excluded.set_at
                WHERE b.set_at <= coalesce(CAST(:known_before AS timestamptz), 'infinity')
            RETURNING 1
            """
        ),
        {"member": member_id, **born._asdict(), "now": now, "known_before": known_before},
    )
    return done.one_or_none() is not None


def celebrating(
    session: Session, days: Collection[tuple[int, int]], known_before: datetime, after: int, limit: int
) -> list[Celebrant]:
    """Up to `limit` members born on one of `days` (month, day), by number, after `after`."""
    rows = session.execute(
        text(
            """
            SELECT m.id, m.number
            FROM unnest(CAST(:months AS smallint[]), CAST(:days AS smallint[])) AS born (month, day)
            JOIN member_birthdays b USING (month, day) JOIN members m ON m.id = b.member_id
            WHERE b.set_at < :known_before AND m.number > :after
            ORDER BY m.number LIMIT :limit
            """
        ),
        {
            "months": [month for month, _ in days],
            "days": [day for _, day in days],
            "known_before": known_before,
            "after": after,
            "limit": limit,
        },
    )
    return [Celebrant(*row) for row in rows]
