"""Taking what has matured out of the order of settlement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

# An accrual that this transaction has settled: id, beneficiary, amount in minor units, currency. A plain tuple: there
# are a million of them.
Matured = tuple[uuid.UUID, int, int, str]


class Total(NamedTuple):
    """How many accruals, and their sum in minor units of `currency`."""

    currency: str
    accruals: int
    amount_minor: int


def claim_matured(session: Session, as_of: datetime, now: datetime, limit: int) -> Sequence[Matured]:
    """Settle at most `limit` held accruals that mature at or before `as_of`, first matured first; in id order.

    Who settles beside us takes other rows (SKIP LOCKED): a row is removed from the order of settlement by one
    transaction only, and the accrual still has to be held.
    """
    rows = session.execute(
        text(
            """
            WITH due AS MATERIALIZED (
                SELECT matures_at, accrual_id FROM accrual_maturities WHERE matures_at <= :as_of
                ORDER BY matures_at, accrual_id LIMIT :limit FOR UPDATE SKIP LOCKED
            ), taken AS (
                DELETE FROM accrual_maturities m USING due
                WHERE m.matures_at = due.matures_at AND m.accrual_id = due.accrual_id
                RETURNING m.accrual_id
            ), settled AS (
                UPDATE accruals a SET status = 'settled', settled_at = :now
                FROM taken WHERE a.id = taken.accrual_id AND a.status = 'held'
                RETURNING a.id, a.beneficiary, a.amount_minor, a.currency
            )
            SELECT id, beneficiary, amount_minor, currency FROM settled ORDER BY id
            """
        ),
        {"as_of": as_of, "now": now, "limit": limit},
    )
    return cast("Sequence[Matured]", rows.all())


def is_anything_due(session: Session, as_of: datetime) -> bool:
    """Whether a held accrual matures at or before `as_of`."""
    return bool(
        session.execute(
            text("SELECT EXISTS (SELECT FROM accrual_maturities WHERE matures_at <= :as_of)"), {"as_of": as_of}
        ).scalar()
    )


def settled_since(session: Session, since: datetime) -> list[Total]:
    """What was settled at or after `since`, by currency. Reads all accruals: no index covers what settlement writes."""
    rows = session.execute(
        text(
            """
            SELECT currency, count(*), CAST(sum(amount_minor) AS bigint)
            FROM accruals WHERE settled_at >= :since GROUP BY currency ORDER BY currency
            """
        ),
        {"since": since},
    )
    return [Total(*row) for row in rows]
