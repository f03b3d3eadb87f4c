"""Who has claimed which case: one row a request, written over once it has passed."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class CaseClaim(NamedTuple):
    """A claim as it stands: by whom, and until when."""

    claimed_by: uuid.UUID
    claimed_until: datetime
    name: str | None


def claim(session: Session, request_id: uuid.UUID, actor: uuid.UUID, *, until: datetime, now: datetime) -> bool:
    """Claim a request that may still be decided; False where another's claim stands, or nothing is to decide.

    One statement: of many at once one writes the row, and the others find it written. The request's row is locked, so
    that a decision on its way comes wholly before or wholly after.
    """
    done = session.execute(
        text(
            """
            INSERT INTO payout_claims AS c (request_id, claimed_by, claimed_until)
            SELECT r.id, :actor, :until FROM payout_requests r
            WHERE r.id = :id AND r.status IN ('submitted', 'held', 'approved') FOR NO KEY UPDATE
            ON CONFLICT (request_id) DO UPDATE
                SET claimed_by = excluded.claimed_by, claimed_until = excluded.claimed_until
                WHERE c.claimed_by = excluded.claimed_by OR c.claimed_until <= :now
            RETURNING 1
            """
        ),
        {"id": request_id, "actor": actor, "until": until, "now": now},
    )
    return done.one_or_none() is not None


def standing(session: Session, request_id: uuid.UUID, now: datetime) -> CaseClaim | None:
    """The claim that stands on a request."""
    row = session.execute(
        text(
            """
            SELECT c.claimed_by, c.claimed_until, p.display_name FROM payout_claims c
            LEFT JOIN member_profiles p ON p.member_id = c.claimed_by
            WHERE c.request_id = :id AND c.claimed_until > :now
            """
        ),
        {"id": request_id, "now": now},
    ).one_or_none()
    return CaseClaim(*row) if row else None


def remove(session: Session, request_id: uuid.UUID, actor: uuid.UUID | None, now: datetime) -> bool:
    """End a claim: anybody's where `actor` is None, else this person's or one that has passed. True if one stood."""
    done = session.execute(
        text(
            """
            DELETE FROM payout_claims WHERE request_id = :id
                AND (CAST(:actor AS uuid) IS NULL OR claimed_by = :actor OR claimed_until <= :now)
            RETURNING claimed_until > :now
            """
        ),
        {"id": request_id, "actor": actor, "now": now},
    ).one_or_none()
    return bool(done and done[0])
