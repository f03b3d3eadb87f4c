"""Taking what has matured out of the order of settlement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

# An accrual that this transaction has settled: id, beneficiary, what is left of it in minor units, currency. A plain
# tuple: there are a million of them.
Matured = tuple[uuid.UUID, int, int, str]

# An open refund stops the clock of its order's accruals, and a finding that holds a member's money all of the member's.
# There are few such, beside all that is due.
_STOPPED = """
    SELECT a.id FROM refunds r
    JOIN order_lines l ON l.order_id = r.order_id
    JOIN accruals a ON a.order_line_id = l.id
    WHERE r.status IN ('requested', 'approved') AND a.status = 'held'
    UNION ALL
    SELECT id FROM accruals
    WHERE status = 'held' AND beneficiary = ANY(ARRAY(
        SELECT f.member_number FROM finding_cases c JOIN finding_members f ON f.finding_id = c.finding_id
        WHERE c.holds AND c.state IN ('open', 'confirmed')))
"""


class Total(NamedTuple):
    """How many accruals, and their sum in minor units of `currency`."""

    currency: str
    accruals: int
    amount_minor: int


def claim_matured(session: Session, as_of: datetime, now: datetime, limit: int) -> Sequence[Matured]:
    """Settle at most `limit` held accruals that mature at or before `as_of`, first matured first; in id order.

    Who settles beside us takes other rows (SKIP LOCKED): a row is removed from the order of settlement by one
    transaction only, and the accrual still has to be held. What a refund is asked for waits for the decision,
    and so does what a finding holds.

    Arrays, not joins: a join's plan hangs on how many rows the planner believes that the step before it gives, and a
    wrong belief reads both tables whole, batch after batch (178 s for a million accruals). By address and by array of
    keys there is no other plan. A row that is put back at this very moment may be passed over; the next tick has it.
    """
    rows = session.execute(
        text(
            f"""
            WITH stopped AS MATERIALIZED ({_STOPPED}), due AS MATERIALIZED (
                SELECT ctid, accrual_id FROM accrual_maturities
                WHERE matures_at <= :as_of AND set_aside_at IS NULL
                    AND accrual_id NOT IN (SELECT id FROM stopped)
                ORDER BY matures_at, accrual_id LIMIT :limit FOR UPDATE SKIP LOCKED
            ), taken AS (
                DELETE FROM accrual_maturities WHERE ctid = ANY(ARRAY(SELECT ctid FROM due)) RETURNING accrual_id
            ), settled AS (
                UPDATE accruals SET status = 'settled', settled_at = :now
                WHERE id = ANY(ARRAY(SELECT accrual_id FROM taken)) AND status = 'held'
                RETURNING id, beneficiary, amount_minor - clawed_minor AS left_minor, currency
            )
            SELECT id, beneficiary, left_minor, currency FROM settled ORDER BY id
            """  # noqa: S608 - a constant of this module
        ),
        {"as_of": as_of, "now": now, "limit": limit},
    )
    return cast("Sequence[Matured]", rows.all())


def set_aside(session: Session, accrual_id: uuid.UUID, because: str, now: datetime) -> None:
    """Leave this accrual out of the order of settlement until a person has looked."""
    session.execute(
        text(
            """
            UPDATE accrual_maturities m SET set_aside_at = :now, set_aside_because = :because
            FROM accruals a WHERE a.id = :id AND m.matures_at = a.matures_at AND m.accrual_id = a.id
            """
        ),
        {"id": accrual_id, "because": because, "now": now},
    )


class SetAside(NamedTuple):
    """An accrual that the books refused to settle: what was left to settle, since when, and why."""

    accrual_id: uuid.UUID
    amount_minor: int
    currency: str
    set_aside_at: datetime
    because: str


def set_aside_accruals(session: Session) -> list[SetAside]:
    """All of them, the longest set aside first."""
    rows = session.execute(
        text(
            """
            SELECT a.id, a.amount_minor - a.clawed_minor, a.currency, m.set_aside_at, m.set_aside_because
            FROM accrual_maturities m JOIN accruals a ON a.id = m.accrual_id
            WHERE m.set_aside_at IS NOT NULL ORDER BY m.set_aside_at, a.id
            """
        )
    )
    return [SetAside(*row) for row in rows]


def put_back(session: Session, accrual_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Let these be settled in their order again; returns those that were set aside."""
    rows = session.execute(
        text(
            """
            UPDATE accrual_maturities SET set_aside_at = NULL, set_aside_because = NULL
            WHERE accrual_id = ANY(:ids) AND set_aside_at IS NOT NULL RETURNING accrual_id
            """
        ),
        {"ids": list(accrual_ids)},
    )
    return list(rows.scalars())


def count_set_aside(session: Session) -> int:
    """How many accruals were set aside."""
    counted = session.execute(text("SELECT count(*) FROM accrual_maturities WHERE set_aside_at IS NOT NULL"))
    return int(counted.scalar_one())


def is_anything_due(session: Session, as_of: datetime) -> bool:
    """Whether a held accrual matures at or before `as_of`, and no refund stops it."""
    statement = (
        f"WITH stopped AS MATERIALIZED ({_STOPPED}) SELECT EXISTS (SELECT FROM accrual_maturities "  # noqa: S608
        "WHERE matures_at <= :as_of AND set_aside_at IS NULL AND accrual_id NOT IN (SELECT id FROM stopped))"
    )
    return bool(session.execute(text(statement), {"as_of": as_of}).scalar())


def settled_since(session: Session, since: datetime) -> list[Total]:
    """What was settled at or after `since`, by currency. Reads all accruals: no index covers what settlement writes."""
    rows = session.execute(
        text(
            """
            SELECT currency, count(*), CAST(sum(amount_minor - clawed_minor) AS bigint)
            FROM accruals WHERE settled_at >= :since GROUP BY currency ORDER BY currency
            """
        ),
        {"since": since},
    )
    return [Total(*row) for row in rows]
