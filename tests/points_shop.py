"""Members with points, in a few lines: orders of a room without the room's own life, and what lots and books say."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from socialshop.infra.clock import ManualClock
from socialshop.infra.uow import UnitOfWork, in_unit_of_work, unit_of_work
from socialshop.kernel.currencies import POINTS
from socialshop.ledger import service as ledger
from socialshop.ledger.service import WalletBalances
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.service import using
from socialshop.loyalty.store.uses import Purpose
from socialshop.orders import service as orders

BEGINNING = datetime(2026, 3, 1, 4, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"
RETURN_DAYS = 7


@dataclass(slots=True)
class PointsShop:
    """A shop whose clock moves when told, with one room that every order was placed in."""

    app: Flask
    clock: ManualClock = field(default_factory=lambda: ManualClock(BEGINNING))
    room: uuid.UUID = field(default_factory=uuid.uuid4)

    def __post_init__(self) -> None:
        self.app.extensions["socialshop_clock"] = self.clock

    def begin(self, members: int) -> None:
        """Members 1 … n and the room."""
        with unit_of_work(self.clock) as uow:
            for number in range(1, members + 1):
                uow.session.execute(
                    text("INSERT INTO members (id, number, joined_at) VALUES (:id, :n, '2020-01-01Z')"),
                    {"id": uuid.uuid4(), "n": number},
                )
            values = {"room": self.room, "product": uuid.uuid4(), "sku": uuid.uuid4(), "deal": uuid.uuid4()}
            for statement in _ROOM:
                uow.session.execute(text(statement), values)

    def do(self, work: Any) -> Any:
        """Do it in a unit of work of its own."""
        return in_unit_of_work(work, self.clock)

    def order(self, buyer: int, paid_minor: int) -> uuid.UUID:
        """An order that its buyer has received, and its points."""
        order_id = uuid.uuid4()
        values = {"id": order_id, "buyer": buyer, "paid": paid_minor, "room": self.room, "now": self.clock.now()}
        with unit_of_work(self.clock) as uow:
            uow.session.execute(text(_ORDER), values | {"days": RETURN_DAYS})
        self.confirmed(order_id)
        return order_id

    def confirmed(self, *order_ids: uuid.UUID) -> None:
        """Follow OrdersConfirmed."""
        payloads = [{"order_ids": [str(order_id) for order_id in order_ids]}]
        self.do(lambda uow: loyalty.on_orders_confirmed(uow, payloads))

    def complete_due(self) -> None:
        """Complete what is due, and follow it, twice."""
        self.do(orders.complete_due)
        told = [{"order_ids": row.payload["order_ids"]} for row in rows(_COMPLETED)]
        for _ in range(2):
            self.do(lambda uow: loyalty.on_orders_completed(uow, told))

    def refund(self, order_id: uuid.UUID, amount_minor: int) -> None:
        """Money of the order goes back, at most what is left; followed twice."""
        with unit_of_work(self.clock) as uow:
            uow.session.execute(text(_REFUND), {"id": order_id, "amount": amount_minor})
        for _ in range(2):
            self.do(lambda uow: loyalty.on_order_refunded(uow, [{"order_id": str(order_id)}]))

    def use(self, member: int, points: int, *, hold: bool = False, subject: uuid.UUID | None = None) -> uuid.UUID:
        """Use points for an order, or set them aside."""
        subject_id = subject or uuid.uuid4()
        purpose = Purpose(using.ORDER, subject_id, {})
        self.do(lambda uow: using.use(uow, member, purpose, points, hold=hold))
        return subject_id

    def give(self, member: int, points: int, name: str) -> None:
        """A mission of so many points."""
        self.do(lambda uow: loyalty.earn(uow, member, "mission", name, points))

    def later(self, **span: int) -> None:
        """Let time pass."""
        self.clock.advance(timedelta(**span))


def points(member: int) -> WalletBalances:
    """What the books say that a member has."""
    with unit_of_work() as uow:
        return ledger.wallet(uow, member, POINTS)


def rows(statement: str, **values: object) -> Sequence[Any]:
    """What stands in the database."""
    with unit_of_work() as uow:
        return uow.session.execute(text(statement), values).all()


def faults(uow: UnitOfWork) -> list[Any]:
    """Where lots, uses and books disagree; none is the aim."""
    return list(uow.session.execute(text(_FAULTS)).all())


_ROOM = (
    "INSERT INTO products (id, title, description, return_days, created_at) VALUES (:product, 'Tea', '', 7, now())",
    "INSERT INTO skus (id, product_id, code, title, price_minor, currency, stock)"
    " VALUES (:sku, :product, 'T', 'box', 1000, 'CNY', 100)",
    "INSERT INTO deals (id, sku_id, opened_by, title, group_size, price_minor, starts_at, room_ttl_seconds,"
    " seat_hold_seconds, late_payer, draft, created_at)"
    " VALUES (:deal, :sku, 1, 'Tea', 2, 900, now(), 3600, 900, 'refund', false, now())",
    "INSERT INTO rooms (id, deal_id, sku_id, title, price_minor, currency, return_days, seat_hold_seconds, host, size,"
    " seats_taken, opened_at, expires_at)"
    " VALUES (:room, :deal, :sku, 'Tea', 900, 'CNY', 7, 900, 1, 2, 0, now(), now() + interval '1 hour')",
)
_ORDER = """
    INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at, room_id, return_days,
        received_at, completes_at)
    VALUES (:id, 'room', :buyer, '{}', 'received', 'CNY', :paid, :now, :room, :days, :now,
        CAST(:now AS timestamptz) + :days * interval '1 day')
