"""Reading back what accruals were decided from and what was decided, by ranges of order lines."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.commissions.store.accruals import Line, SkipRow
from socialshop.commissions.store.clawbacks import ORDER_REFUNDED, REFUNDED
from socialshop.commissions.store.facts import PassRow


class Snapshot(NamedTuple):
    """An accrued line: what the decision was made from, when and in which currency the sale was made, what came after.

    `held_from` was learnt after it accrued; `refunded_minor` and `returned` units went back by claimed refunds;
    `facts` are what the plan asked besides, None where that was nothing, and `order_refunded_minor` what went back of
    the goods of the whole order, where it asked that.
    """

    line: Line
    currency: str
    sale_at: datetime
    held_from: datetime | None
    refunded_minor: int
    returned: int
    facts: dict[str, Any] | None
    order_refunded_minor: int


class StoredAccrual(NamedTuple):
    """The facts of an accrual that never change, and what was clawed back: as its own row counts, and by claw backs."""

    order_line_id: uuid.UUID
    beneficiary: int
    kind: str
    level: int
    leg: int
    amount_minor: int
    currency: str
    matures_at: datetime | None
    clawed_minor: int
    clawed_by_rows: int
    depth: int | None
    rate_bps: int | None
    below_bps: int | None
    asked_minor: int | None
    cap: int | None


_SNAPSHOT = ", ".join(f"l.{name}" for name in (*Line._fields, "currency", "sale_at"))
_LATER = "r.held_from, coalesce(gone.refunded_minor, 0), coalesce(gone.returned, 0), f.facts, coalesce(whole.minor, 0)"
_ACCRUAL = ", ".join(f"a.{name}" for name in StoredAccrual._fields[:9])
_SKIP = ", ".join(SkipRow._fields)
_PASS = ", ".join(PassRow._fields)
_RANGE = "order_line_id > :after AND order_line_id <= :last"


def snapshots(session: Session, after: uuid.UUID, limit: int) -> list[Snapshot]:
    """The next `limit` accrued lines in id order."""
    rows = session.execute(
        text(
            f"SELECT {_SNAPSHOT}, {_LATER} FROM accrued_lines l "  # noqa: S608 - our own names
            f"LEFT JOIN accrued_receipts r ON r.order_id = l.order_id {REFUNDED} "
            f"LEFT JOIN accrued_facts f ON f.order_line_id = l.order_line_id {ORDER_REFUNDED} "
            "WHERE l.order_line_id > :after ORDER BY l.order_line_id LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    width = len(Line._fields)
    return [Snapshot(Line._make(row[:width]), *row[width:]) for row in rows]


def accruals(session: Session, after: uuid.UUID, last: uuid.UUID) -> list[StoredAccrual]:
    """The accruals of the lines after `after` up to `last`."""
    rows = session.execute(
        text(
            f"SELECT {_ACCRUAL}, coalesce((SELECT CAST(sum(c.amount_minor) AS bigint) FROM clawbacks c "  # noqa: S608
            f"WHERE c.accrual_id = a.id), 0), t.depth, t.rate_bps, t.below_bps, t.asked_minor, t.cap "
            f"FROM accruals a LEFT JOIN accrual_terms t ON t.accrual_id = a.id WHERE {_RANGE}"
        ),
        {"after": after, "last": last},
    )
    return [StoredAccrual._make(row) for row in rows]


def skips(session: Session, after: uuid.UUID, last: uuid.UUID) -> list[SkipRow]:
    """The skips of the lines after `after` up to `last`."""
    rows = session.execute(
        text(f"SELECT {_SKIP} FROM accrual_skips WHERE {_RANGE}"),  # noqa: S608 - our own names
        {"after": after, "last": last},
    )
    return [SkipRow._make(row) for row in rows]


def passes(session: Session, after: uuid.UUID, last: uuid.UUID) -> list[PassRow]:
    """Whom legs went by on the lines after `after` up to `last`."""
    rows = session.execute(
        text(f"SELECT {_PASS} FROM accrual_passes WHERE {_RANGE}"),  # noqa: S608 - our own names
        {"after": after, "last": last},
    )
    return [PassRow._make(row) for row in rows]
