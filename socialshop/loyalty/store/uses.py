"""Statements on what points were used for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.loyalty.rules import Part


class Purpose(NamedTuple):
    """What points are for: its kind and id, and in `facts` what the member reads of it."""

    kind: str
    subject_id: uuid.UUID
    facts: Mapping[str, object]


class UseRow(NamedTuple):
    """Points that were set aside (`held`) or used for something; `returned` of them came back."""

    id: uuid.UUID
    member: int
    points: int
    returned: int
    status: str


class HeldUse(NamedTuple):
    """Points that are set aside for an order."""

    order_id: uuid.UUID
    member: int


class RefundedUse(NamedTuple):
    """Points that were used for an order, with what went back of its money."""

    id: uuid.UUID
    order_id: uuid.UUID
    member: int
    points: int
    returned: int
    facts: Mapping[str, Any]
    total_minor: int
    refunded_minor: int


def held_for_nothing(session: Session, order_ids: Collection[uuid.UUID]) -> list[HeldUse]:
    """What is still set aside for those of these orders that are cancelled or refunded."""
    rows = session.execute(
        text(
            """
            SELECT o.id, u.member FROM orders o JOIN point_uses u ON u.purpose = 'order' AND u.subject_id = o.id
            WHERE o.id = ANY(:ids) AND o.status IN ('cancelled', 'refunded') AND u.status = 'held' ORDER BY o.id
            """
        ),
        {"ids": list(order_ids)},
    )
    return [HeldUse(*row) for row in rows]


def lock_refunded(session: Session, order_ids: Collection[uuid.UUID]) -> list[RefundedUse]:
    """The points that were used for these orders, locked."""
    rows = session.execute(
        text(
            """
            SELECT u.id, o.id, u.member, u.points, u.returned_points, u.facts, o.total_minor, o.refunded_minor
            FROM orders o JOIN point_uses u ON u.purpose = 'order' AND u.subject_id = o.id
            WHERE o.id = ANY(:ids) AND u.status = 'used' ORDER BY u.id FOR UPDATE OF u
            """
        ),
        {"ids": list(order_ids)},
    )
    return [RefundedUse(*row) for row in rows]


def find(session: Session, purpose: str, subject_id: uuid.UUID) -> UseRow | None:
    """What was used for this, locked."""
    row = session.execute(
        text(
            "SELECT id, member, points, returned_points, status FROM point_uses"
            " WHERE purpose = :purpose AND subject_id = :subject FOR UPDATE"
        ),
        {"purpose": purpose, "subject": subject_id},
    ).one_or_none()
    return UseRow(*row) if row else None


def add(session: Session, use: UseRow, purpose: Purpose, parts: Sequence[Part], now: datetime) -> None:
    """Append a use with the lots that it was taken from."""
    session.execute(
        text(
            """
            WITH used AS (
                INSERT INTO point_uses (id, member, purpose, subject_id, points, status, facts, begun_at)
                VALUES (:id, :member, :purpose, :subject, :points, :status, CAST(:facts AS jsonb), :now) RETURNING id
            )
            INSERT INTO point_use_lots (use_id, lot_id, points)
            SELECT used.id, part.lot_id, part.points
            FROM used, unnest(CAST(:lots AS uuid[]), CAST(:parts AS bigint[])) AS part (lot_id, points)
            """
        ),
        {
            "id": use.id,
            "member": use.member,
            "purpose": purpose.kind,
            "subject": purpose.subject_id,
            "points": use.points,
            "status": use.status,
            "facts": json.dumps(purpose.facts, ensure_ascii=False),
            "now": now,
            "lots": [part.lot_id for part in parts],
            "parts": [part.points for part in parts],
        },
    )


def settle(session: Session, purpose: str, subject_ids: Collection[uuid.UUID]) -> list[UseRow]:
    """What was set aside for these is used; returns those that were not before, in the order of their ids."""
    rows = session.execute(
        text(
            "UPDATE point_uses SET status = 'used' WHERE purpose = :purpose AND subject_id = ANY(:subjects)"
            " AND status = 'held' RETURNING id, member, points, returned_points, status"
        ),
        {"purpose": purpose, "subjects": list(subject_ids)},
    )
    return sorted(UseRow(*row) for row in rows)


def lots_of(session: Session, use_id: uuid.UUID) -> list[Part]:
    """What did not come back yet, by lot, the last to expire first."""
    rows = session.execute(
        text(
            """
            SELECT u.lot_id, u.points - u.returned_points FROM point_use_lots u JOIN point_lots l ON l.id = u.lot_id
            WHERE u.use_id = :id AND u.points > u.returned_points ORDER BY l.expires_at DESC, l.id DESC
            """
        ),
        {"id": use_id},
    )
    return [Part(*row) for row in rows]


def note_returned(session: Session, use_id: uuid.UUID, parts: Sequence[Part]) -> None:
    """These points of the use came back."""
    session.execute(
        text(
            """
            WITH back AS (
                UPDATE point_use_lots u SET returned_points = returned_points + part.points
                FROM unnest(CAST(:lots AS uuid[]), CAST(:parts AS bigint[])) AS part (lot_id, points)
                WHERE u.use_id = :id AND u.lot_id = part.lot_id RETURNING part.points
            )
            UPDATE point_uses SET returned_points = returned_points + b.points,
                status = CASE WHEN returned_points + b.points = point_uses.points THEN 'returned' ELSE status END
            FROM (SELECT CAST(sum(points) AS bigint) AS points FROM back) b WHERE id = :id
            """
        ),
        {"id": use_id, "lots": [part.lot_id for part in parts], "parts": [part.points for part in parts]},
    )
