"""Versions of the rules."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class RulesRow(NamedTuple):
    """A version of the rules, by whom and why."""

    version: int
    document: dict[str, Any]
    note: str
    published_by: uuid.UUID
    published_at: datetime


def latest(session: Session) -> RulesRow | None:
    """The version in force; None where nobody published any."""
    rows = history(session, 1)
    return rows[0] if rows else None


def history(session: Session, limit: int) -> list[RulesRow]:
    """The last versions, the newest first."""
    rows = session.execute(
        text(
            "SELECT version, document, note, published_by, published_at FROM risk_rules"
            " ORDER BY version DESC LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [RulesRow(*row) for row in rows]


def add(session: Session, document: Mapping[str, Any], note: str, by: uuid.UUID, now: datetime) -> int:
    """Append the next version; returns its number."""
    row = session.execute(
        text(
            """
            INSERT INTO risk_rules (version, document, note, published_by, published_at)
            SELECT coalesce(max(version), 0) + 1, CAST(:document AS jsonb), :note, :by, :now FROM risk_rules
            RETURNING version
            """
        ),
        {"document": json.dumps(document), "note": note, "by": by, "now": now},
    )
    return int(row.scalar_one())
