"""Statements on orders and their lines."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.orders.rules import Status

# A part of one larger statement: an order that is placed with a seat costs no statement of its own. It reads the CTE
# `ordering (order_id, line_id, buyer, room_id, link_id, currency, amount_minor, ordered_at, sku_id, title, quantity,
# return_days)`.
PLACED = """
    placed AS (
        INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at, room_id, link_id,
            return_days)
        SELECT order_id, 'room', buyer,
            coalesce((SELECT uplines FROM referral_nodes WHERE member_number = buyer), '{}'),
            'awaiting_payment', currency, amount_minor, ordered_at, room_id, link_id, return_days
        FROM ordering
    ), lined AS (
        INSERT INTO order_lines (id, order_id, line, quantity, amount_minor, sku_id, title)
        SELECT line_id, order_id, 1, quantity, amount_minor, sku_id, title FROM ordering
    )
"""

# Of `:member`: whether an order of theirs was ever paid and stands, or stood until it was refunded. One that waits for
# its room counts; money that went back because no room came about does not.
BOUGHT_BEFORE = """
    EXISTS (
        SELECT FROM orders WHERE orders.buyer = :member AND (
            orders.status IN ('paid', 'confirmed', 'shipped', 'received', 'completed')
            OR (orders.status = 'refunded' AND (orders.host IS NOT NULL OR orders.source = 'import')))
    )
"""

_COLUMNS = (
    "id, buyer, status, currency, total_minor, refunded_minor, ordered_at, room_id, carrier, tracking, shipped_at,"
    " received_at, completes_at"
)


class BuyerRow(NamedTuple):
    """Who bought, and who stood above at the sale, the nearest first."""

    buyer: int
    uplines: list[int]


class OrderRow(NamedTuple):
    """An order without its lines."""

    id: uuid.UUID
    buyer: int
    status: Status
    currency: str
    total_minor: int
    refunded_minor: int
    ordered_at: datetime
    room_id: uuid.UUID | None
    carrier: str | None
    tracking: str | None
    shipped_at: datetime | None
    received_at: datetime | None
    completes_at: datetime | None


class LineRow(NamedTuple):
    """One line; an imported one has neither title nor unit."""

    order_id: uuid.UUID
    title: str | None
    sku_id: uuid.UUID | None
    quantity: int
    amount_minor: int
    kind: Literal["goods", "shipping", "gift"]


class ReceivedLine(NamedTuple):
    """A line of an order whose buyer has the goods, and the product that it is of."""

    id: uuid.UUID
    order_id: uuid.UUID
    product_id: uuid.UUID
    title: str
    received_at: datetime


class ConfirmedRow(NamedTuple):
    """An order whose money was taken into its room's escrow; `steps`: what each step adds to its price, if any acts.

    `rebate_minor` is what the room's fill gave back, `shipping_rebate_minor` what of it was for sending the goods.
    `by_plan`: the steps that the buyer's plan brought about, or made larger than the tier would.
    """

    id: uuid.UUID
    buyer: int
    room_id: uuid.UUID
    total_minor: int
    rebate_minor: int
    shipping_rebate_minor: int
    currency: str
    steps: Mapping[str, int]
    by_plan: Sequence[str]


class ReceivedRow(NamedTuple):
    """An order whose buyer has the goods."""

    id: uuid.UUID
    received_at: datetime
    return_days: int


def find(session: Session, order_id: uuid.UUID) -> OrderRow | None:
    """The order, unlocked."""
    row = session.execute(text(f"SELECT {_COLUMNS} FROM orders WHERE id = :id"), {"id": order_id}).one_or_none()  # noqa: S608
    return _order(row) if row else None


def lock(session: Session, order_id: uuid.UUID) -> OrderRow | None:
    """The order, for this transaction alone to change."""
    statement = f"SELECT {_COLUMNS} FROM orders WHERE id = :id FOR NO KEY UPDATE"  # noqa: S608  (a constant)
    row = session.execute(text(statement), {"id": order_id}).one_or_none()
    return _order(row) if row else None


def buyers(session: Session, order_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, BuyerRow]:
    """The buyer of each of these orders, by the order's id."""
    rows = session.execute(text("SELECT id, buyer, uplines FROM orders WHERE id = ANY(:ids)"), {"ids": list(order_ids)})
    return {row.id: BuyerRow(row.buyer, row.uplines) for row in rows}


