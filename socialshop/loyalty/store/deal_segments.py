"""Statements on deals that are offered to segments, and how far the day's round of each has come."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Offered(NamedTuple):
    """A deal that is offered to a segment; its round of `day` has come to the member `done_through`."""

    deal_id: uuid.UUID
    segment: Mapping[str, Any]
    offered_at: datetime
    day: date | None
    done_through: int


_FROM = "SELECT deal_id, segment, offered_at, day, done_through FROM deal_segments o"


def keep(session: Session, deal_id: uuid.UUID, segment: Mapping[str, Any], actor: uuid.UUID, now: datetime) -> None:
    """A deal is offered to this segment from now on, whatever it was before: the round begins anew."""
    session.execute(
        text(
            """
            INSERT INTO deal_segments (deal_id, segment, offered_by, offered_at)
            VALUES (:deal, CAST(:segment AS jsonb), :actor, :now)
            ON CONFLICT (deal_id) DO UPDATE SET segment = excluded.segment, offered_by = excluded.offered_by,
                offered_at = excluded.offered_at, day = NULL, done_through = 0, finished_on = NULL
            """
        ),
        {"deal": deal_id, "segment": json.dumps(segment), "actor": actor, "now": now},
    )


def page(session: Session, before: uuid.UUID | None, limit: int) -> list[Offered]:
    """Up to `limit` of them, the newest deals first."""
    rows = session.execute(
        text(f"{_FROM} WHERE CAST(:before AS uuid) IS NULL OR deal_id < :before ORDER BY deal_id DESC LIMIT :limit"),
        {"before": before, "limit": limit},
    )
    return [Offered(*row) for row in rows]


def named(session: Session, deal_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Offered]:
    """Those of these deals that are offered to a segment, by deal."""
    rows = session.execute(text(f"{_FROM} WHERE deal_id = ANY(:ids)"), {"ids": list(deal_ids)})
    return {row.deal_id: Offered(*row) for row in rows}


def take_open(session: Session, day: date, now: datetime) -> Offered | None:
    """One whose round of this day is not over and that nobody is at, of a deal that is published and not over."""
    row = session.execute(
        text(
            f"""
            {_FROM} WHERE (finished_on IS NULL OR finished_on < :day) AND EXISTS (
                SELECT FROM deals d WHERE d.id = o.deal_id AND NOT d.draft AND d.ended_at IS NULL
                    AND (d.ends_at IS NULL OR d.ends_at > :now))
            ORDER BY deal_id LIMIT 1 FOR NO KEY UPDATE OF o SKIP LOCKED
            """
        ),
        {"day": day, "now": now},
    ).one_or_none()
    return Offered(*row) if row else None


def note_progress(session: Session, deal_id: uuid.UUID, day: date, through: int, *, is_over: bool) -> None:
    """The round of this day has come so far, or to its end."""
    session.execute(
        text(
            "UPDATE deal_segments SET day = :day, done_through = CASE WHEN :over THEN 0 ELSE :through END,"
            " finished_on = CASE WHEN :over THEN CAST(:day AS date) ELSE finished_on END WHERE deal_id = :deal"
        ),
        {"deal": deal_id, "day": day, "through": through, "over": is_over},
    )
