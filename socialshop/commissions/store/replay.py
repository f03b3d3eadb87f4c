"""Reading back what accruals were decided from and what was decided, by ranges of order lines."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.commissions.store.accruals import Line, SkipRow


class Snapshot(NamedTuple):
    """An accrued line: what the decision was made from, and when and in which currency the sale was made."""

    line: Line
    currency: str
    sale_at: datetime


class StoredAccrual(NamedTuple):
    """The facts of an accrual that never change."""

    order_line_id: uuid.UUID
    beneficiary: int
    kind: str
    level: int
    leg: int
    amount_minor: int
    currency: str
    matures_at: datetime | None


_SNAPSHOT = ", ".join((*Line._fields, "currency", "sale_at"))
_ACCRUAL = ", ".join(StoredAccrual._fields)
_SKIP = ", ".join(SkipRow._fields)
_RANGE = "order_line_id > :after AND order_line_id <= :last"


def snapshots(session: Session, after: uuid.UUID, limit: int) -> list[Snapshot]:
    """The next `limit` accrued lines in id order."""
    rows = session.execute(
        text(
            f"SELECT {_SNAPSHOT} FROM accrued_lines WHERE order_line_id > :after "  # noqa: S608 - our own names
            "ORDER BY order_line_id LIMIT :limit"
        ),
        {"after": after, "limit": limit},
    )
    return [Snapshot(Line._make(row[:-2]), row[-2], row[-1]) for row in rows]


def accruals(session: Session, after: uuid.UUID, last: uuid.UUID) -> list[StoredAccrual]:
    """The accruals of the lines after `after` up to `last`."""
    rows = session.execute(
        text(f"SELECT {_ACCRUAL} FROM accruals WHERE {_RANGE}"),  # noqa: S608 - our own names
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