def of_buyer(session: Session, buyer: int, before: uuid.UUID | None, limit: int) -> list[OrderRow]:
    """Up to `limit` orders of this member, the newest first, that are older than `before`."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM orders WHERE buyer = :buyer"  # noqa: S608  (a constant)
            " AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"buyer": buyer, "before": before, "limit": limit},
    )
    return [_order(row) for row in rows]


def lines_of(session: Session, order_ids: Collection[uuid.UUID]) -> list[LineRow]:
    """The lines of these orders, each order's in their order."""
    rows = session.execute(
        text(
            "SELECT order_id, title, sku_id, quantity, amount_minor, kind FROM order_lines"
            " WHERE order_id = ANY(:ids) ORDER BY order_id, line"
        ),
        {"ids": list(order_ids)},
    )
    return [LineRow(*row) for row in rows]


def received_lines(
    session: Session, buyer: int, order_id: uuid.UUID | None, line_id: uuid.UUID | None, limit: int
) -> list[ReceivedLine]:
    """Up to `limit` lines that a buyer has received and kept, the newest order first: of an order, one line, or all."""
    rows = session.execute(
        text(
            """
            SELECT l.id, l.order_id, s.product_id, coalesce(l.title, s.title), o.received_at
            FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN skus s ON s.id = l.sku_id
            WHERE o.buyer = :buyer AND o.status IN ('received', 'completed')
                AND (CAST(:order_id AS uuid) IS NULL OR o.id = :order_id)
                AND (CAST(:line_id AS uuid) IS NULL OR l.id = :line_id)
            ORDER BY o.id DESC, l.line LIMIT :limit
            """
        ),
        {"buyer": buyer, "order_id": order_id, "line_id": line_id, "limit": limit},
    )
    return [ReceivedLine(*row) for row in rows]


def move(session: Session, order_ids: Collection[uuid.UUID], sources: Sequence[Status], target: Status) -> None:
    """Take these orders to `target`; those that stand in none of `sources` stay where they are."""
    session.execute(
        text("UPDATE orders SET status = :target WHERE id = ANY(:ids) AND status = ANY(:sources)"),
        {"ids": list(order_ids), "sources": [s.value for s in sources], "target": target.value},
    )


def confirm(session: Session, hosts: Mapping[uuid.UUID, int]) -> list[ConfirmedRow]:
    """Confirm the paid ones of these orders, each with its room's host; returns those that were not before.

    What the room's fill gave back of them counts as refunded.
    """
    rows = session.execute(
        text(
            """
            UPDATE orders o SET status = 'confirmed', host = given.host,
                refunded_minor = back.goods_minor + back.shipping_minor, shipping_refunded_minor = back.shipping_minor
            FROM unnest(CAST(:ids AS uuid[]), CAST(:hosts AS bigint[])) AS given (id, host)
            CROSS JOIN LATERAL (
                SELECT CAST(coalesce(sum(r.goods_minor), 0) AS bigint) AS goods_minor,
                    CAST(coalesce(sum(r.shipping_minor), 0) AS bigint) AS shipping_minor
                FROM order_rebates r WHERE r.order_id = given.id
            ) back
            WHERE o.id = given.id AND o.status = 'paid'
            RETURNING o.id, o.buyer, o.room_id, o.total_minor, o.refunded_minor, o.shipping_refunded_minor,
                o.currency, coalesce((
                SELECT jsonb_object_agg(p.kind, p.amount_minor) FROM (
                    SELECT kind, sum(amount_minor) AS amount_minor FROM order_price_lines WHERE order_id = o.id
                    GROUP BY kind) p), '{}'),
                ARRAY(SELECT kind FROM order_price_lines WHERE order_id = o.id AND facts -> 'by_plan' IS NOT NULL)
            """
        ),
        {"ids": list(hosts), "hosts": list(hosts.values())},
    )
    return [ConfirmedRow(*row) for row in rows]


# Of the orders that were moved, those of whose price points pay a part, or on which coupons act.
_SET_ASIDE_FOR = """
    RETURNING id, EXISTS (
        SELECT FROM order_price_lines p WHERE p.order_id = orders.id
            AND p.kind IN ('points', 'coupon', 'gift', 'shipping_coupon')
    ) AS set_aside
"""


