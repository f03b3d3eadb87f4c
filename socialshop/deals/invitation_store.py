"""Statements on invitations: for whom alone a deal is."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

# Whether a deal `d` is shown to the member `:viewer`, who may be nobody.
SHOWN = """
    (NOT d.invited_only OR EXISTS (SELECT FROM deal_invitations i WHERE i.deal_id = d.id AND i.member = :viewer))
"""
# Whether the room `r` is of a deal to which `:member` is not invited.
UNINVITED = """
    EXISTS (SELECT FROM deals WHERE deals.id = r.deal_id AND deals.invited_only AND NOT EXISTS (
        SELECT FROM deal_invitations i WHERE i.deal_id = deals.id AND i.member = :member))
"""


def keep_for_invited(session: Session, deal_id: uuid.UUID) -> bool:
    """From now on a draft is for those who are invited; False if it is no draft, or stands in a session for all."""
    row = session.execute(
        text(
            "UPDATE deals d SET invited_only = true WHERE d.id = :id AND d.draft"
            " AND NOT EXISTS (SELECT FROM flash_session_picks p WHERE p.deal_id = d.id) RETURNING d.id"
        ),
        {"id": deal_id},
    )
    return row.one_or_none() is not None


def invite(session: Session, deal_id: uuid.UUID, members: Collection[int], now: datetime) -> list[int]:
    """Invite members; returns those who were not before, in the order of their numbers. One statement."""
    rows = session.execute(
        text(
            """
            WITH added AS (
                INSERT INTO deal_invitations (deal_id, member, invited_at)
                SELECT :deal, n, :now FROM unnest(CAST(:members AS bigint[])) AS n
                ON CONFLICT DO NOTHING RETURNING member
            )
            SELECT member FROM added ORDER BY member
            """
        ),
        {"deal": deal_id, "members": list(members), "now": now},
    )
    return list(rows.scalars())


def is_invited(session: Session, deal_id: uuid.UUID, member: int) -> bool:
    """Whether the member is invited to the deal."""
    found = session.execute(
        text("SELECT EXISTS (SELECT FROM deal_invitations WHERE deal_id = :deal AND member = :member)"),
        {"deal": deal_id, "member": member},
    )
    return bool(found.scalar_one())


def count_invited(session: Session, deal_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many are invited to each of these deals; none of nobody."""
    rows = session.execute(
        text("SELECT deal_id, count(*) FROM deal_invitations WHERE deal_id = ANY(:ids) GROUP BY deal_id"),
        {"ids": list(deal_ids)},
    )
    return {row[0]: row[1] for row in rows}


def invited_to(session: Session, member: int, now: datetime) -> Sequence[uuid.UUID]:
    """The published deals that are not over and to which the member is invited, the newest first."""
    rows = session.execute(
        text(
            """
            SELECT d.id FROM deal_invitations i JOIN deals d ON d.id = i.deal_id
            WHERE i.member = :member AND d.invited_only AND NOT d.draft AND d.ended_at IS NULL
                AND (d.ends_at IS NULL OR d.ends_at > :now)
            ORDER BY d.id DESC LIMIT 100
            """
        ),
        {"member": member, "now": now},
    )
    return list(rows.scalars())


def forget(session: Session, before: datetime, limit: int) -> int:
    """Forget up to `limit` invitations to deals that were over before then; returns how many."""
    gone = session.execute(
        text(
            """
            DELETE FROM deal_invitations WHERE (deal_id, member) IN (
                SELECT i.deal_id, i.member FROM deal_invitations i JOIN deals d ON d.id = i.deal_id
                WHERE coalesce(d.ended_at, d.ends_at) < :before LIMIT :limit)
            RETURNING 1
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(list(gone))
