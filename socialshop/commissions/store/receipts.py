"""When goods were received: accruals that waited for it learn when they mature."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def lock_orders(session: Session, order_ids: Sequence[uuid.UUID]) -> None:
    """Nobody else changes what these orders' accruals will come to; taken in id order."""
    session.execute(
        text("SELECT FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": list(order_ids)},
    )


def unaccrued(session: Session, order_ids: Sequence[uuid.UUID]) -> bool:
    """Whether goods of these orders have not accrued."""
    return bool(
        session.execute(
            text(
                """
                SELECT EXISTS (
                    SELECT FROM order_lines l LEFT JOIN accrued_lines a ON a.order_line_id = l.id
                    WHERE l.order_id = ANY(CAST(:ids AS uuid[])) AND l.kind = 'goods' AND a.order_line_id IS NULL
                )
                """
            ),
            {"ids": list(order_ids)},
        ).scalar()
    )


def record_receipts(session: Session, order_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Write down from when accruals of these orders are held, where they accrued before anybody knew; once an order."""
    session.execute(
        text(
            """
            INSERT INTO accrued_receipts (order_id, held_from, recorded_at)
            SELECT o.id, o.received_at + make_interval(days => coalesce(o.return_days, 0)), :now FROM orders o
            WHERE o.id = ANY(CAST(:ids AS uuid[])) AND o.received_at IS NOT NULL AND EXISTS (
                SELECT FROM order_lines l JOIN accrued_lines a ON a.order_line_id = l.id
                WHERE l.order_id = o.id AND a.received_at IS NULL
            )
            ORDER BY o.id ON CONFLICT (order_id) DO NOTHING
            """
        ),
        {"ids": list(order_ids), "now": now},
    )


def mature(session: Session, order_ids: Sequence[uuid.UUID]) -> None:
    """Say of accruals that waited when they mature, and put those still held in the order of settlement."""
    session.execute(
        text(
            """
            WITH matured AS (
                UPDATE accruals a
                SET matures_at = r.held_from + make_interval(days => CAST(v.document ->> 'hold_days' AS integer))
                FROM accrued_receipts r
                JOIN order_lines l ON l.order_id = r.order_id
                JOIN accrued_lines s ON s.order_line_id = l.id AND s.received_at IS NULL
                JOIN commission_plan_versions v ON v.id = s.plan_version_id
                WHERE r.order_id = ANY(CAST(:ids AS uuid[])) AND a.order_line_id = l.id AND a.matures_at IS NULL
                RETURNING a.id, a.matures_at, a.status
            )
            INSERT INTO accrual_maturities (matures_at, accrual_id)
            SELECT matures_at, id FROM matured WHERE status = 'held'
            """
        ),
        {"ids": list(order_ids)},
    )
