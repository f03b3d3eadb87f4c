"""Plans' offers, the versions that were published of them, and who would pay what."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

_OFFERS = """
    SELECT o.id, o.document, o.created_at, v.number, v.effective_at
    FROM plan_offers o LEFT JOIN plan_versions v ON v.offer_id = o.id
"""
# Members by the step that their standing's growth reaches, since the last evaluation; who has none has no growth.
_WHO_PAYS = text(
    """
    WITH grown AS (
        SELECT width_bucket(s.growth, CAST(:steps AS bigint[])) AS step, count(*) AS members
        FROM member_standings s GROUP BY 1
    ), rest AS (
        SELECT 1 AS step, (SELECT count(*) FROM members) - (SELECT count(*) FROM member_standings) AS members
    )
    SELECT s.step, coalesce(sum(b.members), 0)::bigint
    FROM generate_series(1, cardinality(CAST(:steps AS bigint[]))) AS s (step)
    LEFT JOIN (SELECT * FROM grown UNION ALL SELECT * FROM rest) AS b ON b.step = s.step
    GROUP BY s.step ORDER BY s.step
    """
)


class OfferRow(NamedTuple):
    """An offer; the last two are null for a draft."""

    id: uuid.UUID
    document: dict[str, Any]
    created_at: datetime
    number: int | None
    effective_at: datetime | None


def add(
    session: Session, offer_id: uuid.UUID, document: Mapping[str, Any], *, created_by: uuid.UUID, now: datetime
) -> None:
    """Append a draft."""
    session.execute(
        text(
            "INSERT INTO plan_offers (id, plan, document, created_by, created_at)"
            " VALUES (:id, :plan, :document, :created_by, :now)"
        ).bindparams(bindparam("document", type_=JSONB)),
        {"id": offer_id, "plan": document["plan"], "document": document, "created_by": created_by, "now": now},
    )


def named(session: Session, offer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, OfferRow]:
    """These offers by id, drafts too."""
    rows = session.execute(text(f"{_OFFERS} WHERE o.id = ANY(:ids)"), {"ids": list(offer_ids)})
    return {row.id: OfferRow(*row) for row in rows}


def page_of(session: Session, before: uuid.UUID | None, limit: int) -> list[OfferRow]:
    """Up to `limit` offers, the newest first, older than `before`."""
    rows = session.execute(
        text(f"{_OFFERS} WHERE CAST(:before AS uuid) IS NULL OR o.id < :before ORDER BY o.id DESC LIMIT :limit"),
        {"before": before, "limit": limit},
    )
    return [OfferRow(*row) for row in rows]


def in_force(session: Session, now: datetime) -> list[OfferRow]:
    """The version of each plan that holds now, by the plans' codes."""
    rows = session.execute(
        text(
            """
            SELECT DISTINCT ON (v.plan) o.id, o.document, o.created_at, v.number, v.effective_at
            FROM plan_versions v JOIN plan_offers o ON o.id = v.offer_id
            WHERE v.effective_at <= :now ORDER BY v.plan, v.effective_at DESC
            """
        ),
        {"now": now},
    )
    return [OfferRow(*row) for row in rows]


def last_version(session: Session, plan: str) -> tuple[int, datetime] | None:
    """Number and instant of the plan's last version; None before its first."""
    row = session.execute(
        text("SELECT number, effective_at FROM plan_versions WHERE plan = :plan ORDER BY number DESC LIMIT 1"),
        {"plan": plan},
    ).one_or_none()
    return (row.number, row.effective_at) if row else None


def add_version(
    session: Session, *, plan: str, number: int, offer_id: uuid.UUID, effective_at: datetime, now: datetime
) -> None:
    """Bring a draft into force from its instant on."""
    session.execute(
        text(
            "INSERT INTO plan_versions (plan, number, offer_id, effective_at, published_at)"
            " VALUES (:plan, :number, :offer, :effective_at, :now)"
        ),
        {"plan": plan, "number": number, "offer": offer_id, "effective_at": effective_at, "now": now},
    )


def who_pays(session: Session, steps: Sequence[int]) -> list[int]:
    """How many members have the growth of each step, by their standings."""
    return [row[1] for row in session.execute(_WHO_PAYS, {"steps": list(steps)})]
