"""All SQL of signals."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.screening.signals import Kind, Mark

# A mark seen again within the hour is not written again: sign-ins repeat.
_AGAIN = timedelta(hours=1)


def note(session: Session, whom: uuid.UUID | int, marks: Sequence[Mark], now: datetime) -> None:
    """Keep that a member, by id or number, came with these or named them. One statement."""
    by_id = isinstance(whom, uuid.UUID)
    session.execute(
        text(
            f"""
            INSERT INTO member_signals (kind, mark, member_number, first_seen_at, last_seen_at)
            SELECT given.kind, given.mark, m.number, :now, :now
            FROM members m
            CROSS JOIN unnest(CAST(:kinds AS text[]), CAST(:marks AS bytea[])) AS given (kind, mark)
            WHERE {"m.id" if by_id else "m.number"} = :whom
            ORDER BY given.kind, given.mark
            ON CONFLICT (kind, mark, member_number) DO UPDATE SET last_seen_at = excluded.last_seen_at
            WHERE member_signals.last_seen_at < :before
            """  # noqa: S608 - one of two constants
        ),
        {
            "whom": whom,
            "kinds": [mark.kind.value for mark in marks],
            "marks": [mark.mark for mark in marks],
            "now": now,
            "before": now - _AGAIN,
        },
    )


def note_many(session: Session, kind: Kind, marks: Sequence[tuple[int, bytes]], now: datetime) -> None:
    """Keep a mark of one kind of each of these members, by number. One statement."""
    session.execute(
        text(
            """
            INSERT INTO member_signals (kind, mark, member_number, first_seen_at, last_seen_at)
            SELECT :kind, given.mark, given.number, :now, :now
            FROM unnest(CAST(:marks AS bytea[]), CAST(:numbers AS bigint[])) AS given (mark, number)
            ORDER BY given.mark, given.number
            ON CONFLICT (kind, mark, member_number) DO UPDATE SET last_seen_at = excluded.last_seen_at
            WHERE member_signals.last_seen_at < :before
            """
        ),
        {
            "kind": kind.value,
            "marks": [mark for _, mark in marks],
            "numbers": [number for number, _ in marks],
            "now": now,
            "before": now - _AGAIN,
        },
    )


def forget(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` marks that were not seen since then; returns how many."""
    gone = session.execute(
        text(
            """
            DELETE FROM member_signals WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM member_signals WHERE last_seen_at < :before LIMIT :limit FOR UPDATE SKIP LOCKED))
            RETURNING 1
            """
        ),
        {"before": before, "limit": limit},
    ).all()
    return len(gone)
