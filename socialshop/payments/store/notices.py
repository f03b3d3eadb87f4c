"""Statements on notices: what providers' webhooks said, stored once each."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# Before the poller takes up a notice: its event does so at once, in the ordinary case.
_FIRST_LOOK = timedelta(seconds=10)


class NoticeRow(NamedTuple):
    """A stored notice that nothing was done about yet."""

    id: uuid.UUID
    provider: str
    ref: str
    kind: str
    # Of the payment that it is about; None if that is none of the shop's, or not known to be.
    status: str | None


def add(
    session: Session, *, notice_id: uuid.UUID, provider: str, event_id: str, ref: str, kind: str, at: datetime
) -> bool:
    """Store a notice; False if this event of the provider's is stored already."""
    statement = """
        INSERT INTO payment_notices (id, provider, event_id, ref, kind, received_at, due_at)
        VALUES (:id, :provider, :event_id, :ref, :kind, :at, :due_at)
        ON CONFLICT (provider, event_id) DO NOTHING RETURNING id
    """
    values = {"id": notice_id, "provider": provider, "event_id": event_id, "ref": ref, "kind": kind, "at": at}
    values["due_at"] = at + _FIRST_LOOK
    return session.execute(text(statement), values).one_or_none() is not None


def unapplied(session: Session, notice_ids: Collection[uuid.UUID]) -> list[NoticeRow]:
    """Those of these notices that nothing was done about yet."""
    rows = session.execute(
        text(
            """
            SELECT n.id, n.provider, n.ref, n.kind, p.status
            FROM payment_notices n LEFT JOIN payments p ON p.provider = n.provider AND p.provider_ref = n.ref
            WHERE n.id = ANY(:ids) AND n.applied_at IS NULL
            """
        ),
        {"ids": list(notice_ids)},
    )
    return [NoticeRow(*row) for row in rows]


def finish(session: Session, notice_ids: Collection[uuid.UUID], outcome: str, at: datetime) -> None:
    """The notices were `applied`, or `ignored` because they are about nothing of ours."""
    if notice_ids:
        session.execute(
            text(
                "UPDATE payment_notices SET outcome = :outcome, applied_at = :at"
                " WHERE id = ANY(:ids) AND applied_at IS NULL"
            ),
            {"ids": list(notice_ids), "outcome": outcome, "at": at},
        )


def take_due(session: Session, now: datetime, limit: int) -> list[tuple[uuid.UUID, str, str]]:
    """Up to `limit` notices still open, as id, provider and reference.

    Each is put off for the next time: 10 s, 20 s, … an hour.
    """
    rows = session.execute(
        text(
            """
            UPDATE payment_notices SET attempts = attempts + 1,
                due_at = :now + least(interval '1 hour', interval '10 seconds' * power(2, least(attempts, 20)))
            WHERE id IN (
                SELECT id FROM payment_notices WHERE applied_at IS NULL AND due_at <= :now ORDER BY due_at LIMIT :limit
                FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING id, provider, ref
            """
        ),
        {"now": now, "limit": limit},
    )
    return [(row.id, row.provider, row.ref) for row in rows]


def forget(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` notices that were done with before then, the oldest first; returns how many."""
    removed = session.execute(
        text(
            """
            DELETE FROM payment_notices WHERE id IN (
                SELECT id FROM payment_notices WHERE applied_at < :before ORDER BY applied_at LIMIT :limit
            ) RETURNING 1
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())
