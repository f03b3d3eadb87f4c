"""How clicks and views are forgotten alike: a bounded step at a time, and nothing that was not added up."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def forget_judged(session: Session, table: str, moment: str, before: datetime, limit: int) -> int:
    """Of the oldest `limit` rows, remove those whose `moment` is before then and that were added up; how many.

    `table` and `moment` are names of our own.
    """
    removed = session.execute(
        text(
            f"""
            DELETE FROM {table} t USING (SELECT id FROM {table} ORDER BY id LIMIT :limit) oldest
            WHERE t.id = oldest.id AND t.{moment} < :before AND t.verdict IS NOT NULL RETURNING t.id
            """  # noqa: S608 - names of our own
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())


def forget_days(session: Session, table: str, before: date, limit: int) -> int:
    """Remove up to `limit` sums of days before then; how many. `table` is a name of our own."""
    removed = session.execute(
        text(
            f"""
            DELETE FROM {table} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM {table} WHERE on_day < :before LIMIT :limit FOR UPDATE SKIP LOCKED))
            RETURNING 1
            """  # noqa: S608 - names of our own
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())
