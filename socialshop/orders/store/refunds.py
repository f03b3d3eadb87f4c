"""Statements on refunds."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows
from socialshop.orders.returns import Part

_COLUMNS = (
    "id, order_id, buyer, reason, amount_minor, currency, in_window, status, requested_at, decided_at,"
    " decision_reason, failed_at, refunded_at, restock,"
    " EXISTS (SELECT FROM payment_disputes d WHERE d.id = refunds.id) AS is_disputed"
)


class RefundRow(NamedTuple):
    """A refund without its lines. `in_window`: asked for before the days to send back were over.

    `restock`: whether its goods come back into stock; None before somebody decides. `is_disputed`: a bank took it.
    """

    id: uuid.UUID
    order_id: uuid.UUID
    buyer: int
    reason: str
    amount_minor: int
    currency: str
    in_window: bool
    status: str
    requested_at: datetime
    decided_at: datetime | None
    decision_reason: str | None
    failed_at: datetime | None
    refunded_at: datetime | None
    restock: bool | None
    is_disputed: bool


class BackRow(NamedTuple):
    """Units that a refund whose money is back brings back into stock."""

    refund_id: uuid.UUID
    sku_id: uuid.UUID
    quantity: int


class PaidRow(NamedTuple):
    """A refund whose money went back just now, `shipping_minor` of it for sending the goods."""

    id: uuid.UUID
    order_id: uuid.UUID
    shipping_minor: int
    currency: str


def left_of(session: Session, order_id: uuid.UUID) -> list[Part]:
    """What no refund, open or paid, and no fill has taken of each line, in their order.

    Of what was asked back while the room waited the fill may leave less than that: nothing is left then, never less.
    """
    rows = session.execute(
        text(
            """
            SELECT l.id, l.line, CAST(greatest(0, l.amount_minor - coalesce(sum(p.amount_minor), 0) - coalesce((
                        SELECT sum(CASE l.kind WHEN 'goods' THEN b.goods_minor ELSE b.shipping_minor END)
                        FROM order_rebates b WHERE b.order_id = l.order_id AND l.kind <> 'gift'), 0)) AS bigint),
                   CAST(l.quantity - coalesce(sum(p.quantity), 0) AS bigint), l.kind
            FROM order_lines l
            LEFT JOIN (refund_lines p JOIN refunds r ON r.id = p.refund_id AND r.status <> 'rejected')
                ON p.order_line_id = l.id AND r.order_id = l.order_id
            WHERE l.order_id = :order_id GROUP BY l.id ORDER BY l.line
            """
        ),
        {"order_id": order_id},
    )
    return [Part._make(row) for row in rows]


def is_any_undecided(session: Session, order_id: uuid.UUID) -> bool:
    """Whether a refund of the order waits to be decided."""
    found = session.execute(
        text("SELECT EXISTS (SELECT FROM refunds WHERE order_id = :id AND status = 'requested')"), {"id": order_id}
    )
    return bool(found.scalar_one())


def are_all_goods_back(session: Session, order_id: uuid.UUID) -> bool:
    """Whether refunds that were approved, paid or not yet, take every unit of the order's goods."""
    found = session.execute(
        text(
            """
            SELECT count(*) > 0 AND bool_and(back.units >= l.quantity) FROM order_lines l CROSS JOIN LATERAL (
                SELECT coalesce(sum(p.quantity), 0) AS units FROM refund_lines p JOIN refunds r ON r.id = p.refund_id
                WHERE p.order_line_id = l.id AND r.order_id = l.order_id AND r.status IN ('approved', 'refunded')
            ) back WHERE l.order_id = :id AND l.kind = 'goods'
            """
        ),
        {"id": order_id},
    )
    return bool(found.scalar_one())


