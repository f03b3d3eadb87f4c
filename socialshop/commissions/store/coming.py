"""What a member's held accruals come to, by the day on which they mature."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple, get_args

from sqlalchemy import text
from sqlalchemy.orm import Session

# Until a day, until the goods were received and the day is known, or until an open case is decided.
Waiting = Literal["day", "receipt", "stopped"]
WAITING: tuple[Waiting, ...] = get_args(Waiting)


class ComingRow(NamedTuple):
    """So many held accruals of one currency, and their sum less what was clawed back; the day only where one is set."""

    waiting: Waiting
    on_day: date | None
    currency: str
    accruals: int
    amount_minor: int


_COMING = text(
    """
    SELECT waiting, on_day, currency, count(*), sum(left_minor)::bigint
    FROM (
        SELECT CASE
                WHEN EXISTS (
                    SELECT FROM refunds r WHERE r.order_id = l.order_id AND r.status IN ('requested', 'approved')
                ) OR EXISTS (
                    SELECT FROM accrual_maturities m
                    WHERE m.matures_at = a.matures_at AND m.accrual_id = a.id AND m.set_aside_at IS NOT NULL
                ) THEN 'stopped'
                WHEN a.matures_at IS NULL THEN 'receipt'
                ELSE 'day'
            END AS waiting,
            (a.matures_at AT TIME ZONE :zone)::date AS matures_on, a.currency,
            a.amount_minor - a.clawed_minor AS left_minor
        FROM accruals a LEFT JOIN order_lines l ON l.id = a.order_line_id
        WHERE a.beneficiary = :beneficiary AND a.status = 'held'
    ) held CROSS JOIN LATERAL (SELECT CASE WHEN waiting = 'day' THEN matures_on END AS on_day) dated
    WHERE left_minor > 0
    GROUP BY waiting, on_day, currency ORDER BY waiting, on_day, currency
    """
)


def coming(session: Session, beneficiary: int, zone: str) -> list[ComingRow]:
    """What is held of a member, a row a day of `zone` and currency; what no day is set for last of its kind."""
    rows = session.execute(_COMING, {"beneficiary": beneficiary, "zone": zone})
    return [ComingRow(*row) for row in rows]
