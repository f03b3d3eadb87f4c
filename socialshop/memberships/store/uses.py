"""The rows of what was used of the benefits of tiers and plans; append-only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_COLUMNS = ("members", "benefits", "sources", "amounts", "currencies", "plans")


class Use(NamedTuple):
    """A benefit was used, once by this source's name."""

    member: int
    benefit: str
    source: str
    amount_minor: int | None
    currency: str | None
    by_plan: bool


def add(session: Session, found: Sequence[Use], now: datetime) -> None:
    """Note what was used; what was noted before stays. One statement."""
    columns: tuple[Collection[object], ...] = tuple(zip(*found, strict=True))
    session.execute(
        text(
            """
            INSERT INTO benefit_uses (member, benefit, source, amount_minor, currency, by_plan, used_at)
            SELECT *, :now FROM unnest(CAST(:members AS bigint[]), CAST(:benefits AS text[]), CAST(:sources AS text[]),
                CAST(:amounts AS bigint[]), CAST(:currencies AS text[]), CAST(:plans AS boolean[]))
            ON CONFLICT (member, benefit, source) DO NOTHING
            """
        ),
        {
            **dict(zip(_COLUMNS, map(list, columns), strict=True)),
            "now": now,
        },
    )
