"""The counters of caps: locked in one order, one statement a batch, and moved by what was decided."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Counter(NamedTuple):
    """Of which plan, and its key."""

    plan_id: uuid.UUID
    key: str


def lock(session: Session, wanted: Collection[Counter], now: datetime) -> dict[Counter, int]:
    """What these counters stand at, for this transaction alone to move; one that never moved is made, at zero.

    Whoever wants several locks them in the order of their names, so two cannot wait for each other.
    """
    rows = session.execute(
        text(
            """
            INSERT INTO commission_counters AS c (plan_id, key, used_minor, moved_at)
            SELECT plan_id, key, 0, :now FROM unnest(CAST(:plans AS uuid[]), CAST(:keys AS text[])) AS u (plan_id, key)
            ORDER BY plan_id, key COLLATE "C"
            ON CONFLICT (plan_id, key) DO UPDATE SET used_minor = c.used_minor, moved_at = :now
            RETURNING plan_id, key, used_minor
            """
        ),
        {
            "plans": [counter.plan_id for counter in wanted],
            "keys": [counter.key for counter in wanted],
            "now": now,
        },
    )
    return {Counter(row[0], row[1]): row[2] for row in rows}


def move(session: Session, by: Mapping[Counter, int]) -> None:
    """Add to counters that this transaction holds."""
    session.execute(
        text(
            """
            UPDATE commission_counters c SET used_minor = c.used_minor + u.by_minor
            FROM unnest(CAST(:plans AS uuid[]), CAST(:keys AS text[]), CAST(:by AS bigint[]))
                 AS u (plan_id, key, by_minor)
            WHERE c.plan_id = u.plan_id AND c.key = u.key
            """
        ),
        {
            "plans": [counter.plan_id for counter in by],
            "keys": [counter.key for counter in by],
            "by": list(by.values()),
        },
    )


def standing(session: Session) -> dict[Counter, int]:
    """All counters that stand at something."""
    rows = session.execute(text("SELECT plan_id, key, used_minor FROM commission_counters WHERE used_minor <> 0"))
    return {Counter(row[0], row[1]): row[2] for row in rows}


def forget_at_nothing(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` counters that stand at nothing and were last locked before then; how many.

    One that is wanted again is made again, at zero: that is what it stood at.
    """
    rows = session.execute(
        text(
            """
            DELETE FROM commission_counters WHERE (plan_id, key) IN (
                SELECT plan_id, key FROM commission_counters WHERE used_minor = 0 AND moved_at < :before
                ORDER BY plan_id, key LIMIT :limit FOR UPDATE SKIP LOCKED
            ) RETURNING key
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(rows.all())


def of_simulation(session: Session, simulation_id: uuid.UUID, keys: Collection[str]) -> dict[str, int]:
    """What these counters of a simulation stand at."""
    rows = session.execute(
        text(
            "SELECT key, used_minor FROM plan_simulation_counters"
            " WHERE simulation_id = :id AND key = ANY(CAST(:keys AS text[]))"
        ),
        {"id": simulation_id, "keys": list(keys)},
    )
    return {row.key: row.used_minor for row in rows}


def keep_of_simulation(session: Session, simulation_id: uuid.UUID, used: Mapping[str, int]) -> None:
    """What they stand at now; the simulation is this transaction's alone."""
    session.execute(
        text(
            """
            INSERT INTO plan_simulation_counters (simulation_id, key, used_minor)
            SELECT :id, key, used FROM unnest(CAST(:keys AS text[]), CAST(:used AS bigint[])) AS u (key, used)
            ON CONFLICT (simulation_id, key) DO UPDATE SET used_minor = excluded.used_minor
            """
        ),
        {"id": simulation_id, "keys": list(used), "used": list(used.values())},
    )
