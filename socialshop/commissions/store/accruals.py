"""Claiming order lines with all that their accruals are decided from, and writing what was decided."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows


class Line(NamedTuple):
    """An order line and the snapshot from which its accruals are decided.

    `received_at` is from when its accruals are held: receipt, and for a room's order the days to send back besides;
    None where the goods were not received when it accrued. `perk` is the commission that the deal promised its host,
    `margin` what its leader keeps of the price.
    """

    order_line_id: uuid.UUID
    order_id: uuid.UUID
    plan_version_id: uuid.UUID | None
    buyer: int
    host: int | None
    uplines: list[int]
    base_minor: int
    quantity: int
    received_at: datetime | None
    perk: dict[str, Any] | None
    margin: dict[str, Any] | None


class AccrualRow(NamedTuple):
    """An accrual as it is born: held."""

    id: uuid.UUID
    order_line_id: uuid.UUID
    beneficiary: int
    kind: str
    level: int
    leg: int
    amount_minor: int
    currency: str
    accrued_at: datetime
    matures_at: datetime | None


class SkipRow(NamedTuple):
    """Why a leg (or, for leg -1, the plan as a whole) paid nothing on a line."""

    order_line_id: uuid.UUID
    leg: int
    kind: str | None
    level: int
    member_number: int | None
    reason: str


_LINE = ", ".join(Line._fields)


def claim_lines(session: Session, order_ids: Sequence[uuid.UUID], now: datetime) -> list[Line]:
    """Take the lines of these orders that have not accrued, and snapshot them: plan in force and uplines at the sale.

    The base is what is left of the line after what the fill of its room gave back.

    The claim is the row itself. A second worker, or the same event again, waits here for whoever is ahead and then
    finds nothing to take; if that one dies its rows go with it. Lines are taken in id order: two claims of the same
    lines queue up and cannot deadlock. Uplines are the order's own, as they stood when it was placed.
    """
    rows = session.execute(
        text(
            f"""
            INSERT INTO accrued_lines (order_line_id, order_id, plan_version_id, buyer, host, uplines, base_minor,
                                       quantity, currency, sale_at, received_at, perk, margin, accrued_at)
            SELECT l.id, o.id, v.id, o.buyer, o.host, o.uplines,
                   CASE WHEN o.refunded_minor = 0 THEN l.amount_minor ELSE l.amount_minor - coalesce(
                       (SELECT sum(b.goods_minor) FROM order_rebates b WHERE b.order_id = o.id), 0) END,
                   l.quantity, o.currency, o.ordered_at,
                   o.received_at + make_interval(days => coalesce(o.return_days, 0)),
                   CASE r.host_perk ->> 'kind' WHEN 'commission' THEN r.host_perk END,
                   d.leader_margin -> CAST(l.sku_id AS text) || jsonb_build_object('leader', d.opened_by), :now
            FROM orders o
            JOIN order_lines l ON l.order_id = o.id AND l.kind = 'goods'
            LEFT JOIN rooms r ON r.id = o.room_id
            LEFT JOIN deals d ON d.id = r.deal_id
            LEFT JOIN LATERAL (
                SELECT id FROM commission_plan_versions
                WHERE currency = o.currency AND effective_at <= o.ordered_at
                ORDER BY effective_at DESC LIMIT 1
            ) v ON true
            WHERE o.id = ANY(CAST(:order_ids AS uuid[]))
            ORDER BY l.id
            ON CONFLICT (order_line_id) DO NOTHING
            RETURNING {_LINE}
            """  # noqa: S608 - column names of our own
        ),
        {"order_ids": list(order_ids), "now": now},
    )
    return [Line._make(row) for row in rows]


def add_accruals(session: Session, rows: Sequence[AccrualRow]) -> None:
    """Append accruals, and put those whose maturity is known in the order of settlement."""
    copy_rows(session, "accruals", AccrualRow._fields, rows)
    waiting = [(row.matures_at, row.id) for row in rows if row.matures_at is not None]
    copy_rows(session, "accrual_maturities", ("matures_at", "accrual_id"), waiting)


def add_skips(session: Session, rows: Iterable[SkipRow]) -> None:
    """Append skips."""
    copy_rows(session, "accrual_skips", SkipRow._fields, rows)


def brought_by_links(session: Session, order_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of the orders that name an invite link."""
    rows = session.execute(
        text("SELECT id FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND link_id IS NOT NULL ORDER BY id"),
        {"ids": list(order_ids)},
    )
    return list(rows.scalars())


def placed_in_rooms(session: Session, order_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those of the orders that were placed in a room, not imported."""
    rows = session.execute(
        text("SELECT id FROM orders WHERE id = ANY(CAST(:ids AS uuid[])) AND room_id IS NOT NULL ORDER BY id"),
        {"ids": list(order_ids)},
    )
    return list(rows.scalars())


def refunded_before(session: Session, order_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Refunds of these orders that were paid and have clawed nothing back, since there was nothing yet."""
    rows = session.execute(
        text(
            """
            SELECT r.id FROM refunds r
            WHERE r.order_id = ANY(CAST(:ids AS uuid[])) AND r.status = 'refunded'
                AND NOT EXISTS (SELECT FROM clawed_refunds c WHERE c.refund_id = r.id)
            ORDER BY r.id
            """
        ),
        {"ids": list(order_ids)},
    )
    return list(rows.scalars())
