"""Endpoints of webhooks: where, of what, with which secrets, and whether they are told anything."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Endpoint(NamedTuple):
    """Where things are told; the secrets stay where they are."""

    id: uuid.UUID
    url: str
    label: str
    event_types: list[str]
    former_until: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str | None
    created_at: datetime
    waiting: int


_ENDPOINTS = """
    SELECT p.id, p.url, p.label, p.event_types, p.former_until, p.failing_since, p.disabled_at, p.disabled_because,
        p.created_at,
        (SELECT count(*) FROM webhook_deliveries d WHERE d.endpoint_id = p.id AND d.status = 'queued') AS waiting
    FROM webhook_endpoints p
"""


def add_endpoint(session: Session, values: Mapping[str, object]) -> None:
    """Insert an endpoint."""
    session.execute(
        text(
            "INSERT INTO webhook_endpoints (id, url, label, event_types, sealed_secret, created_at)"
            " VALUES (:id, :url, :label, :event_types, :sealed_secret, :created_at)"
        ),
        values,
    )


def endpoints(session: Session, before: uuid.UUID | None, limit: int) -> list[Endpoint]:
    """Up to `limit` endpoints, the newest first."""
    rows = session.execute(
        text(f"{_ENDPOINTS} WHERE CAST(:before AS uuid) IS NULL OR p.id < :before ORDER BY p.id DESC LIMIT :limit"),
        {"before": before, "limit": limit},
    )
    return [Endpoint(*row) for row in rows]


def endpoint(session: Session, endpoint_id: uuid.UUID) -> Endpoint | None:
    """One endpoint."""
    row = session.execute(text(f"{_ENDPOINTS} WHERE p.id = :id"), {"id": endpoint_id}).one_or_none()
    return Endpoint(*row) if row else None


def set_types(session: Session, endpoint_id: uuid.UUID, event_types: Collection[str]) -> None:
    """Tell the endpoint of these from now on."""
    session.execute(
        text("UPDATE webhook_endpoints SET event_types = :types WHERE id = :id"),
        {"id": endpoint_id, "types": list(event_types)},
    )


def set_url(session: Session, endpoint_id: uuid.UUID, url: str) -> None:
    """Tell it there, where nothing has failed yet."""
    session.execute(
        text("UPDATE webhook_endpoints SET url = :url, failing_since = NULL WHERE id = :id"),
        {"id": endpoint_id, "url": url},
    )


def remove(session: Session, endpoint_id: uuid.UUID) -> bool:
    """Delete an endpoint with its deliveries; False if somebody else has.

    The endpoint's row is locked first: whoever is about to queue something for it waits, and finds it gone.
    """
    locked = session.execute(text("SELECT FROM webhook_endpoints WHERE id = :id FOR UPDATE"), {"id": endpoint_id})
    if locked.one_or_none() is None:
        return False
    session.execute(text("DELETE FROM webhook_deliveries WHERE endpoint_id = :id"), {"id": endpoint_id})
    session.execute(text("DELETE FROM webhook_endpoints WHERE id = :id"), {"id": endpoint_id})
    return True


def change_secret(session: Session, endpoint_id: uuid.UUID, sealed: bytes, former_until: datetime) -> None:
    """The secret of now is the former one, until then."""
    session.execute(
        text(
            "UPDATE webhook_endpoints SET former_secret = sealed_secret, former_until = :until,"
            " sealed_secret = :sealed WHERE id = :id"
        ),
        {"id": endpoint_id, "sealed": sealed, "until": former_until},
    )


def disable(session: Session, endpoint_ids: Collection[uuid.UUID], because: str, now: datetime) -> list[uuid.UUID]:
    """Tell these nothing more; returns those that were told until now."""
    changed = session.execute(
        text(
            "UPDATE webhook_endpoints SET disabled_at = :now, disabled_because = :because"
            " WHERE id = ANY(:ids) AND disabled_at IS NULL RETURNING id"
        ),
        {"ids": list(endpoint_ids), "because": because, "now": now},
    )
    return list(changed.scalars())


def enable(session: Session, endpoint_id: uuid.UUID, now: datetime) -> bool:
    """Tell it again, with what waits; False where it was told all the time."""
    changed = session.execute(
        text(
            "UPDATE webhook_endpoints SET disabled_at = NULL, disabled_because = NULL, failing_since = NULL"
            " WHERE id = :id AND disabled_at IS NOT NULL RETURNING id"
        ),
        {"id": endpoint_id, "now": now},
    )
    return changed.one_or_none() is not None
