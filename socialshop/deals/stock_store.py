"""Statements on stock: what moves it beside seats, what there must be of it, and what is low."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids, to_public


class StockRow(NamedTuple):
    """A unit with what is left of it; from `low_stock_at` units on it is low."""

    id: uuid.UUID
    product_id: uuid.UUID
    product: str
    code: str
    title: str
    stock: int
    low_stock_at: int


class MoveRow(NamedTuple):
    """A change of a unit's stock, or a seat, which is one too.

    `reason` of a seat is `reserved`, then `sold` or `returned`; a seat that was given up moves nothing any more.
    `units` is what it is about, `quantity` what it adds to the stock.
    """

    id: uuid.UUID
    reason: str
    quantity: int
    units: int
    note: str
    at: datetime
    order_id: uuid.UUID | None
    refund_id: uuid.UUID | None


class Difference(NamedTuple):
    """A counter that is not what seats and moves come to: the stock of a unit (`sku`), or what a deal (`deal`) took."""

    kind: str
    id: uuid.UUID
    found: int
    expected: int

    def __str__(self) -> str:
        what = "what was taken of the quota of" if self.kind == "deal" else "the stock of"
        return f"{what} {to_public(self.kind, self.id)} is {self.found}, its moves come to {self.expected}"


class LowRow(NamedTuple):
    """A unit of which few are left."""

    id: uuid.UUID
    product: str
    title: str
    stock: int


_STOCK = """
    SELECT k.id, k.product_id, p.title, k.code, k.title, k.stock, k.low_stock_at
    FROM skus k JOIN products p ON p.id = k.product_id
"""
_LIVE_UNITS = """
    SELECT coalesce(s.sku_id, r.sku_id) AS sku_id, r.deal_id, s.quantity FROM seats s JOIN rooms r ON r.id = s.room_id
    WHERE s.status IN ('held', 'paid', 'confirmed')
"""
_LIVE_UNITS_OF = f"""
    {_LIVE_UNITS}
        AND (CAST(:sku AS uuid) IS NULL OR s.order_id IN (SELECT order_id FROM order_lines WHERE sku_id = :sku))
"""  # noqa: S608 - a constant of this module
# The same, with what was counted of rooms that closed through `:through` in place of their seats.
_UNITS_SINCE = f"""
    {_LIVE_UNITS} AND (r.status = 'open' OR r.closed_at > :through)
    UNION ALL SELECT sku_id, deal_id, units FROM stock_at_rest
"""  # noqa: S608 - a constant of this module


def find(session: Session, sku_id: uuid.UUID) -> StockRow | None:
    """One unit."""
    row = session.execute(text(_STOCK + " WHERE k.id = :id"), {"id": sku_id}).one_or_none()
    return StockRow(*row) if row else None


def page(session: Session, after: uuid.UUID | None, limit: int) -> list[StockRow]:
    """Up to `limit` units, those that lie deepest below where they are low first, after this one as it is now."""
    rows = session.execute(
        text(
            f"""
            {_STOCK} WHERE CAST(:after AS uuid) IS NULL OR (k.stock - k.low_stock_at, k.id) >
                (SELECT a.stock - a.low_stock_at, a.id FROM skus a WHERE a.id = :after)
            ORDER BY k.stock - k.low_stock_at, k.id LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ),
        {"after": after, "limit": limit},
    )
    return [StockRow(*row) for row in rows]


def add_first(session: Session, sku_ids: Sequence[uuid.UUID], at: datetime) -> None:
    """Write down what there is of units that were just put on sale."""
    session.execute(
        text(
            "INSERT INTO stock_moves (id, sku_id, reason, quantity, moved_at)"
            " SELECT id, id, 'first', stock, :at FROM skus WHERE id = ANY(:ids) AND stock > 0"
        ),
        {"ids": list(sku_ids), "at": at},
    )


def move(session: Session, move_id: uuid.UUID, values: dict[str, object]) -> bool:
    """Change a unit's stock by a delta, and append why; False where less would be left than nothing."""
    moved = session.execute(
        text(
            """
            WITH moved AS (
                UPDATE skus SET stock = stock + :quantity WHERE id = :sku_id AND stock + :quantity >= 0 RETURNING id
            )
            INSERT INTO stock_moves (id, sku_id, reason, quantity, note, moved_at)
            SELECT :move_id, id, :reason, :quantity, :note, :at FROM moved RETURNING 1
            """
        ),
        {**values, "move_id": move_id},
    )
    return moved.one_or_none() is not None


