"""Statements on applications to lead."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class ApplicationRow(NamedTuple):
    """An application to lead; the name is None once the person has left."""

    id: uuid.UUID
    member_id: uuid.UUID
    number: int
    display_name: str | None
    words: str
    channels: str
    status: str
    reason: str | None
    made_at: datetime
    decided_at: datetime | None


_APPLICATION = """
    SELECT a.id, m.id, a.member, p.display_name, a.words, a.channels, a.status, a.reason, a.made_at, a.decided_at
    FROM leader_applications a JOIN members m ON m.number = a.member
    LEFT JOIN member_profiles p ON p.member_id = m.id
"""


def add(session: Session, values: dict[str, object]) -> bool:
    """Insert an application; False where the member has one that waits."""
    row = session.execute(
        text(
            "INSERT INTO leader_applications (id, member, words, channels, made_at)"
            " VALUES (:id, :member, :words, :channels, :at)"
            " ON CONFLICT (member) WHERE status = 'open' DO NOTHING RETURNING id"
        ),
        values,
    ).one_or_none()
    return row is not None


def of_member(session: Session, member: int, before: uuid.UUID | None, limit: int) -> list[ApplicationRow]:
    """Up to `limit` applications of a member, the newest first."""
    return _read(
        session,
        "WHERE a.member = :member AND (CAST(:before AS uuid) IS NULL OR a.id < :before)"
        " ORDER BY a.id DESC LIMIT :limit",
        {"member": member, "before": before, "limit": limit},
    )


def by_status(session: Session, status: str, after: uuid.UUID | None, limit: int) -> list[ApplicationRow]:
    """Up to `limit` applications that stand so, the oldest first, after this one."""
    return _read(
        session,
        "WHERE a.status = :status AND (CAST(:after AS uuid) IS NULL OR a.id > :after) ORDER BY a.id LIMIT :limit",
        {"status": status, "after": after, "limit": limit},
    )


def lock(session: Session, application_id: uuid.UUID) -> ApplicationRow | None:
    """One application, for this transaction alone to decide."""
    session.execute(text("SELECT FROM leader_applications WHERE id = :id FOR NO KEY UPDATE"), {"id": application_id})
    return next(iter(_read(session, "WHERE a.id = :id", {"id": application_id})), None)


def decide(session: Session, application_id: uuid.UUID, status: str, reason: str, at: datetime) -> None:
    """Write the decision of a locked application."""
    session.execute(
        text("UPDATE leader_applications SET status = :status, reason = :reason, decided_at = :at WHERE id = :id"),
        {"id": application_id, "status": status, "reason": reason, "at": at},
    )


def forget(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` applications that were decided before then; how many."""
    rows = session.execute(
        text(
            """
            DELETE FROM leader_applications WHERE id IN (
                SELECT id FROM leader_applications WHERE decided_at < :before ORDER BY id LIMIT :limit
                FOR UPDATE SKIP LOCKED
            ) RETURNING id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(rows.all())


def _read(session: Session, condition: str, values: dict[str, object]) -> list[ApplicationRow]:
    return [ApplicationRow(*row) for row in session.execute(text(f"{_APPLICATION} {condition}"), values)]
