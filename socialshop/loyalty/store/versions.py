"""Statements on the versions of the rules."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class VersionRow(NamedTuple):
    """A version of the rules, in force from `effective_at` until the next one's."""

    version: int
    document: dict[str, Any]
    effective_at: datetime
    published_at: datetime


def in_force(session: Session, at: datetime) -> VersionRow | None:
    """The version in force at an instant; None where none was published by then."""
    row = session.execute(
        text(
            "SELECT version, document, effective_at, published_at FROM point_rules WHERE effective_at <= :at"
            " ORDER BY effective_at DESC LIMIT 1"
        ),
        {"at": at},
    ).one_or_none()
    return VersionRow(*row) if row else None


def newest(session: Session, limit: int) -> list[VersionRow]:
    """Up to `limit` versions, the latest to come into force first."""
    rows = session.execute(
        text(
            "SELECT version, document, effective_at, published_at FROM point_rules"
            " ORDER BY effective_at DESC LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [VersionRow(*row) for row in rows]


def publish(
    session: Session, document: Mapping[str, object], effective_at: datetime, actor: uuid.UUID, now: datetime
) -> int | None:
    """Append a version; None where another comes into force at that very instant."""
    found: int | None = session.execute(
        text(
            """
            INSERT INTO point_rules (document, effective_at, published_by, published_at)
            VALUES (CAST(:document AS jsonb), :effective_at, :actor, :now)
            ON CONFLICT (effective_at) DO NOTHING RETURNING version
            """
        ),
        {
            "document": json.dumps(document, ensure_ascii=False),
            "effective_at": effective_at,
            "actor": actor,
            "now": now,
        },
    ).scalar_one_or_none()
    return found
