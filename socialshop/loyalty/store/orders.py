"""What loyalty reads of orders, by declared columns."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class PaidOrder(NamedTuple):
    """An order of a room: what is left of what was paid for its goods, and whether its goods can still be sent back.

    `campaign_bps`: the largest multiplier of points of a campaign that treated the buyer when the order was placed.
    """

    id: uuid.UUID
    buyer: int
    paid_minor: int
    completed: bool
    placed_at: datetime
    campaign_bps: int | None


# The largest multiplier of points of a campaign that treats `buyer` at the instant `ordered_at`.
_CAMPAIGN_BPS = """
    SELECT max(c.multiplier_bps) FROM campaign_members g JOIN campaigns c ON c.id = g.campaign_id
    WHERE g.member = buyer AND g.treated AND c.drawn_at IS NOT NULL
        AND c.starts_at <= ordered_at AND ordered_at < least(c.ends_at, c.cancelled_at)
"""


def campaign_boost(session: Session, buyer: int, at: datetime) -> int | None:
    """The largest multiplier of points of a campaign that treats the buyer at an instant."""
    placed = "(SELECT CAST(:buyer AS bigint) AS buyer, CAST(:at AS timestamptz) AS ordered_at) AS o"
    found = session.execute(text(f"SELECT ({_CAMPAIGN_BPS}) FROM {placed}"), {"buyer": buyer, "at": at})  # noqa: S608
    return found.scalar_one()  # type: ignore[no-any-return]


def lock_paid(session: Session, order_ids: Collection[uuid.UUID], currency: str) -> list[PaidOrder]:
    """The orders of these that were placed in rooms, in this currency.

    Locked against whoever completes or refunds one: the two find what this transaction gave, or this one finds theirs.
    """
    rows = session.execute(
        text(
            f"""
            SELECT id, buyer, goods_paid(o), status = 'completed', ordered_at, ({_CAMPAIGN_BPS})
            FROM orders o
            WHERE id = ANY(:ids) AND source = 'room' AND currency = :currency
                AND status IN ('confirmed', 'shipped', 'received', 'completed')
            ORDER BY id FOR SHARE
            """  # noqa: S608 - a constant of this module
        ),
        {"ids": list(order_ids), "currency": currency},
    )
    return [PaidOrder(*row) for row in rows]
