"""Statements on leaders' circles."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.referrals.store import DirectRow


class LeaderRow(NamedTuple):
    """A leader, as the members of the circle may know: by name where the leader agreed to be named."""

    id: uuid.UUID
    number: int
    display_name: str | None


# Whom the leader brought and who did not leave, and whoever else joined.
_MEMBERS = """
    SELECT n.member_number AS number FROM referral_nodes n WHERE n.sponsor = :leader AND NOT EXISTS (
        SELECT FROM circle_members c WHERE c.leader = :leader AND c.member = n.member_number AND c.left_at IS NOT NULL)
    UNION SELECT c.member FROM circle_members c WHERE c.leader = :leader AND c.left_at IS NULL
"""


def is_in(session: Session, leader: int, member: int) -> bool:
    """Whether a member belongs to a leader's circle; a leader does to the own one."""
    statement = text("SELECT in_circle(:leader, :member)")
    return bool(session.execute(statement, {"leader": leader, "member": member}).scalar_one())


def join(session: Session, leader: int, member: int, now: datetime) -> None:
    """Belong to a circle from now on."""
    session.execute(
        text(
            """
            INSERT INTO circle_members (leader, member, joined_at) VALUES (:leader, :member, :now)
            ON CONFLICT (leader, member) DO UPDATE SET joined_at = :now, left_at = NULL
            WHERE circle_members.left_at IS NOT NULL
            """
        ),
        {"leader": leader, "member": member, "now": now},
    )


def leave(session: Session, leader: int, member: int, now: datetime) -> None:
    """Belong to it no longer, brought by its leader or not."""
    session.execute(
        text(
            """
            INSERT INTO circle_members (leader, member, joined_at, left_at) VALUES (:leader, :member, :now, :now)
            ON CONFLICT (leader, member) DO UPDATE SET left_at = :now WHERE circle_members.left_at IS NULL
            """
        ),
        {"leader": leader, "member": member, "now": now},
    )


def find_leader(session: Session, member_id: uuid.UUID) -> LeaderRow | None:
    """The leader (or admin, who may lead) of this id."""
    row = session.execute(
        text(
            """
            SELECT m.id, m.number, CASE WHEN consent_stands(m.id, 'names') THEN p.display_name END
            FROM members m LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE m.id = :id AND m.role IN ('leader', 'admin')
            """
        ),
        {"id": member_id},
    ).one_or_none()
    return None if row is None else LeaderRow(*row)


def size(session: Session, leader: int) -> int:
    """How many belong to a circle."""
    statement = text(f"SELECT count(*) FROM ({_MEMBERS}) c")  # noqa: S608 - texts of this module
    return int(session.execute(statement, {"leader": leader}).scalar_one())


def members(session: Session, leader: int, after: uuid.UUID | None, limit: int) -> list[DirectRow]:
    """Up to `limit` members of a circle, the earliest first, by name where they agreed to be named."""
    rows = session.execute(
        text(
            f"""
            SELECT m.id, CASE WHEN consent_stands(m.id, 'names') THEN p.display_name END, m.joined_at
            FROM ({_MEMBERS}) c JOIN members m ON m.number = c.number
            LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE CAST(:after AS uuid) IS NULL OR m.id > :after ORDER BY m.id LIMIT :limit
            """  # noqa: S608 - texts of this module
        ),
        {"leader": leader, "after": after, "limit": limit},
    )
    return [DirectRow._make(row) for row in rows]


def numbers(session: Session, leader: int, after: int, limit: int) -> list[int]:
    """The next `limit` in a circle, by number."""
    statement = text(
        f"SELECT number FROM ({_MEMBERS}) c WHERE number > :after ORDER BY number LIMIT :limit"  # noqa: S608 - own texts
    )
    return [row.number for row in session.execute(statement, {"leader": leader, "after": after, "limit": limit})]


def circles_of(session: Session, member: int) -> list[LeaderRow]:
    """The leaders whose circles a member belongs to."""
    rows = session.execute(
        text(
            """
            SELECT m.id, m.number, CASE WHEN consent_stands(m.id, 'names') THEN p.display_name END
            FROM (
                SELECT n.sponsor AS leader FROM referral_nodes n WHERE n.member_number = :member AND NOT EXISTS (
                    SELECT FROM circle_members c
                    WHERE c.leader = n.sponsor AND c.member = :member AND c.left_at IS NOT NULL)
                UNION SELECT c.leader FROM circle_members c WHERE c.member = :member AND c.left_at IS NULL
            ) s JOIN members m ON m.number = s.leader LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE m.role IN ('leader', 'admin') ORDER BY m.id
            """
        ),
        {"member": member},
    )
    return [LeaderRow(*row) for row in rows]
