"""What endpoints of webhooks are told, and what came of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids
from socialshop.notifications.catalogue import EventType


class DeliveryRow(NamedTuple):
    """An event towards an endpoint, and what came of it."""

    id: uuid.UUID
    endpoint_id: uuid.UUID
    event_id: uuid.UUID
    type: str
    data: dict[str, Any]
    status: str
    attempts: int
    due_at: datetime
    because: str | None
    occurred_at: datetime
    ended_at: datetime | None


class Due(NamedTuple):
    """A delivery that is ours for a while, with all that is sent."""

    id: uuid.UUID
    endpoint_id: uuid.UUID
    event_id: uuid.UUID
    attempts: int
    type: str
    version: int
    data: dict[str, Any]
    occurred_at: datetime
    url: str
    sealed_secret: bytes
    former_secret: bytes | None
    former_until: datetime | None


class Outcome(NamedTuple):
    """What came of one delivery: a status, when it is due again, and why."""

    id: uuid.UUID
    status: str
    due_at: datetime
    because: str | None


_ADD = text(
    """
    WITH told AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:datas AS text[]))
            AS t (id, subject, data)
    ), fresh AS (
        INSERT INTO webhook_events (id, type, version, subject, data, occurred_at)
        SELECT t.id, :type, :version, t.subject, t.data::jsonb, :now FROM told t
        ON CONFLICT (type, subject) DO NOTHING RETURNING id
    ), queued AS (
        INSERT INTO webhook_deliveries (id, endpoint_id, event_id, due_at, created_at)
        SELECT d.id, d.endpoint_id, d.event_id, :now, :now
        FROM unnest(CAST(:delivery_ids AS uuid[]), CAST(:endpoint_ids AS uuid[]), CAST(:event_ids AS uuid[]))
            AS d (id, endpoint_id, event_id)
        JOIN fresh f ON f.id = d.event_id RETURNING id
    )
    SELECT count(*) FROM queued
    """
)
# So many of each endpoint and no more, so that a slow one holds up no other.
_LEASE = text(
    """
    WITH due AS (
        SELECT d.id FROM webhook_endpoints p CROSS JOIN LATERAL (
            SELECT id FROM webhook_deliveries w
            WHERE w.endpoint_id = p.id AND w.status = 'queued' AND w.due_at <= :now
            ORDER BY w.due_at LIMIT :each FOR UPDATE SKIP LOCKED
        ) d WHERE p.disabled_at IS NULL LIMIT :limit
    ), leased AS (
        UPDATE webhook_deliveries w SET attempts = w.attempts + 1, due_at = :until
        FROM due WHERE w.id = due.id RETURNING w.id, w.endpoint_id, w.event_id, w.attempts
    )
    SELECT l.id, l.endpoint_id, l.event_id, l.attempts, e.type, e.version, e.data, e.occurred_at,
        p.url, p.sealed_secret, p.former_secret, p.former_until
    FROM leased l JOIN webhook_events e ON e.id = l.event_id JOIN webhook_endpoints p ON p.id = l.endpoint_id
    """
)
_RECORD = text(
    """
    WITH ended AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:dues AS timestamptz[]),
            CAST(:becauses AS text[])) AS o (id, status, due_at, because)
    )
    UPDATE webhook_deliveries d SET status = o.status, due_at = o.due_at, because = o.because,
        ended_at = CASE WHEN o.status <> 'queued' THEN CAST(:now AS timestamptz) END
    FROM ended o WHERE d.id = o.id AND d.status = 'queued'
    """
)
_PAGE = """
    SELECT d.id, d.endpoint_id, d.event_id, e.type, e.data, d.status, d.attempts, d.due_at, d.because, e.occurred_at,
        d.ended_at
    FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id
"""


def listeners(session: Session, event_type: str) -> list[uuid.UUID]:
    """The endpoints that are told of this type."""
    found = session.execute(
        text("SELECT id FROM webhook_endpoints WHERE disabled_at IS NULL AND :type = ANY(event_types) ORDER BY id"),
        {"type": event_type},
    )
    return list(found.scalars())


def types_heard(session: Session) -> set[str]:
    """The types that any endpoint is told of."""
    found = session.execute(
        text("SELECT DISTINCT unnest(event_types) FROM webhook_endpoints WHERE disabled_at IS NULL")
    )
    return set(found.scalars())


def add_events(
    session: Session,
    kind: EventType,
    told: Sequence[tuple[str, Mapping[str, str]]],
    listening: Sequence[uuid.UUID],
    now: datetime,
) -> int:
    """Write what is told, each subject once, and queue it for whoever listens; returns how many are queued."""
    ids = new_ids(len(told))
    pairs = [(event_id, endpoint_id) for event_id in ids for endpoint_id in listening]
    values = {
        "type": kind.name,
        "version": kind.version,
        "ids": ids,
        "subjects": [subject for subject, _ in told],
        "datas": [json.dumps(data) for _, data in told],
        "delivery_ids": new_ids(len(pairs)),
        "event_ids": [event_id for event_id, _ in pairs],
        "endpoint_ids": [endpoint_id for _, endpoint_id in pairs],
        "now": now,
    }
    return int(session.execute(_ADD, values).scalar_one())


def lease(session: Session, now: datetime, until: datetime, *, each: int, limit: int) -> list[Due]:
    """Take what is due, `each` of an endpoint; whoever dies with it leaves it due again at `until`."""
    rows = session.execute(_LEASE, {"now": now, "until": until, "each": each, "limit": limit})
    return [Due(*row) for row in rows]


def record(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """What came of these."""
    session.execute(
        _RECORD,
        {
            "ids": [outcome.id for outcome in outcomes],
            "statuses": [outcome.status for outcome in outcomes],
            "dues": [outcome.due_at for outcome in outcomes],
            "becauses": [outcome.because for outcome in outcomes],
            "now": now,
        },
    )


def note_health(session: Session, well: Collection[uuid.UUID], failing: Collection[uuid.UUID], now: datetime) -> None:
    """These took something, those failed; since when, is kept from the first failure on."""
    session.execute(
        text(
            "UPDATE webhook_endpoints SET failing_since = CASE WHEN id = ANY(:well) THEN NULL"
            " ELSE coalesce(failing_since, :now) END"
            " WHERE (id = ANY(:well) AND failing_since IS NOT NULL)"
            " OR (id = ANY(:failing) AND id <> ALL(:well) AND failing_since IS NULL)"
        ),
        {"well": list(well), "failing": list(failing), "now": now},
    )


def failing_before(session: Session, endpoint_ids: Collection[uuid.UUID], then: datetime) -> list[uuid.UUID]:
    """Those of these endpoints that have taken nothing since then."""
    found = session.execute(
        text("SELECT id FROM webhook_endpoints WHERE id = ANY(:ids) AND failing_since <= :then ORDER BY id"),
        {"ids": list(endpoint_ids), "then": then},
    )
    return list(found.scalars())


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether something waits to be told now."""
    found = session.execute(
        text(
            "SELECT EXISTS (SELECT FROM webhook_endpoints p WHERE p.disabled_at IS NULL AND EXISTS ("
            "SELECT FROM webhook_deliveries d WHERE d.endpoint_id = p.id AND d.status = 'queued' AND d.due_at <= :now))"
        ),
        {"now": now},
    )
    return bool(found.scalar())