def cancel(session: Session, order_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Cancel these orders, whose money was not taken; returns those for which points or coupons are set aside."""
    rows = session.execute(
        text(
            f"""
            UPDATE orders SET status = 'cancelled'
            WHERE id = ANY(:ids) AND status IN ('awaiting_payment', 'paid') {_SET_ASIDE_FOR}
            """  # noqa: S608 - a constant of this module
        ),
        {"ids": list(order_ids)},
    )
    return [row.id for row in rows if row.set_aside]


def refund_whole(session: Session, order_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """All the held money of these orders went back; returns those for which points or coupons are set aside."""
    rows = session.execute(
        text(
            f"""
            UPDATE orders SET status = 'refunded', refunded_minor = total_minor,
                shipping_refunded_minor = shipping_minor
            WHERE id = ANY(:ids) AND status IN ('paid', 'cancelled') {_SET_ASIDE_FOR}
            """  # noqa: S608 - a constant of this module
        ),
        {"ids": list(order_ids)},
    )
    return [row.id for row in rows if row.set_aside]


def ship(session: Session, order_id: uuid.UUID, carrier: str, tracking: str, now: datetime) -> None:
    """The confirmed order is on its way."""
    session.execute(
        text(
            "UPDATE orders SET status = 'shipped', shipped_at = :now, carrier = :carrier, tracking = :tracking"
            " WHERE id = :id AND status = 'confirmed'"
        ),
        {"id": order_id, "carrier": carrier, "tracking": tracking, "now": now},
    )


_RECEIVED = """
    UPDATE orders SET status = 'received', received_at = :now, completes_at = :now + return_days * interval '1 day'
    WHERE {} RETURNING id, received_at, return_days
"""


def receive(session: Session, order_id: uuid.UUID, now: datetime) -> list[ReceivedRow]:
    """The buyer has the shipped goods; nothing where the order stands otherwise."""
    statement = _RECEIVED.format("id = :id AND status = 'shipped'")
    rows = session.execute(text(statement), {"id": order_id, "now": now})
    return [ReceivedRow(*row) for row in rows]


def receive_overdue(session: Session, now: datetime, after: timedelta, limit: int) -> list[ReceivedRow]:
    """Up to `limit` orders that were shipped `after` ago or earlier and of which nobody has said a word."""
    statement = _RECEIVED.format(
        "id IN (SELECT id FROM orders WHERE status = 'shipped' AND shipped_at <= :before"
        " ORDER BY shipped_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)"
    )
    rows = session.execute(text(statement), {"before": now - after, "limit": limit, "now": now})
    return [ReceivedRow(*row) for row in rows]


def complete_due(session: Session, now: datetime, limit: int) -> list[uuid.UUID]:
    """Complete up to `limit` orders whose time to send back is over; returns them."""
    rows = session.execute(
        text(
            """
            UPDATE orders SET status = 'completed' WHERE id IN (
                SELECT id FROM orders WHERE status = 'received' AND completes_at <= :now
                ORDER BY completes_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING id
            """
        ),
        {"now": now, "limit": limit},
    )
    return list(rows.scalars())


def _order(row: Sequence[object]) -> OrderRow:
    found = OrderRow(*row)  # type: ignore[arg-type]
    return found._replace(status=Status(found.status))


class Sought(NamedTuple):
    """An order in a list of everybody's, with its buyer's name (None for who has left or has none)."""

    id: uuid.UUID
    buyer_name: str | None
    status: Status
    currency: str
    total_minor: int
    refunded_minor: int
    ordered_at: datetime
    title: str | None


def search(
    session: Session,
    *,
    status: str | None,
    name: str | None,
    order_id: uuid.UUID | None,
    before: uuid.UUID | None,
    limit: int,
) -> list[Sought]:
    """Up to `limit` orders of anybody, the newest first: in a status, of buyers whose name has this, of this id."""
    rows = session.execute(
        text(
            """
            SELECT o.id, p.display_name, o.status, o.currency, o.total_minor, o.refunded_minor, o.ordered_at,
                   (SELECT l.title FROM order_lines l WHERE l.order_id = o.id ORDER BY l.line LIMIT 1)
            FROM orders o JOIN members m ON m.number = o.buyer LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE (CAST(:status AS text) IS NULL OR o.status = :status)
              AND (CAST(:name AS text) IS NULL OR strpos(lower(p.display_name), lower(:name)) > 0)
              AND (CAST(:id AS uuid) IS NULL OR o.id = :id)
              AND (CAST(:before AS uuid) IS NULL OR o.id < :before)
            ORDER BY o.id DESC LIMIT :limit
            """
        ),
        {"status": status, "name": name, "id": order_id, "before": before, "limit": limit},
    )
    return [Sought(*row)._replace(status=Status(row.status)) for row in rows]


class ToDo(NamedTuple):
    """How many orders are to be sent, and since when the oldest; how many refunds are to be decided, and since when."""

    to_ship: int
    oldest_order_at: datetime | None
    refunds: int
    oldest_refund_at: datetime | None


def to_do(session: Session) -> ToDo:
    """What waits for a person. One statement."""
    row = session.execute(
        text(
            """
            SELECT o.number, o.oldest, r.number, r.oldest
            FROM (SELECT count(*) AS number, min(ordered_at) AS oldest FROM orders WHERE status = 'confirmed') o,
                 (SELECT count(*) AS number, min(requested_at) AS oldest FROM refunds WHERE status = 'requested') r
            """
        )
    ).one()
    return ToDo(*row)
