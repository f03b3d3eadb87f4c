"""What the deals of a flash session brought."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.money import Money


class SessionDealRow(NamedTuple):
    """One deal of a session: seats taken, rooms of them that filled, and sales less what went back, in its currency."""

    deal_id: uuid.UUID
    title: str
    seats: int
    filled: int
    sales_minor: int
    currency: str

    @property
    def sales(self) -> Money:
        """The sales as money."""
        return Money(self.sales_minor, self.currency)


def results(session: Session, session_id: uuid.UUID) -> list[SessionDealRow]:
    """The deals of a session in its order; of one that does not hold to it, what was taken while it was live."""
    rows = session.execute(
        text(
            """
            SELECT d.id, d.title, count(s.id), count(DISTINCT r.id) FILTER (WHERE r.status = 'filled'),
                coalesce(sum(o.total_minor - o.refunded_minor) FILTER (
                    WHERE o.status IN ('confirmed', 'shipped', 'received', 'completed', 'refunded')), 0)::bigint,
                k.currency
            FROM flash_session_picks p
            JOIN flash_sessions f ON f.id = p.session_id
            JOIN deals d ON d.id = p.deal_id
            JOIN skus k ON k.id = d.sku_id
            LEFT JOIN (rooms r JOIN seats s ON s.room_id = r.id) ON r.deal_id = p.deal_id
                AND (p.holds OR (s.claimed_at >= f.starts_at
                    AND s.claimed_at < least(f.ends_at, coalesce(f.cancelled_at, f.ends_at))))
            LEFT JOIN orders o ON o.id = s.order_id
            WHERE p.session_id = :id GROUP BY d.id, d.title, k.currency, p.place ORDER BY p.place
            """
        ),
        {"id": session_id},
    )
    return [SessionDealRow(*row) for row in rows]
