"""All SQL of the audit record, but for sealing and the chain's proof, which `infra/chain` does for every chain."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class EntryRow(NamedTuple):
    """An entry as it is stored, before it has an id; `facts` in their canonical text."""

    recorded_at: datetime
    actor: uuid.UUID | None
    action: str
    target: str
    facts: str
    content_hash: bytes


class StoredEntry(NamedTuple):
    """An entry as it is read back."""

    id: int
    recorded_at: datetime
    actor: uuid.UUID | None
    action: str
    target: str
    facts: dict[str, Any]


def add_entry(session: Session, row: EntryRow) -> None:
    """Append an entry, and put it in the queue for sealing."""
    session.execute(
        text(
            """
            WITH added AS (
                INSERT INTO audit_entries (recorded_at, actor, action, target, facts, content_hash)
                VALUES (:recorded_at, :actor, :action, :target, CAST(:facts AS jsonb), :content_hash)
                RETURNING id
            )
            INSERT INTO audit_seal_queue (entry_id) SELECT id FROM added
            """
        ),
        row._asdict(),
    )


def entries_about(session: Session, targets: Sequence[str]) -> Iterator[StoredEntry]:
    """All that was done to these, oldest first."""
    found = session.execute(
        text(
            """
            SELECT id, recorded_at, actor, action, target, facts FROM audit_entries
            WHERE target = ANY(CAST(:targets AS text[])) ORDER BY id
            """
        ),
        {"targets": list(targets)},
    )
    return (StoredEntry(*row) for row in found)
