"""Accruals as others read them: by external ids."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_ROWS_AT_A_TIME = 5_000


class Row(NamedTuple):
    """An accrual with the ids of its order and beneficiary, own and external; what was counted is of no order."""

    order_external_id: str | None
    order_id: uuid.UUID | None
    beneficiary_external_id: str | None
    beneficiary_id: uuid.UUID
    kind: str
    level: int
    amount_minor: int
    currency: str
    status: str


def accruals(session: Session) -> Iterator[Row]:
    """Every accrual, streamed by order, line and leg, bytewise: two shops with the same books write the same."""
    rows = session.execute(
        text(
            """
            SELECT o.external_id, o.id, m.external_id, m.id, a.kind, a.level, a.amount_minor, a.currency, a.status
            FROM accruals a
            LEFT JOIN order_lines l ON l.id = a.order_line_id
            LEFT JOIN orders o ON o.id = l.order_id
            JOIN members m ON m.number = a.beneficiary
            ORDER BY o.external_id COLLATE "C", o.id, l.line, a.leg, a.tally_id
            """
        ),
        execution_options={"yield_per": _ROWS_AT_A_TIME},
    )
    return map(Row._make, rows)
