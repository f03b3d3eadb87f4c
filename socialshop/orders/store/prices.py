"""Statements on what a price is made of."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids
from socialshop.orders.pricing import PriceLine, Step


class ExtraLine(NamedTuple):
    """A line of an order beside its goods: what sending costs, or a gift, which costs nothing."""

    kind: Literal["shipping", "gift"]
    title: str | None
    amount_minor: int


def reprice(
    session: Session,
    order_id: uuid.UUID,
    lines: Sequence[PriceLine],
    *,
    goods_minor: int,
    shipping_minor: int,
    extra: Sequence[ExtraLine],
) -> None:
    """The order, of one line until now, costs the sum of these steps; that line is what is paid for the goods."""
    session.execute(
        text(
            """
            WITH priced AS (
                UPDATE orders SET total_minor = CAST(:goods AS bigint) + :shipping, shipping_minor = :shipping
                WHERE id = :id RETURNING id
            ), lined AS (
                UPDATE order_lines l SET amount_minor = :goods FROM priced WHERE l.order_id = priced.id
            ), added AS (
                INSERT INTO order_lines (id, order_id, line, quantity, amount_minor, title, kind)
                SELECT extra.id, priced.id, extra.line + 1, 1, extra.amount_minor, extra.title, extra.kind
                FROM priced, unnest(CAST(:extra_ids AS uuid[]), CAST(:extra_kinds AS text[]),
                    CAST(:extra_titles AS text[]), CAST(:extra_amounts AS bigint[])) WITH ORDINALITY
                    AS extra (id, kind, title, amount_minor, line)
            )
            INSERT INTO order_price_lines (order_id, line, kind, amount_minor, facts)
            SELECT priced.id, step.line, step.kind, step.amount_minor, CAST(step.facts AS jsonb)
            FROM priced, unnest(CAST(:kinds AS text[]), CAST(:amounts AS bigint[]), CAST(:facts AS text[]))
                WITH ORDINALITY AS step (kind, amount_minor, facts, line)
            """
        ),
        {
            "id": order_id,
            "goods": goods_minor,
            "shipping": shipping_minor,
            "extra_ids": new_ids(len(extra)),
            "extra_kinds": [line.kind for line in extra],
            "extra_titles": [line.title for line in extra],
            "extra_amounts": [line.amount_minor for line in extra],
            "kinds": [line.kind.value for line in lines],
            "amounts": [line.amount_minor for line in lines],
            "facts": [json.dumps(dict(line.facts), ensure_ascii=False) for line in lines],
        },
    )


def steps_of(session: Session, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[PriceLine]]:
    """The steps of these orders' prices, of those that have any."""
    rows = session.execute(
        text(
            "SELECT order_id, kind, amount_minor, facts FROM order_price_lines WHERE order_id = ANY(:ids)"
            " ORDER BY order_id, line"
        ),
        {"ids": list(order_ids)},
    )
    found: dict[uuid.UUID, list[PriceLine]] = {}
    for order_id, kind, amount_minor, facts in rows:
        found.setdefault(order_id, []).append(PriceLine(Step(kind), amount_minor, facts))
    return found
