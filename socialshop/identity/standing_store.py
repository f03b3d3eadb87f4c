"""Statements on what members may not do for a while."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# A part of one larger statement, where a room's own reads it with the claim: whether `:member` may not take a seat, or
# (where `:opens`) not open a room, at `:now`.
BARRED = """
    EXISTS (
        SELECT FROM member_limits
        WHERE member_limits.member = :member AND lifted_at IS NULL AND ends_at > :now AND (kind = 'frozen' OR :opens)
    )
"""


class LimitRow(NamedTuple):
    """A limit that holds."""

    kind: str
    ends_at: datetime


def gravest(session: Session, numbers: Sequence[int], now: datetime) -> LimitRow | None:
    """The gravest limit of any of these members that holds now, of several the one that lasts longest."""
    row = session.execute(
        text(
            "SELECT kind, ends_at FROM member_limits"
            " WHERE member = ANY(:numbers) AND lifted_at IS NULL AND ends_at > :now"
            " ORDER BY kind = 'frozen' DESC, ends_at DESC LIMIT 1"
        ),
        {"numbers": list(numbers), "now": now},
    ).one_or_none()
    return None if row is None else LimitRow(*row)


def add(
    session: Session, decision_id: uuid.UUID, number: int, kind: str, *, begins_at: datetime, ends_at: datetime
) -> None:
    """Append a limit."""
    session.execute(
        text(
            "INSERT INTO member_limits (decision_id, member, kind, begins_at, ends_at)"
            " VALUES (:decision, :number, :kind, :begins, :ends)"
        ),
        {"decision": decision_id, "number": number, "kind": kind, "begins": begins_at, "ends": ends_at},
    )


def lift(session: Session, decision_id: uuid.UUID, now: datetime) -> None:
    """End a limit before its time; one that was lifted stays as it is."""
    session.execute(
        text("UPDATE member_limits SET lifted_at = :now WHERE decision_id = :id AND lifted_at IS NULL"),
        {"id": decision_id, "now": now},
    )