def add(
    session: Session, refund_id: uuid.UUID, order_id: uuid.UUID, *, reason: str, parts: Sequence[Part], now: datetime
) -> None:
    """Append a refund of these parts."""
    session.execute(
        text(
            """
            INSERT INTO refunds (id, order_id, buyer, reason, amount_minor, currency, in_window, requested_at)
            SELECT :id, id, buyer, :reason, :amount_minor, currency,
                   received_at IS NULL OR coalesce(completes_at, received_at) > :now, :now
            FROM orders WHERE id = :order_id
            """
        ),
        {
            "id": refund_id,
            "order_id": order_id,
            "reason": reason,
            "amount_minor": sum(part.amount_minor for part in parts),
            "now": now,
        },
    )
    rows = [(refund_id, part.order_line_id, part.amount_minor, part.quantity) for part in parts]
    copy_rows(session, "refund_lines", ("refund_id", "order_line_id", "amount_minor", "quantity"), rows)


def order_of(session: Session, refund_id: uuid.UUID) -> uuid.UUID | None:
    """The order of a refund."""
    found: uuid.UUID | None = session.execute(
        text("SELECT order_id FROM refunds WHERE id = :id"), {"id": refund_id}
    ).scalar_one_or_none()
    return found


def find(session: Session, refund_id: uuid.UUID) -> RefundRow:
    """The refund, which must be there."""
    statement = f"SELECT {_COLUMNS} FROM refunds WHERE id = :id"  # noqa: S608 - a constant of this module
    return RefundRow(*session.execute(text(statement), {"id": refund_id}).one())


def of_order(session: Session, order_id: uuid.UUID) -> list[RefundRow]:
    """The refunds of an order, oldest first."""
    statement = f"SELECT {_COLUMNS} FROM refunds WHERE order_id = :id ORDER BY id"  # noqa: S608 - a constant
    return [RefundRow(*row) for row in session.execute(text(statement), {"id": order_id})]


def page_of(session: Session, status: str | None, after: uuid.UUID | None, limit: int) -> list[RefundRow]:
    """Up to `limit` refunds, oldest first, after the one of this id."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM refunds WHERE (CAST(:status AS text) IS NULL OR status = :status)"  # noqa: S608
            " AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit"
        ),
        {"status": status, "after": after, "limit": limit},
    )
    return [RefundRow(*row) for row in rows]


def parts_of(session: Session, refund_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Part]]:
    """The lines of these refunds, each refund's in their order."""
    rows = session.execute(
        text(
            """
            SELECT p.refund_id, l.id, l.line, p.amount_minor, p.quantity, l.kind
            FROM refund_lines p JOIN order_lines l ON l.id = p.order_line_id
            WHERE p.refund_id = ANY(CAST(:ids AS uuid[])) ORDER BY p.refund_id, l.line
            """
        ),
        {"ids": list(refund_ids)},
    )
    found: dict[uuid.UUID, list[Part]] = {}
    for refund_id, *part in rows:
        found.setdefault(refund_id, []).append(Part(*part))
    return found


def decide(
    session: Session,
    refund_id: uuid.UUID,
    status: str,
    reason: str | None,
    now: datetime,
    *,
    restock: bool | None = None,
) -> None:
    """A requested refund is approved, its goods coming back into stock or not, or rejected."""
    session.execute(
        text(
            "UPDATE refunds SET status = :status, decision_reason = :reason, decided_at = :now, restock = :restock"
            " WHERE id = :id AND status = 'requested'"
        ),
        {"id": refund_id, "status": status, "reason": reason, "now": now, "restock": restock},
    )


def give_up(session: Session, refund_id: uuid.UUID, reason: str, now: datetime) -> None:
    """An approved refund that comes to nothing is rejected; one that is not there, or was rejected, changes nothing."""
    values = {"id": refund_id, "reason": reason, "now": now}
    again = "UPDATE refunds SET status = 'requested', decided_at = NULL, restock = NULL"
    session.execute(text(f"{again} WHERE id = :id AND status = 'approved'"), values)
    decide(session, refund_id, "rejected", reason, now)


