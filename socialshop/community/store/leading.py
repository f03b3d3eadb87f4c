"""Statements on what leaders tell their circles, and on how far a new leader has come."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class CircleNoticeRow(NamedTuple):
    """What a leader told the circle."""

    id: uuid.UUID
    leader: int
    leader_id: uuid.UUID
    leader_name: str | None
    body: str
    posted_at: datetime


class StepsRow(NamedTuple):
    """The facts of a leader's first steps: what is not done yet is None."""

    rules_read_at: datetime | None
    destination_at: datetime | None
    link_at: datetime | None
    deal_at: datetime | None
    room_at: datetime | None


_NOTICE = """
    SELECT c.id, c.leader, m.id, CASE WHEN consent_stands(m.id, 'names') THEN p.display_name END, c.body, c.posted_at
    FROM circle_notices c JOIN members m ON m.number = c.leader LEFT JOIN member_profiles p ON p.member_id = m.id
"""


def add(session: Session, notice_id: uuid.UUID, leader: int, body: str, now: datetime) -> None:
    """Append what a leader tells."""
    session.execute(
        text("INSERT INTO circle_notices (id, leader, body, posted_at) VALUES (:id, :leader, :body, :now)"),
        {"id": notice_id, "leader": leader, "body": body, "now": now},
    )


def count_since(session: Session, leader: int, since: datetime) -> int:
    """How many notices a leader has posted after an instant."""
    statement = text("SELECT count(*) FROM circle_notices WHERE leader = :leader AND posted_at > :since")
    return int(session.execute(statement, {"leader": leader, "since": since}).scalar_one())


def find(session: Session, notice_id: uuid.UUID) -> CircleNoticeRow | None:
    """One notice."""
    row = session.execute(text(f"{_NOTICE} WHERE c.id = :id AND c.body <> ''"), {"id": notice_id}).one_or_none()
    return None if row is None else CircleNoticeRow(*row)


def of_leader(session: Session, leader: int, before: uuid.UUID | None, limit: int) -> list[CircleNoticeRow]:
    """Up to `limit` notices of a leader, the newest first."""
    rows = session.execute(
        text(
            f"{_NOTICE} WHERE c.leader = :leader AND c.body <> ''"
            " AND (CAST(:before AS uuid) IS NULL OR c.id < :before) ORDER BY c.id DESC LIMIT :limit"
        ),
        {"leader": leader, "before": before, "limit": limit},
    )
    return [CircleNoticeRow(*row) for row in rows]


def steps(session: Session, leader: int) -> StepsRow:
    """When a leader took each of the first steps, from the facts themselves: there is nothing to fall behind."""
    return StepsRow(
        *session.execute(
            text(
                """
                SELECT
                    (SELECT r.read_at FROM rules_readings r
                     WHERE r.member = :leader AND r.version = (SELECT max(version) FROM behaviour_rules)),
                    (SELECT min(d.created_at) FROM payout_destinations d WHERE d.member_id = m.id),
                    (SELECT min(l.created_at) FROM invite_links l
                     WHERE l.owner_id = m.id AND (l.kind <> 'member' OR l.channel IS NOT NULL)),
                    (SELECT min(d.created_at) FROM deals d WHERE d.opened_by = m.number AND NOT d.draft),
                    (SELECT min(r.closed_at) FROM deals d JOIN rooms r ON r.deal_id = d.id
                     WHERE d.opened_by = m.number AND r.status = 'filled')
                FROM members m WHERE m.number = :leader
                """
            ),
            {"leader": leader},
        ).one()
    )