"""
_COMPLETED = "SELECT payload FROM outbox_events WHERE name = 'OrdersCompleted' ORDER BY id"
_REFUND = """
    UPDATE orders SET refunded_minor = least(total_minor, refunded_minor + :amount),
        status = CASE WHEN refunded_minor + :amount >= total_minor THEN 'refunded' ELSE status END
    WHERE id = :id
"""
_FAULTS = """
    WITH books AS (
        SELECT CAST(split_part(a.name, ':', 2) AS bigint) AS member, split_part(a.name, ':', 3) AS part, b.amount_minor
        FROM ledger_balances b JOIN ledger_accounts a ON a.id = b.account_id
        WHERE b.currency = 'PTS' AND a.name LIKE 'member:%'
    ), held AS (
        SELECT member, 'pending' AS part, CAST(left_points AS numeric) AS points FROM point_lots
        WHERE available_at IS NULL
        UNION ALL SELECT member, 'wallet', left_points FROM point_lots WHERE available_at IS NOT NULL
        UNION ALL SELECT member, 'reserved', points - returned_points FROM point_uses WHERE status = 'held'
    ), compared AS (
        SELECT member, part, amount_minor, (
            SELECT coalesce(sum(h.points), 0) FROM held h WHERE h.member = b.member AND h.part = b.part) AS points
        FROM books b
    )
    SELECT 'lots and books', member, part, amount_minor, points FROM compared
    WHERE part <> 'receivable' AND amount_minor <> points
    UNION ALL
    SELECT 'points without books', member, part, sum(points), 0 FROM held h
    WHERE NOT EXISTS (SELECT FROM books b WHERE b.member = h.member AND b.part = h.part)
    GROUP BY member, part HAVING sum(points) > 0
    UNION ALL
    SELECT 'a debt beside points', d.member, d.part, d.amount_minor, w.amount_minor FROM books d
    JOIN books w ON w.member = d.member AND w.part = 'wallet'
    WHERE d.part = 'receivable' AND d.amount_minor < 0 AND w.amount_minor > 0
    UNION ALL
    SELECT 'uses and their lots', u.member, u.purpose, u.points - u.returned_points, sum(l.points - l.returned_points)
    FROM point_uses u JOIN point_use_lots l ON l.use_id = u.id GROUP BY u.id
    HAVING u.points - u.returned_points <> sum(l.points - l.returned_points)
    UNION ALL
    SELECT 'an order keeps the rule on its net', l.member, l.kind, l.points - l.taken_points, k.keeps
    FROM point_lots l JOIN orders o ON o.id = l.order_id,
    LATERAL (SELECT floor((o.total_minor - o.shipping_minor - o.refunded_minor + o.shipping_refunded_minor) * 1.0
        * (l.facts ->> 'per_unit')::numeric * (l.facts ->> 'multiplier_bps')::numeric / 1000000) AS keeps) k
    WHERE l.kind = 'order' AND l.points - l.taken_points <> k.keeps
"""
