"""All SQL of the audit record, but for sealing and the chain's proof, which `infra/chain` does for every chain."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.chain import Place, Sum
from socialshop.infra.db import stream_rows


class EntryRow(NamedTuple):
    """An entry as it is stored, before it has an id; `facts` in their canonical text."""

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


def has_entry(session: Session, actor: uuid.UUID, action: str, target: str) -> bool:
    """Whether there is such an entry."""
    found = session.execute(
        text(
            "SELECT EXISTS (SELECT FROM audit_entries WHERE target = :target AND actor = :actor AND action = :action)"
        ),
        {"actor": actor, "action": action, "target": target},
    )
    return bool(found.scalar_one())


def with_entry(session: Session, actor: uuid.UUID, action: str, targets: Collection[str]) -> set[str]:
    """Those of the targets for which there is such an entry."""
    found = session.execute(
        text(
            "SELECT DISTINCT target FROM audit_entries"
            " WHERE target = ANY(CAST(:targets AS text[])) AND actor = :actor AND action = :action"
        ),
        {"actor": actor, "action": action, "targets": list(targets)},
    )
    return {row[0] for row in found}


def add_entries(session: Session, rows: Sequence[EntryRow], recorded_at: datetime) -> None:
    """Append entries in the order given, and put them in the queue for sealing."""
    session.execute(
        text(
            """
            WITH added AS (
                INSERT INTO audit_entries (recorded_at, actor, action, target, facts, content_hash)
                SELECT :recorded_at, actor, action, target, CAST(facts AS jsonb), content_hash
                FROM unnest(CAST(:actors AS uuid[]), CAST(:actions AS text[]), CAST(:targets AS text[]),
                            CAST(:facts AS text[]), CAST(:hashes AS bytea[]))
                     WITH ORDINALITY AS t (actor, action, target, facts, content_hash, place)
                ORDER BY place
                RETURNING id
            )
            INSERT INTO audit_seal_queue (entry_id) SELECT id FROM added
            """
        ),
        {
            "recorded_at": recorded_at,
            "actors": [row.actor for row in rows],
            "actions": [row.action for row in rows],
            "targets": [row.target for row in rows],
            "facts": [row.facts for row in rows],
            "hashes": [row.content_hash for row in rows],
        },
    )


def count_by_action(session: Session, ids: Sequence[int]) -> dict[str, int]:
    """How many of these entries there are of each action."""
    found = session.execute(
        text(
            """
            SELECT e.action, count(*) FROM unnest(CAST(:ids AS bigint[])) AS t (id) JOIN audit_entries e USING (id)
            GROUP BY 1
            """
        ),
        {"ids": list(ids)},
    )
    return dict(found.all())


class ProvedEntry(NamedTuple):
    """An entry with its hash and its place."""

    id: int
    recorded_at: datetime
    actor: uuid.UUID | None
    action: str
    target: str
    facts: dict[str, Any]
    content_hash: bytes
    place: Place


def entries(session: Session) -> Iterator[ProvedEntry]:
    """All entries in id order."""
    query = """
        SELECT e.id, e.recorded_at, e.actor, e.action, e.target, e.facts, e.content_hash,
               m.block_number, q.entry_id IS NOT NULL
        FROM audit_entries e
        LEFT JOIN audit_block_entries m ON m.entry_id = e.id
        LEFT JOIN audit_seal_queue q ON q.entry_id = e.id
        ORDER BY e.id
    """
    rows = stream_rows(session, "audit_proof_entries", query)
    return (ProvedEntry._make((*row[:-2], Place(*row[-2:]))) for row in rows)


def sums(session: Session) -> Iterator[Sum]:
    """Block by block, how many of its entries there are of each action."""
    query = """
        SELECT m.block_number, e.action, count(*)
        FROM audit_block_entries m JOIN audit_entries e ON e.id = m.entry_id
        GROUP BY 1, 2 ORDER BY 1, 2
    """
    return (Sum(*row) for row in stream_rows(session, "audit_proof_sums", query))


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


class Wanted(NamedTuple):
    """Which entries: by who did it, by what an action's name begins with, about whom; None: any.

    `by_shop`: of nobody, so by the console or the shop by itself. `words` stand somewhere in the facts. `since` is the
    first instant, `until` the first that is not of them any more.
    """

    actor: uuid.UUID | None = None
    action: str | None = None
    target: str | None = None
    by_shop: bool = False
    words: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_CONDITIONS = {
    "actor": "actor = :actor",
    "action": "starts_with(action, :action)",
    "target": "target = :target",
    "words": "strpos(lower(CAST(facts AS text)), lower(:words)) > 0",
    "since": "recorded_at >= :since",
    "until": "recorded_at < :until",
}


def page(session: Session, wanted: Wanted, before: int | None, limit: int) -> list[StoredEntry]:
    """Up to `limit` entries older than the one of this id, the newest first. One statement, of what is asked alone."""
    asked = {name: value for name, value in wanted._asdict().items() if name in _CONDITIONS and value is not None}
    conditions = ["true", *(_CONDITIONS[name] for name in asked)]
    if wanted.by_shop:
        conditions.append("actor IS NULL")
    if before is not None:
        conditions.append("id < :before")
    found = session.execute(
        text(
            f"""
            SELECT id, recorded_at, actor, action, target, facts FROM audit_entries
            WHERE {" AND ".join(conditions)} ORDER BY id DESC LIMIT :limit
            """  # noqa: S608 - conditions of our own
        ),
        {**asked, "before": before, "limit": limit},
    )
    return [StoredEntry(*row) for row in found]