def restock(
    session: Session,
    refund_ids: Sequence[uuid.UUID],
    sku_ids: Sequence[uuid.UUID],
    quantities: Sequence[int],
    at: datetime,
) -> None:
    """Units come back into stock by refunds, each refund's once; rows are locked in id order."""
    session.execute(
        text(
            """
            WITH given AS (
                SELECT * FROM unnest(CAST(:move_ids AS uuid[]), CAST(:refunds AS uuid[]), CAST(:skus AS uuid[]),
                    CAST(:quantities AS bigint[])) AS g (id, refund_id, sku_id, quantity)
            ), locked AS (
                SELECT k.id FROM skus k WHERE k.id IN (SELECT sku_id FROM given) ORDER BY k.id FOR NO KEY UPDATE
            ), moved AS (
                INSERT INTO stock_moves (id, sku_id, reason, quantity, refund_id, moved_at)
                SELECT g.id, g.sku_id, 'restocked', g.quantity, g.refund_id, :at FROM given g
                JOIN locked ON locked.id = g.sku_id
                ON CONFLICT (refund_id, sku_id) DO NOTHING RETURNING sku_id, quantity
            )
            UPDATE skus SET stock = stock + m.quantity
            FROM (SELECT sku_id, sum(quantity) AS quantity FROM moved GROUP BY sku_id) m WHERE skus.id = m.sku_id
            """
        ),
        {
            "move_ids": new_ids(len(sku_ids)),
            "refunds": list(refund_ids),
            "skus": list(sku_ids),
            "quantities": list(quantities),
            "at": at,
        },
    )


