"""Rooms as who opened their deals follows them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class FollowedRow(NamedTuple):
    """A room with its live seats: pairs of a display name and a seat's status, the earliest claim first."""

    id: uuid.UUID
    deal_id: uuid.UUID
    title: str
    host_name: str | None
    status: str
    size: int
    seats_taken: int
    seats_paid: int
    expires_at: datetime
    closed_at: datetime | None
    members: list[Any]


class CountRow(NamedTuple):
    """The rooms of a deal."""

    deal_id: uuid.UUID
    open: int
    filled: int
    over: int


class DayRow(NamedTuple):
    """One day of a deal, where anything happened."""

    on: date
    seats: int
    filled: int
    sales_minor: int


_FOLLOWED = """
    SELECT r.id, r.deal_id, r.title, (
            SELECT p.display_name FROM members m JOIN member_profiles p ON p.member_id = m.id
            WHERE m.number = r.host
        ), r.status, r.size, r.seats_taken, r.seats_paid, r.expires_at, r.closed_at, (
            SELECT coalesce(json_agg(json_build_array(p.display_name, s.status) ORDER BY s.claimed_at, s.id), '[]')
            FROM seats s JOIN members m ON m.number = s.member
            LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE s.room_id = r.id AND s.status IN ('held', 'paid', 'confirmed')
        )
    FROM rooms r
"""
_OPEN = text(
    f"""
    {_FOLLOWED} JOIN deals d ON d.id = r.deal_id
    WHERE r.status = 'open' AND r.expires_at > :now
        AND (CAST(:leader AS bigint) IS NULL OR d.opened_by = :leader)
        AND (CAST(:deal AS uuid) IS NULL OR r.deal_id = :deal)
    ORDER BY r.expires_at, r.id LIMIT :limit
    """
)
_OVER = text(
    f"""
    {_FOLLOWED}
    WHERE r.deal_id = :deal AND (r.status <> 'open' OR r.expires_at <= :now)
        AND (CAST(:before AS uuid) IS NULL OR r.id < :before)
    ORDER BY r.id DESC LIMIT :limit
    """
)


def open_rooms(
    session: Session, now: datetime, limit: int, *, leader: int | None, deal_id: uuid.UUID | None
) -> list[FollowedRow]:
    """Up to `limit` open rooms of a leader's deals, or of one deal: what ends first stands first."""
    rows = session.execute(_OPEN, {"now": now, "leader": leader, "deal": deal_id, "limit": limit})
    return [FollowedRow(*row) for row in rows]


def rooms_over(
    session: Session, deal_id: uuid.UUID, now: datetime, before: uuid.UUID | None, limit: int
) -> list[FollowedRow]:
    """Up to `limit` rooms of a deal that take nobody any more, the newest first."""
    rows = session.execute(_OVER, {"deal": deal_id, "now": now, "before": before, "limit": limit})
    return [FollowedRow(*row) for row in rows]


def counts(session: Session, deal_ids: Collection[uuid.UUID]) -> list[CountRow]:
    """How the rooms of these deals stand; a deal without rooms has no row."""
    rows = session.execute(
        text(
            """
            SELECT deal_id, count(*) FILTER (WHERE status = 'open'), count(*) FILTER (WHERE status = 'filled'),
                count(*) FILTER (WHERE status IN ('expired', 'cancelled'))
            FROM rooms WHERE deal_id = ANY(CAST(:ids AS uuid[])) GROUP BY deal_id
            """
        ),
        {"ids": list(deal_ids)},
    )
    return [CountRow(*row) for row in rows]


def versions(session: Session, deal_id: uuid.UUID) -> tuple[int, int]:
    """How many rooms a deal has, and the sum of their versions: neither ever falls, and each change raises one."""
    row = session.execute(
        text("SELECT count(*), coalesce(sum(version), 0)::bigint FROM rooms WHERE deal_id = :deal"), {"deal": deal_id}
    ).one()
    return row[0], row[1]


def days(session: Session, deal_id: uuid.UUID, zone: str, since: datetime) -> list[DayRow]:
    """The days of a deal from `since` on, by the clock of `zone`; sales count on the day on which their room filled."""
    rows = session.execute(
        text(
            """
            SELECT "on", sum(seats)::bigint, sum(filled)::bigint, sum(sales)::bigint FROM (
                SELECT (s.claimed_at AT TIME ZONE :zone)::date AS "on", 1 AS seats, 0 AS filled, 0 AS sales
                FROM rooms r JOIN seats s ON s.room_id = r.id WHERE r.deal_id = :deal AND s.claimed_at >= :since
                UNION ALL
                SELECT (r.closed_at AT TIME ZONE :zone)::date, 0, 1, (
                    SELECT coalesce(sum(o.total_minor - o.refunded_minor), 0) FROM orders o WHERE o.room_id = r.id
                        AND o.status IN ('confirmed', 'shipped', 'received', 'completed', 'refunded')
                )
                FROM rooms r WHERE r.deal_id = :deal AND r.status = 'filled' AND r.closed_at >= :since
            ) happened GROUP BY "on" ORDER BY "on"
            """
        ),
        {"deal": deal_id, "zone": zone, "since": since},
    )
    return [DayRow(*row) for row in rows]
