"""Statements on what fills give back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.orders.rebates import Priced, Rebate, RebateKind


def priced(session: Session, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Priced]:
    """What was paid for these orders, by order."""
    rows = session.execute(
        text(
            """
            SELECT o.id, o.total_minor - o.shipping_minor, o.shipping_minor, coalesce((
                SELECT jsonb_object_agg(p.kind, p.amount_minor) FROM (
                    SELECT kind, sum(amount_minor) AS amount_minor FROM order_price_lines WHERE order_id = o.id
                    GROUP BY kind) p), '{}')
            FROM orders o WHERE o.id = ANY(:ids)
            """
        ),
        {"ids": list(order_ids)},
    )
    return {row[0]: Priced(*row[1:]) for row in rows}


def add(session: Session, found: Mapping[uuid.UUID, Sequence[Rebate]]) -> None:
    """Append what goes back of these orders; what was decided before stays."""
    rows = [(order_id, rebate) for order_id, rebates in found.items() for rebate in rebates]
    if not rows:
        return
    session.execute(
        text(
            """
            INSERT INTO order_rebates (order_id, kind, goods_minor, shipping_minor, facts)
            SELECT order_id, kind, goods_minor, shipping_minor, CAST(facts AS jsonb) FROM unnest(
                CAST(:orders AS uuid[]), CAST(:kinds AS text[]), CAST(:goods AS bigint[]), CAST(:shipping AS bigint[]),
                CAST(:facts AS text[])) AS given (order_id, kind, goods_minor, shipping_minor, facts)
            ON CONFLICT (order_id, kind) DO NOTHING
            """
        ),
        {
            "orders": [order_id for order_id, _ in rows],
            "kinds": [rebate.kind.value for _, rebate in rows],
            "goods": [rebate.goods_minor for _, rebate in rows],
            "shipping": [rebate.shipping_minor for _, rebate in rows],
            "facts": [json.dumps(dict(rebate.facts), ensure_ascii=False) for _, rebate in rows],
        },
    )


def rebated(session: Session, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """Of those of these orders of which something goes back: how much, and the order's total."""
    rows = session.execute(
        text(
            """
            SELECT o.id, CAST(sum(r.goods_minor + r.shipping_minor) AS bigint), o.total_minor
            FROM orders o JOIN order_rebates r ON r.order_id = o.id WHERE o.id = ANY(:ids) GROUP BY o.id
            """
        ),
        {"ids": list(order_ids)},
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def of_orders(session: Session, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Rebate]]:
    """What went back of these orders, of those of which anything did."""
    rows = session.execute(
        text(
            "SELECT order_id, kind, goods_minor, shipping_minor, facts FROM order_rebates"
            " WHERE order_id = ANY(:ids) ORDER BY order_id, kind DESC"
        ),
        {"ids": list(order_ids)},
    )
    found: dict[uuid.UUID, list[Rebate]] = {}
    for order_id, kind, *amounts in rows:
        found.setdefault(order_id, []).append(Rebate(RebateKind(kind), *amounts))
    return found
