"""Claiming a refund, what its order accrued with what is left of each line, and writing what was taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.commissions.rules import Standing
from socialshop.infra.db import copy_rows

# Of an accrued line `l`: what went back of it by refunds that have been claimed here.
REFUNDED = """
    LEFT JOIN LATERAL (
        SELECT CAST(sum(rl.amount_minor) AS bigint) AS refunded_minor, CAST(sum(rl.quantity) AS bigint) AS returned
        FROM clawed_refunds c JOIN refund_lines rl ON rl.refund_id = c.refund_id
        WHERE c.order_id = l.order_id AND rl.order_line_id = l.order_line_id
    ) gone ON true
"""
# Of an accrued line `l` with facts `f` that know its order: what went back of all the order's goods.
ORDER_REFUNDED = """
    LEFT JOIN LATERAL (
        SELECT CAST(sum(rl.amount_minor) AS bigint) AS minor
        FROM clawed_refunds c JOIN refund_lines rl ON rl.refund_id = c.refund_id
            JOIN accrued_lines g ON g.order_line_id = rl.order_line_id
        WHERE c.order_id = l.order_id AND (f.facts -> 'order_minor') IS NOT NULL
    ) whole ON true
"""


class ClawbackRow(NamedTuple):
    """What a refund or a disallowance takes back of one accrual, and out of which of the beneficiary's accounts."""

    id: uuid.UUID
    accrual_id: uuid.UUID
    refund_id: uuid.UUID | None
    amount_minor: int
    pending_minor: int
    wallet_minor: int
    owed_minor: int
    clawed_at: datetime
    disallowance_id: uuid.UUID | None = None


def order_of(session: Session, refund_id: uuid.UUID) -> uuid.UUID | None:
    """The order of a refund that was paid, for this transaction alone to claw back from; None if it was not paid."""
    found: uuid.UUID | None = session.execute(
        text(
            """
            SELECT o.id FROM refunds r JOIN orders o ON o.id = r.order_id
            WHERE r.id = :id AND r.status = 'refunded' FOR NO KEY UPDATE OF o
            """
        ),
        {"id": refund_id},
    ).scalar_one_or_none()
    return found


def claim(session: Session, refund_id: uuid.UUID, order_id: uuid.UUID, now: datetime) -> bool:
    """Take the refund for this transaction; False if another has it, or had it before."""
    claimed = session.execute(
        text(
            "INSERT INTO clawed_refunds (refund_id, order_id, clawed_at) VALUES (:refund_id, :order_id, :now)"
            " ON CONFLICT (refund_id) DO NOTHING RETURNING refund_id"
        ),
        {"refund_id": refund_id, "order_id": order_id, "now": now},
    )
    return claimed.first() is not None


def standing(session: Session, order_id: uuid.UUID) -> list[Standing]:
    """The order's accruals with what is left of their lines, in id order. Their status may still move."""
    rows = session.execute(
        text(
            f"""
            SELECT a.id, a.beneficiary, a.amount_minor, a.currency, a.clawed_minor, a.leg, l.plan_version_id,
                   l.base_minor, l.quantity, coalesce(gone.refunded_minor, 0), coalesce(gone.returned, 0),
                   l.perk, t.rate_bps, l.order_id, f.facts, coalesce(whole.minor, 0), l.margin
            FROM order_lines ol
            JOIN accrued_lines l ON l.order_line_id = ol.id
            JOIN accruals a ON a.order_line_id = l.order_line_id
            LEFT JOIN accrual_terms t ON t.accrual_id = a.id
            LEFT JOIN accrued_facts f ON f.order_line_id = l.order_line_id
            {REFUNDED} {ORDER_REFUNDED}
            WHERE ol.order_id = :order_id ORDER BY a.id
            """  # noqa: S608 - a constant of this module
        ),
        {"order_id": order_id},
    )
    return [Standing._make(row) for row in rows]


def lock_maturities(session: Session, accrual_ids: Sequence[uuid.UUID]) -> None:
    """Keep these from settling. Settlement takes only rows that nobody holds; one that has taken some is waited for."""
    session.execute(
        text(
            """
            SELECT FROM accrual_maturities m JOIN accruals a ON a.id = m.accrual_id AND a.matures_at = m.matures_at
            WHERE a.id = ANY(CAST(:ids AS uuid[])) ORDER BY m.matures_at, m.accrual_id FOR UPDATE OF m
            """
        ),
        {"ids": list(accrual_ids)},
    )


def lock_statuses(session: Session, accrual_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """How these accruals stand, for this transaction alone to change."""
    rows = session.execute(
        text("SELECT id, status FROM accruals WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": list(accrual_ids)},
    )
    return {row.id: row.status for row in rows}


def add(session: Session, rows: Sequence[ClawbackRow]) -> None:
    """Append claw backs, and count them against their accruals: one of which nothing is left is reversed.

    One that was paid out stays so: it was.
    """
    copy_rows(session, "clawbacks", ClawbackRow._fields, rows)
    session.execute(
        text(
            """
            UPDATE accruals a SET clawed_minor = a.clawed_minor + taken.amount_minor,
                status = CASE WHEN a.clawed_minor + taken.amount_minor = a.amount_minor
                    AND a.status IN ('held', 'settled') THEN 'reversed' ELSE a.status END
            FROM unnest(CAST(:ids AS uuid[]), CAST(:amounts AS bigint[])) AS taken (accrual_id, amount_minor)
            WHERE a.id = taken.accrual_id
            """
        ),
        {"ids": [row.accrual_id for row in rows], "amounts": [row.amount_minor for row in rows]},
    )
