"""Statements on sub-trees that came to what a law counts. `heads` and `levels` count the head of the sub-tree in."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class CrossingRow(NamedTuple):
    """A sub-tree that came to the threshold just now."""

    id: int
    member_number: int
    heads: int
    levels: int


class SubTreeRow(NamedTuple):
    """A sub-tree by its head; `crossed_at` is null for one that is near and not over, or not noted yet."""

    member_id: uuid.UUID
    heads: int
    levels: int
    crossed_at: datetime | None


_OVER = "f.members + 1 >= :heads AND f.levels + 1 >= :levels"


def note_fallen(session: Session, heads: int, levels: int, now: datetime) -> None:
    """End the crossings of sub-trees that are below the threshold again."""
    session.execute(
        text(
            f"""
            UPDATE subtree_crossings c SET fell_at = :now FROM team_figures f
            WHERE c.fell_at IS NULL AND f.member_number = c.member_number AND NOT ({_OVER})
            """  # noqa: S608 - texts of this module
        ),
        {"heads": heads, "levels": levels, "now": now},
    )


def note_crossed(session: Session, heads: int, levels: int, now: datetime) -> list[CrossingRow]:
    """Note the sub-trees at the threshold or beyond that have no open crossing; the largest first."""
    rows = session.execute(
        text(
            f"""
            WITH crossed AS (
                INSERT INTO subtree_crossings (member_number, heads, levels, crossed_at)
                SELECT f.member_number, f.members + 1, f.levels + 1, :now FROM team_figures f
                WHERE {_OVER} AND NOT EXISTS (SELECT FROM subtree_crossings c
                    WHERE c.member_number = f.member_number AND c.fell_at IS NULL)
                ORDER BY f.members, f.member_number
                RETURNING id, member_number, heads, levels
            )
            SELECT id, member_number, heads, levels FROM crossed ORDER BY heads DESC, member_number
            """  # noqa: S608 - texts of this module
        ),
        {"heads": heads, "levels": levels, "now": now},
    )
    return [CrossingRow(*row) for row in rows]


def count(session: Session, near: tuple[int, int], over: tuple[int, int]) -> tuple[int, int]:
    """How many sub-trees are at (heads, levels) of `near` or beyond, and how many of `over`."""
    row = session.execute(
        text(
            f"""
            SELECT count(*), count(*) FILTER (WHERE f.members + 1 >= :over_heads AND f.levels + 1 >= :over_levels)
            FROM team_figures f WHERE {_OVER}
            """  # noqa: S608 - texts of this module
        ),
        {"heads": near[0], "levels": near[1], "over_heads": over[0], "over_levels": over[1]},
    ).one()
    return row[0], row[1]


def page(session: Session, heads: int, levels: int, after: uuid.UUID | None, limit: int) -> list[SubTreeRow]:
    """Up to `limit` sub-trees at these figures or beyond, the largest first, after the one of this member."""
    rows = session.execute(
        text(
            f"""
            SELECT m.id, f.members + 1, f.levels + 1, c.crossed_at
            FROM team_figures f JOIN members m ON m.number = f.member_number
            LEFT JOIN subtree_crossings c ON c.member_number = f.member_number AND c.fell_at IS NULL
            WHERE {_OVER} AND (CAST(:after AS uuid) IS NULL OR (f.members, f.member_number) < (
                SELECT a.members, a.member_number FROM team_figures a JOIN members b ON b.number = a.member_number
                WHERE b.id = :after))
            ORDER BY f.members DESC, f.member_number DESC LIMIT :limit
            """  # noqa: S608 - texts of this module
        ),
        {"heads": heads, "levels": levels, "after": after, "limit": limit},
    )
    return [SubTreeRow._make(row) for row in rows]


def forget(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` crossings that were over before then; how many."""
    rows = session.execute(
        text(
            """
            DELETE FROM subtree_crossings WHERE id IN (
                SELECT id FROM subtree_crossings WHERE fell_at < :before ORDER BY id LIMIT :limit
                FOR UPDATE SKIP LOCKED
            ) RETURNING id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(rows.all())