def brought_back(session: Session, refund_ids: Collection[uuid.UUID]) -> list[BackRow]:
    """The units that those of these refunds bring back that were approved so."""
    rows = session.execute(
        text(
            """
            SELECT r.id, l.sku_id, CAST(sum(p.quantity) AS bigint)
            FROM refunds r JOIN refund_lines p ON p.refund_id = r.id JOIN order_lines l ON l.id = p.order_line_id
            WHERE r.id = ANY(CAST(:ids AS uuid[])) AND r.restock AND l.sku_id IS NOT NULL AND p.quantity > 0
            GROUP BY r.id, l.sku_id ORDER BY r.id, l.sku_id
            """
        ),
        {"ids": list(refund_ids)},
    )
    return [BackRow(*row) for row in rows]


def approve_open(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Whatever is asked back of these orders, and not decided, is approved without a person."""
    session.execute(
        text(
            "UPDATE refunds SET status = 'approved', decided_at = :now"
            " WHERE order_id = ANY(CAST(:ids AS uuid[])) AND status = 'requested'"
        ),
        {"ids": list(order_ids), "now": now},
    )


def close_with_hold(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> None:
    """The whole hold of these orders went back, and with it what was approved of them."""
    session.execute(
        text(
            "UPDATE refunds SET status = 'refunded', refunded_at = :now"
            " WHERE order_id = ANY(CAST(:ids AS uuid[])) AND status = 'approved'"
        ),
        {"ids": list(order_ids), "now": now},
    )


def request_again(session: Session, refund_ids: Collection[uuid.UUID], now: datetime) -> None:
    """The provider refused approved refunds: they wait for a decision again."""
    session.execute(
        text(
            "UPDATE refunds SET status = 'requested', decided_at = NULL, decision_reason = NULL, restock = NULL,"
            " failed_at = :now"
            " WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'approved'"
        ),
        {"ids": list(refund_ids), "now": now},
    )


def lock_orders(session: Session, refund_ids: Collection[uuid.UUID]) -> None:
    """The orders of these refunds, for this transaction alone to change; in id order."""
    session.execute(
        text(
            """
            SELECT FROM orders WHERE id IN (SELECT order_id FROM refunds WHERE id = ANY(CAST(:ids AS uuid[])))
            ORDER BY id FOR NO KEY UPDATE
            """
        ),
        {"ids": list(refund_ids)},
    )


def mark_refunded(session: Session, refund_ids: Collection[uuid.UUID], now: datetime) -> list[PaidRow]:
    """Approved refunds were paid, and their orders are refunded by so much more; returns those that were not before.

    An order of which all went back is `refunded`.
    """
    rows = session.execute(
        text(
            """
            WITH paid AS (
                UPDATE refunds SET status = 'refunded', refunded_at = :now
                WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'approved'
                RETURNING id, order_id, amount_minor, currency
            ), told AS (
                SELECT paid.*, CAST(coalesce((
                    SELECT sum(r.amount_minor) FROM refund_lines r JOIN order_lines l ON l.id = r.order_line_id
                    WHERE r.refund_id = paid.id AND l.kind = 'shipping'), 0) AS bigint) AS shipping_minor
                FROM paid
            ), orders_paid AS (
                UPDATE orders o SET refunded_minor = o.refunded_minor + p.amount_minor,
                    shipping_refunded_minor = o.shipping_refunded_minor + p.shipping_minor,
                    status = CASE WHEN o.refunded_minor + p.amount_minor >= o.total_minor THEN 'refunded'
                        ELSE o.status END
                FROM (
                    SELECT order_id, CAST(sum(amount_minor) AS bigint) AS amount_minor,
                        CAST(sum(shipping_minor) AS bigint) AS shipping_minor
                    FROM told GROUP BY order_id
                ) p
                WHERE o.id = p.order_id
            )
            SELECT id, order_id, shipping_minor, currency FROM told ORDER BY id
            """
        ),
        {"ids": list(refund_ids), "now": now},
    )
    return [PaidRow(*row) for row in rows]
