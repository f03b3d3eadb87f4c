"""Statements on the tree as it stood at an instant: today's places, with later corrections taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class CorrectionRow(NamedTuple):
    """One audited change of a sponsor, by ids; None stands for the top of the tree."""

    corrected_at: datetime
    from_sponsor_id: uuid.UUID | None
    to_sponsor_id: uuid.UUID | None
    reason: str
    corrected_by: str


class ChildRow(NamedTuple):
    """Somebody directly below at the instant, and how many stood directly below that one then."""

    number: int
    id: uuid.UUID
    placed_at: datetime
    children: int


def children_of(sponsor: str) -> str:
    """A query for the numbers of those directly below the SQL value `sponsor` at `:at`.

    Who stands there now and was not moved since, and who was moved away from there by the first correction since.
    """
    return f"""
        SELECT n.member_number FROM referral_nodes n
        WHERE n.sponsor = {sponsor} AND n.placed_at <= :at AND NOT EXISTS (
            SELECT FROM sponsor_corrections c WHERE c.member_number = n.member_number AND c.corrected_at > :at)
        UNION ALL
        SELECT c.member_number FROM sponsor_corrections c JOIN referral_nodes n ON n.member_number = c.member_number
        WHERE c.from_sponsor = {sponsor} AND c.corrected_at > :at AND n.placed_at <= :at AND NOT EXISTS (
            SELECT FROM sponsor_corrections e
            WHERE e.member_number = c.member_number AND e.corrected_at > :at AND e.id < c.id)
    """  # noqa: S608 - texts of this module


_CHILDREN = text(
    f"""
    SELECT m.number, m.id, p.placed_at,
        (SELECT count(*) FROM ({children_of("m.number")}) below)
    FROM ({children_of(":number")}) found
    JOIN members m ON m.number = found.member_number
    JOIN referral_nodes p ON p.member_number = m.number
    WHERE CAST(:after AS uuid) IS NULL OR m.id > :after ORDER BY m.id LIMIT :limit
    """  # noqa: S608 - texts of this module
)
_ABOVE = text(
    """
    WITH RECURSIVE above (member_number, sponsor, step) AS (
        SELECT n.member_number, CASE WHEN c.found THEN c.from_sponsor ELSE n.sponsor END, 0
        FROM referral_nodes n LEFT JOIN LATERAL (
            SELECT true AS found, from_sponsor FROM sponsor_corrections
            WHERE member_number = n.member_number AND corrected_at > :at ORDER BY id LIMIT 1) c ON true
        WHERE n.member_number = :number AND n.placed_at <= :at
        UNION ALL
        SELECT n.member_number, CASE WHEN c.found THEN c.from_sponsor ELSE n.sponsor END, a.step + 1
        FROM above a JOIN referral_nodes n ON n.member_number = a.sponsor LEFT JOIN LATERAL (
            SELECT true AS found, from_sponsor FROM sponsor_corrections
            WHERE member_number = n.member_number AND corrected_at > :at ORDER BY id LIMIT 1) c ON true
        WHERE a.step < :steps
    )
    SELECT m.number, m.id FROM above a JOIN members m ON m.number = a.member_number WHERE a.step > 0 ORDER BY a.step
    """
)


def children_at(session: Session, number: int, at: datetime, after: uuid.UUID | None, limit: int) -> list[ChildRow]:
    """Up to `limit` who stood directly below a member at an instant, the earliest first, after this one."""
    values = {"number": number, "at": at, "after": after, "limit": limit}
    return [ChildRow._make(row) for row in session.execute(_CHILDREN, values)]


def above_at(session: Session, number: int, at: datetime, steps: int) -> list[tuple[int, uuid.UUID]]:
    """(number, id) of who stood above a member at an instant, the sponsor first, at most `steps` of them."""
    rows = session.execute(_ABOVE, {"number": number, "at": at, "steps": steps})
    return [(row.number, row.id) for row in rows]


def corrections_of(session: Session, number: int) -> Sequence[CorrectionRow]:
    """Every correction of a member's sponsor, the first one first."""
    rows = session.execute(
        text(
            """
            SELECT c.corrected_at, f.id, t.id, c.reason, c.corrected_by
            FROM sponsor_corrections c
            LEFT JOIN members f ON f.number = c.from_sponsor LEFT JOIN members t ON t.number = c.to_sponsor
            WHERE c.member_number = :number ORDER BY c.id
            """
        ),
        {"number": number},
    )
    return [CorrectionRow._make(row) for row in rows]


class Placed(NamedTuple):
    """A member that has a place, since when, and when the first place of the tree was taken."""

    number: int
    placed_at: datetime
    planted_at: datetime


def when_placed(session: Session, member_id: uuid.UUID) -> Placed | None:
    """A member's number and place; None for who has none."""
    row = session.execute(
        text(
            """
            SELECT n.member_number, n.placed_at, (SELECT min(placed_at) FROM referral_nodes)
            FROM members m JOIN referral_nodes n ON n.member_number = m.number WHERE m.id = :id
            """
        ),
        {"id": member_id},
    ).one_or_none()
    return None if row is None else Placed._make(row)
