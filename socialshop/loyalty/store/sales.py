"""Sales as loyalty counts them: a projection of confirmed orders of rooms, and of what refunds leave of them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Confirmed(NamedTuple):
    """A confirmed order that is not noted yet.

    `linked` owns the invite link that the order names, `attributed` the one through which the buyer became a member.
    """

    order_id: uuid.UUID
    buyer: int
    sponsor: int | None
    linked: int | None
    attributed: int | None
    currency: str
    left_minor: int
    placed_at: datetime


class Sale(NamedTuple):
    """A sale: who bought, who brought the buyer, whose link led there; `stands` until all its money went back."""

    order_id: uuid.UUID
    buyer: int
    sponsor: int | None
    sharer: int | None
    stands: bool
    placed_at: datetime

    @property
    def concerned(self) -> set[int]:
        """Everybody whose points or missions the sale may move."""
        return {member for member in (self.buyer, self.sponsor, self.sharer) if member is not None}


class Friend(NamedTuple):
    """An instant at which somebody whom the sponsor brought in bought."""

    sponsor: int
    placed_at: datetime


def lock_confirmed(session: Session, order_ids: Collection[uuid.UUID]) -> list[Confirmed]:
    """The orders of these that were placed in rooms, stand, and are not noted yet.

    Locked against whoever refunds one: that one finds the sale noted, or this one finds what is left.
    """
    rows = session.execute(
        text(
            """
            SELECT o.id, o.buyer, o.uplines[1], linked.number, attributed.number, o.currency,
                o.total_minor - o.refunded_minor, o.ordered_at
            FROM orders o
            LEFT JOIN invite_links l ON l.id = o.link_id
            LEFT JOIN members linked ON linked.id = l.owner_id
            LEFT JOIN members b ON b.number = o.buyer
            LEFT JOIN attributions a ON a.member_id = b.id
            LEFT JOIN invite_links c ON c.id = a.link_id
            LEFT JOIN members attributed ON attributed.id = c.owner_id
            WHERE o.id = ANY(:ids) AND o.source = 'room' AND o.total_minor > o.refunded_minor
                AND o.status IN ('confirmed', 'shipped', 'received', 'completed')
                AND NOT EXISTS (SELECT FROM loyalty_sales s WHERE s.order_id = o.id)
            ORDER BY o.id FOR SHARE OF o
            """
        ),
        {"ids": list(order_ids)},
    )
    return [Confirmed(*row) for row in rows]


def note(session: Session, found: Sequence[Confirmed]) -> list[Sale]:
    """Note these sales, whose buyers are locked; returns those that were not noted before.

    Who shared is the owner of the link that the order names; of a buyer's first sale without one, of the link through
    which the buyer came.
    """
    rows = session.execute(
        text(
            """
            INSERT INTO loyalty_sales (order_id, buyer, sponsor, sharer, currency, left_minor, placed_at)
            SELECT t.order_id, t.buyer, t.sponsor, nullif(coalesce(t.linked, CASE
                WHEN row_number() OVER (PARTITION BY t.buyer ORDER BY t.placed_at, t.order_id) = 1
                    AND NOT EXISTS (SELECT FROM loyalty_sales e WHERE e.buyer = t.buyer) THEN t.attributed
            END), t.buyer), t.currency, t.left_minor, t.placed_at
            FROM unnest(CAST(:orders AS uuid[]), CAST(:buyers AS bigint[]), CAST(:sponsors AS bigint[]),
                CAST(:linked AS bigint[]), CAST(:attributed AS bigint[]), CAST(:currencies AS text[]),
                CAST(:left AS bigint[]), CAST(:placed AS timestamptz[]))
                AS t (order_id, buyer, sponsor, linked, attributed, currency, left_minor, placed_at)
            ORDER BY t.order_id
            ON CONFLICT (order_id) DO NOTHING
            RETURNING order_id, buyer, sponsor, sharer, true, placed_at
            """
        ),
        {
            "orders": [each.order_id for each in found],
            "buyers": [each.buyer for each in found],
            "sponsors": [each.sponsor for each in found],
            "linked": [each.linked for each in found],
            "attributed": [each.attributed for each in found],
            "currencies": [each.currency for each in found],
            "left": [each.left_minor for each in found],
            "placed": [each.placed_at for each in found],
        },
    )
    return [Sale(*row) for row in rows]


def noted(session: Session, order_ids: Collection[uuid.UUID]) -> list[Sale]:
    """Those of these orders that were noted as sales."""
    rows = session.execute(
        text(
            "SELECT order_id, buyer, sponsor, sharer, left_minor > 0, placed_at FROM loyalty_sales"
            " WHERE order_id = ANY(:ids)"
        ),
        {"ids": list(order_ids)},
    )
    return [Sale(*row) for row in rows]


def note_left(session: Session, order_ids: Collection[uuid.UUID]) -> list[Sale]:
    """Note what refunds left of these sales."""
    rows = session.execute(
        text(
            """
            UPDATE loyalty_sales s SET left_minor = o.total_minor - o.refunded_minor
            FROM orders o WHERE o.id = s.order_id AND s.order_id = ANY(:ids)
            RETURNING s.order_id, s.buyer, s.sponsor, s.sharer, s.left_minor > 0, s.placed_at
            """
        ),
        {"ids": list(order_ids)},
    )
    return [Sale(*row) for row in rows]


def friends_bought(session: Session, sales: Iterable[Sale]) -> list[Friend]:
    """When the buyers of these sales ever bought: a sale that comes or goes may make another their first."""
    pairs = sorted({(sale.sponsor, sale.buyer) for sale in sales if sale.sponsor is not None})
    if not pairs:
        return []
    rows = session.execute(
        text(
            """
            SELECT s.sponsor, s.placed_at FROM loyalty_sales s
            JOIN unnest(CAST(:sponsors AS bigint[]), CAST(:buyers AS bigint[])) AS t (sponsor, buyer)
                ON s.sponsor = t.sponsor AND s.buyer = t.buyer
            """
        ),
        {"sponsors": [sponsor for sponsor, _ in pairs], "buyers": [buyer for _, buyer in pairs]},
    )
    return [Friend(*row) for row in rows]
