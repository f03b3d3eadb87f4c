"""Notes on cases: written once, never changed, gone with the member whom they are about."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def add(session: Session, request_id: uuid.UUID, noted_by: uuid.UUID, note: str, now: datetime) -> int:
    """Append a note; returns its number, one of the shop's."""
    added = session.execute(
        text(
            """
            INSERT INTO payout_notes (request_id, noted_by, noted_at, note) VALUES (:id, :by, :now, :note)
            RETURNING id
            """
        ),
        {"id": request_id, "by": noted_by, "now": now, "note": note},
    )
    return int(added.scalar_one())


def words_of(session: Session, request_id: uuid.UUID) -> dict[int, str]:
    """What the notes on a case say, by their numbers. One statement."""
    found = session.execute(text("SELECT id, note FROM payout_notes WHERE request_id = :id"), {"id": request_id})
    return {row.id: row.note for row in found}


def forget(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` notes that were written before then; returns how many."""
    done = session.execute(
        text(
            """
            DELETE FROM payout_notes WHERE id = ANY (ARRAY(
                SELECT id FROM payout_notes WHERE noted_at < :before ORDER BY noted_at LIMIT :limit))
            RETURNING 1
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(done.all())
