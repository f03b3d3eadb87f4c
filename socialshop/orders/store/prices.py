"""Statements on what a price is made of."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.orders.pricing import PriceLine, Step


def reprice(session: Session, order_id: uuid.UUID, lines: Sequence[PriceLine], total_minor: int) -> None:
    """The order, of one line, costs the sum of these steps; its line is what is paid for the goods."""
    session.execute(
        text(
            """
            WITH priced AS (
                UPDATE orders SET total_minor = :total WHERE id = :id RETURNING id
            ), lined AS (
                UPDATE order_lines l SET amount_minor = :total FROM priced WHERE l.order_id = priced.id
            )
            INSERT INTO order_price_lines (order_id, line, kind, amount_minor)
            SELECT priced.id, step.line, step.kind, step.amount_minor
            FROM priced, unnest(CAST(:kinds AS text[]), CAST(:amounts AS bigint[])) WITH ORDINALITY
                AS step (kind, amount_minor, line)
            """
        ),
        {
            "id": order_id,
            "total": total_minor,
            "kinds": [line.kind.value for line in lines],
            "amounts": [line.amount_minor for line in lines],
        },
    )


def steps_of(session: Session, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[PriceLine]]:
    """The steps of these orders' prices, of those that have any."""
    rows = session.execute(
        text(
            "SELECT order_id, kind, amount_minor FROM order_price_lines WHERE order_id = ANY(:ids)"
            " ORDER BY order_id, line"
        ),
        {"ids": list(order_ids)},
    )
    found: dict[uuid.UUID, list[PriceLine]] = {}
    for order_id, kind, amount_minor in rows:
        found.setdefault(order_id, []).append(PriceLine(Step(kind), amount_minor))
    return found
