"""Statements that end lots, and say so before; each takes a bounded number of them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Expired(NamedTuple):
    """A lot that ended, with what was left of it."""

    id: uuid.UUID
    member: int
    points: int


def expire_due(session: Session, now: datetime, limit: int) -> list[Expired]:
    """Use up what is left of the lots that have expired, of the members of the `limit` lots that expired first.

    A member's lots end together: one movement, not one each. At most ten times `limit` lots. The members are locked
    first, as whoever moves points does; those in somebody's hands wait for the next time.
    """
    rows = session.execute(
        text(
            """
            WITH first AS MATERIALIZED (
                SELECT member FROM point_lots
                WHERE left_points > 0 AND available_at IS NOT NULL AND expires_at <= :now
                ORDER BY expires_at LIMIT :limit
            ), held AS MATERIALIZED (
                SELECT member FROM point_members WHERE member IN (SELECT member FROM first)
                ORDER BY member FOR UPDATE SKIP LOCKED
            ), due AS MATERIALIZED (
                SELECT id, left_points FROM point_lots
                WHERE member IN (SELECT member FROM held)
                    AND left_points > 0 AND available_at IS NOT NULL AND expires_at <= :now
                LIMIT 10 * :limit FOR UPDATE SKIP LOCKED
            )
            UPDATE point_lots l SET left_points = 0 FROM due WHERE l.id = due.id
            RETURNING l.id, l.member, due.left_points
            """
        ),
        {"now": now, "limit": limit},
    )
    return [Expired(*row) for row in rows]


class Warned(NamedTuple):
    """A member whose points end soon: how many, and the first instant at which some do."""

    member: int
    points: int
    first_at: datetime


def warn_due(session: Session, now: datetime, within: timedelta, limit: int) -> list[Warned]:
    """Note that up to `limit` lots end within that time and were not warned of; returns their members."""
    rows = session.execute(
        text(
            """
            WITH due AS (
                SELECT id FROM point_lots
                WHERE left_points > 0 AND available_at IS NOT NULL AND warned_at IS NULL
                    AND expires_at > :now AND expires_at <= :until
                ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED
            ), warned AS (
                UPDATE point_lots l SET warned_at = :now FROM due WHERE l.id = due.id
                RETURNING l.member, l.left_points, l.expires_at
            )
            SELECT member, CAST(sum(left_points) AS bigint), min(expires_at) FROM warned GROUP BY member ORDER BY member
            """
        ),
        {"now": now, "until": now + within, "limit": limit},
    )
    return [Warned(*row) for row in rows]