def deliveries(
    session: Session, endpoint_id: uuid.UUID | None, status: str | None, before: uuid.UUID | None, limit: int
) -> list[DeliveryRow]:
    """Up to `limit` deliveries, the newest first."""
    rows = session.execute(
        text(
            f"{_PAGE} WHERE (CAST(:endpoint AS uuid) IS NULL OR d.endpoint_id = :endpoint)"
            " AND (CAST(:status AS text) IS NULL OR d.status = :status)"
            " AND (CAST(:before AS uuid) IS NULL OR d.id < :before) ORDER BY d.id DESC LIMIT :limit"
        ),
        {"endpoint": endpoint_id, "status": status, "before": before, "limit": limit},
    )
    return [DeliveryRow(*row) for row in rows]


def delivery(session: Session, delivery_id: uuid.UUID) -> DeliveryRow | None:
    """One delivery."""
    row = session.execute(text(f"{_PAGE} WHERE d.id = :id"), {"id": delivery_id}).one_or_none()
    return DeliveryRow(*row) if row else None


_REPLAY = (
    "UPDATE webhook_deliveries d SET status = 'queued', attempts = 0, because = NULL, ended_at = NULL, due_at = :now"
    " FROM webhook_events e WHERE e.id = d.event_id AND d.status <> 'queued'"
)


_REPLAYABLE = (
    "FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id"
    " WHERE d.endpoint_id = :endpoint AND e.occurred_at >= :since AND e.occurred_at < :until"
    " AND d.status <> 'queued' AND (d.status = 'given_up' OR NOT :failed_only)"
)


class Replay(NamedTuple):
    """How many events are told once more, and since when there are more to tell; None: that is all."""

    queued: int
    next_since: datetime | None


def replay_one(session: Session, delivery_id: uuid.UUID, now: datetime) -> bool:
    """Send it again; False where it waits to be sent anyway."""
    changed = session.execute(text(f"{_REPLAY} AND d.id = :id RETURNING d.id"), {"id": delivery_id, "now": now})
    return changed.one_or_none() is not None


def replay_range(
    session: Session,
    endpoint_id: uuid.UUID,
    since: datetime,
    until: datetime,
    now: datetime,
    *,
    failed_only: bool,
    limit: int,
) -> Replay:
    """Send again the first `limit` of what happened from `since` on and before `until`."""
    values = {"endpoint": endpoint_id, "since": since, "until": until, "failed_only": failed_only}
    # With ties: what happened in one instant is sent again together, or going on from there would come back to it.
    changed = session.scalars(
        text(
            f"{_REPLAY} AND d.id IN (SELECT d.id {_REPLAYABLE}"
            " ORDER BY e.occurred_at FETCH FIRST :limit ROWS WITH TIES) RETURNING e.occurred_at"
        ),
        values | {"now": now, "limit": limit},
    ).all()
    if len(changed) < limit:
        return Replay(len(changed), None)
    more = text(f"SELECT min(e.occurred_at) {_REPLAYABLE} AND e.occurred_at > :last")
    return Replay(len(changed), session.execute(more, values | {"last": max(changed)}).scalar_one())


def forget(session: Session, before: datetime, limit: int) -> int:
    """Of the oldest `limit` events, remove those of before then that no endpoint in use waits for; returns how many."""
    removed = session.execute(
        text(
            """
            DELETE FROM webhook_events e USING (SELECT id FROM webhook_events ORDER BY id LIMIT :limit) oldest
            WHERE e.id = oldest.id AND e.occurred_at < :before
                AND NOT EXISTS (
                    SELECT FROM webhook_deliveries d JOIN webhook_endpoints p ON p.id = d.endpoint_id
                    WHERE d.event_id = e.id AND d.status = 'queued' AND p.disabled_at IS NULL)
            RETURNING e.id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())
