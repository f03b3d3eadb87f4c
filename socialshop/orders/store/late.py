"""Orders whose money came after their seat was lost: what was decided, and an order that stands again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# A part of one larger statement, as `PLACED` is. It reads the CTE `reviving (order_id, room_id)`; `revived` has a row
# if the order was cancelled and awaits its payment again. One whose price points or coupons paid a part of does not:
# those went back to the buyer with the seat.
REVIVED = """
    revived AS (
        UPDATE orders o SET status = 'awaiting_payment', room_id = r.room_id FROM reviving r
        WHERE o.id = r.order_id AND o.status = 'cancelled' AND NOT EXISTS (
            SELECT FROM order_price_lines p WHERE p.order_id = o.id
                AND p.kind IN ('points', 'coupon', 'gift', 'shipping_coupon'))
        RETURNING o.id
    )
"""


class LateRow(NamedTuple):
    """What was decided about money that came too late; `reason` is why it went back, where it did."""

    order_id: uuid.UUID
    from_room: uuid.UUID
    to_room: uuid.UUID | None
    decision: str
    reason: str | None


def add(session: Session, rows: Sequence[LateRow], now: datetime) -> list[uuid.UUID]:
    """Write decisions down; an order that has one keeps it. Returns the orders that had none. One statement."""
    added = session.execute(
        text(
            """
            INSERT INTO late_payments (order_id, from_room, to_room, decision, reason, decided_at)
            SELECT *, :now FROM unnest(CAST(:order_id AS uuid[]), CAST(:from_room AS uuid[]), CAST(:to_room AS uuid[]),
                CAST(:decision AS text[]), CAST(:reason AS text[]))
            ON CONFLICT (order_id) DO NOTHING RETURNING order_id
            """
        ),
        {**{name: [getattr(row, name) for row in rows] for name in LateRow._fields}, "now": now},
    )
    return list(added.scalars())


def of_orders(session: Session, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, LateRow]:
    """The decisions about these orders, by order."""
    rows = session.execute(
        text("SELECT order_id, from_room, to_room, decision, reason FROM late_payments WHERE order_id = ANY(:ids)"),
        {"ids": list(order_ids)},
    )
    return {row.order_id: LateRow(*row) for row in rows}
