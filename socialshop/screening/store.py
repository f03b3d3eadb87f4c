"""All SQL of findings."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class FindingRow(NamedTuple):
    """A finding as it is stored, with its evidence as JSON."""

    id: uuid.UUID
    subject: str
    code: str
    occasion: str
    severity: str
    evidence: str


class StoredFinding(NamedTuple):
    """A finding as it is read back."""

    id: uuid.UUID
    subject: str
    code: str
    severity: str
    evidence: dict[str, Any]
    found_at: datetime


def add(session: Session, rows: Sequence[FindingRow], now: datetime) -> None:
    """Append findings; one of the same subject, code and occasion stands already. One statement."""
    session.execute(
        text(
            """
            INSERT INTO findings (id, subject, code, occasion, severity, evidence, found_at)
            SELECT given.id, given.subject, given.code, given.occasion, given.severity,
                CAST(given.evidence AS jsonb), :now
            FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:codes AS text[]),
                        CAST(:occasions AS text[]), CAST(:severities AS text[]), CAST(:evidences AS text[]))
                 AS given (id, subject, code, occasion, severity, evidence)
            ORDER BY given.subject, given.code, given.occasion
            ON CONFLICT (subject, code, occasion) DO NOTHING
            """
        ),
        {
            "ids": [row.id for row in rows],
            "subjects": [row.subject for row in rows],
            "codes": [row.code for row in rows],
            "occasions": [row.occasion for row in rows],
            "severities": [row.severity for row in rows],
            "evidences": [row.evidence for row in rows],
            "now": now,
        },
    )


def about(session: Session, subjects: Sequence[str]) -> list[StoredFinding]:
    """What was found about these, oldest first."""
    rows = session.execute(
        text(
            """
            SELECT id, subject, code, severity, evidence, found_at FROM findings
            WHERE subject = ANY(CAST(:subjects AS text[])) ORDER BY found_at, id
            """
        ),
        {"subjects": list(subjects)},
    )
    return [StoredFinding(*row) for row in rows]