def moves_of(session: Session, sku_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> list[MoveRow]:
    """Up to `limit` moves of a unit and seats in it, the newest first, older than this one."""
    rows = session.execute(
        text(
            """
            (SELECT id, reason, quantity, abs(quantity), note, moved_at, NULL, refund_id FROM stock_moves
                WHERE sku_id = :sku AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit)
            UNION ALL
            (SELECT l.id, CASE WHEN s.status IN ('held', 'paid') THEN 'reserved' WHEN s.status = 'confirmed' THEN 'sold'
                    ELSE 'returned' END,
                CASE WHEN s.status IN ('held', 'paid', 'confirmed') THEN -s.quantity ELSE 0 END,
                s.quantity, '', s.claimed_at, s.order_id, NULL
            FROM order_lines l JOIN seats s ON s.order_id = l.order_id
            WHERE l.sku_id = :sku AND (CAST(:before AS uuid) IS NULL OR l.id < :before) ORDER BY l.id DESC LIMIT :limit)
            ORDER BY 1 DESC LIMIT :limit
            """
        ),
        {"sku": sku_id, "before": before, "limit": limit},
    )
    return [MoveRow(*row) for row in rows]


def set_low_at(session: Session, sku_id: uuid.UUID, low_stock_at: int) -> None:
    """Say from how few units on a unit is low."""
    session.execute(text("UPDATE skus SET low_stock_at = :low WHERE id = :id"), {"id": sku_id, "low": low_stock_at})


def note_low(session: Session, now: datetime, limit: int) -> list[LowRow]:
    """Up to `limit` units that came to be low and of which nobody was told; they are noted as told.

    Of what there is more again, it is forgotten that it was told. Rows in somebody's hands wait for the next time.
    """
    session.execute(
        text(
            """
            UPDATE skus SET low_told_at = NULL WHERE id IN (SELECT id FROM skus
                WHERE low_told_at IS NOT NULL AND stock > low_stock_at FOR NO KEY UPDATE SKIP LOCKED)
            """
        )
    )
    rows = session.execute(
        text(
            """
            UPDATE skus k SET low_told_at = :now FROM products p WHERE p.id = k.product_id AND k.id IN (
                SELECT id FROM skus WHERE low_told_at IS NULL AND stock <= low_stock_at
                ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING k.id, p.title, k.title, k.stock
            """
        ),
        {"now": now, "limit": limit},
    )
    return [LowRow(*row) for row in rows]


def differences(session: Session, limit: int, sku_id: uuid.UUID | None = None) -> list[Difference]:
    """Up to `limit` counters that are not what seats and moves come to, of one unit or of all units and quotas.

    One statement, so one state of the shop. Every seat is read.
    """
    return _differences(session, _LIVE_UNITS_OF, {"limit": limit, "sku": sku_id})


def differences_since(session: Session, limit: int, through: datetime) -> list[Difference]:
    """The same of all units and quotas; of rooms that closed through then, what was counted once is believed."""
    return _differences(session, _UNITS_SINCE, {"limit": limit, "sku": None, "through": through})


def _differences(session: Session, live: str, values: dict[str, object]) -> list[Difference]:
    rows = session.execute(
        text(
            f"""
            WITH live AS MATERIALIZED ({live}), moved AS (
                SELECT sku_id, sum(quantity) AS quantity FROM stock_moves
                WHERE CAST(:sku AS uuid) IS NULL OR sku_id = :sku GROUP BY sku_id
            ), taken AS (
                SELECT sku_id, sum(quantity) AS quantity FROM live GROUP BY sku_id
            ), by_deal AS (
                SELECT deal_id, sum(quantity) AS quantity FROM live GROUP BY deal_id
            ), expected AS (
                SELECT 'sku' AS kind, k.id, k.stock AS found,
                    coalesce(moved.quantity, 0) - coalesce(taken.quantity, 0) AS expected
                FROM skus k LEFT JOIN moved ON moved.sku_id = k.id LEFT JOIN taken ON taken.sku_id = k.id
                WHERE CAST(:sku AS uuid) IS NULL OR k.id = :sku
                UNION ALL
                SELECT 'deal', d.id, d.taken, coalesce(by_deal.quantity, 0)
                FROM deals d LEFT JOIN by_deal ON by_deal.deal_id = d.id
                WHERE d.quota IS NOT NULL AND CAST(:sku AS uuid) IS NULL
            )
            SELECT kind, id, found, CAST(expected AS bigint) FROM expected WHERE found <> expected
            ORDER BY kind DESC, id LIMIT :limit
            """  # noqa: S608 - constants of this module
        ),
        values,
    )
    return [Difference(*row) for row in rows]


def counted_through(session: Session) -> datetime | None:
    """Through which instant of closing rooms were counted once; None before the first time."""
    found: datetime | None = session.execute(text("SELECT through FROM stock_rest")).scalar_one_or_none()
    return found


def count_at_rest(session: Session, since: datetime | None, through: datetime) -> None:
    """Count the units of rooms that closed after `since` and through then, once: none of their seats moves any more.

    A room in which money is still to be taken is not at rest: nothing is counted from it on.
    """
    session.execute(
        text(
            """
            WITH closed AS MATERIALIZED (
                SELECT r.id, r.deal_id, r.sku_id, r.closed_at FROM rooms r
                WHERE r.closed_at <= :through AND (CAST(:since AS timestamptz) IS NULL OR r.closed_at > :since)
            ), moving AS (
                SELECT min(c.closed_at) AS at FROM closed c JOIN seats s ON s.room_id = c.id
                WHERE s.status IN ('held', 'paid')
            ), resting AS (
                SELECT c.* FROM closed c, moving WHERE moving.at IS NULL OR c.closed_at < moving.at
            ), counted AS (
                INSERT INTO stock_at_rest AS kept (deal_id, sku_id, units)
                SELECT r.deal_id, coalesce(s.sku_id, r.sku_id), sum(s.quantity)
                FROM resting r JOIN seats s ON s.room_id = r.id AND s.status = 'confirmed' GROUP BY 1, 2
                ON CONFLICT (deal_id, sku_id) DO UPDATE SET units = kept.units + excluded.units
            )
            INSERT INTO stock_rest (through)
            SELECT coalesce((SELECT max(closed_at) FROM resting), :since) WHERE EXISTS (SELECT FROM resting)
            ON CONFLICT (one) DO UPDATE SET through = excluded.through
            """
        ),
        {"since": since, "through": through},
    )
