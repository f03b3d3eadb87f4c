"""All SQL of consents."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class StandingRow(NamedTuple):
    """How one document stands, and the newest decision about it, if there was one."""

    document: str
    given: bool
    version: str | None
    decided_at: datetime | None


def standing(session: Session, member_id: uuid.UUID, documents: Sequence[str]) -> list[StandingRow]:
    """How each of these documents stands with a member."""
    rows = session.execute(
        text(
            """
            SELECT d.document, consent_stands(:member, d.document), c.version, c.accepted_at
            FROM unnest(CAST(:documents AS text[])) AS d (document)
            LEFT JOIN LATERAL (
                SELECT version, accepted_at FROM member_consents
                WHERE member_id = :member AND document = d.document ORDER BY accepted_at DESC LIMIT 1
            ) c ON true
            """
        ),
        {"member": member_id, "documents": [str(document) for document in documents]},
    )
    return [StandingRow(*row) for row in rows]


def stands(session: Session, member_id: uuid.UUID, document: str) -> bool:
    """Whether a member agrees to this document now."""
    found = session.execute(
        text("SELECT consent_stands(:member, :document)"), {"member": member_id, "document": str(document)}
    )
    return bool(found.scalar_one())


def add(session: Session, member_id: uuid.UUID, document: str, version: str, *, given: bool, at: datetime) -> None:
    """Append a decision; one at the very same instant is the same."""
    session.execute(
        text(
            "INSERT INTO member_consents (member_id, document, version, given, accepted_at)"
            " VALUES (:member, :document, :version, :given, :at) ON CONFLICT DO NOTHING"
        ),
        {"member": member_id, "document": str(document), "version": version, "given": given, "at": at},
    )
