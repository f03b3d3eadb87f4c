"""Programmes, the versions that were published of them, and who would move by one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from socialshop.memberships.store.standings import IN_FORCE

_PROGRAMMES = """
    SELECT p.id, p.document, p.created_at, v.number, v.effective_at
    FROM tier_programmes p LEFT JOIN tier_programme_versions v ON v.programme_id = p.id
"""
# Everybody's growth by the new period, and the steps of the new ladder; who has no standing has no growth and stays
# where everybody begins. Whose tier the new ladder does not know is moved to its like (0), where growth takes them
# neither up nor down. Examples are the members who joined first.
_WHO_MOVES = text(
    """
    WITH grown AS (
        SELECT member, sum(points)::bigint AS growth FROM growth_entries
        WHERE counts_from > :now - make_interval(days => :period_days) GROUP BY member
    ), judged AS (
        SELECT s.member, s.tier, greatest(coalesce(g.growth, 0), 0) AS growth,
            coalesce(array_position(CAST(:codes AS text[]), s.tier),
                width_bucket(o.threshold, CAST(:thresholds AS bigint[]))) AS held,
            width_bucket(greatest(coalesce(g.growth, 0), 0), CAST(:thresholds AS bigint[])) AS earned
        FROM member_standings s JOIN tiers o ON o.version = s.version AND o.code = s.tier
        LEFT JOIN grown g ON g.member = s.member
    ), moves AS (
        SELECT tier, earned, sign(earned - held)::integer AS direction, count(*) AS members,
            (array_agg(member ORDER BY member))[1:5] AS examples
        FROM judged WHERE earned <> held OR tier <> ALL(CAST(:codes AS text[]))
        GROUP BY tier, earned, sign(earned - held)
    )
    SELECT m.tier, (CAST(:codes AS text[]))[m.earned], m.direction, m.members,
        (SELECT array_agg(b.id ORDER BY b.number) FROM members b WHERE b.number = ANY(m.examples))
    FROM moves m ORDER BY m.direction DESC, m.members DESC, m.tier, m.earned
    """
)


class ProgrammeRow(NamedTuple):
    """A programme; the last two are null for a draft."""

    id: uuid.UUID
    document: dict[str, Any]
    created_at: datetime
    number: int | None
    effective_at: datetime | None


class MoveRow(NamedTuple):
    """How many would leave a tier for another: `direction` 1 is up at once, -1 down after warning and grace.

    0 is at once too: the tier is there no more, and the growth is that of the other.
    """

    from_tier: str
    to_tier: str
    direction: int
    members: int
    examples: list[uuid.UUID]


def add(
    session: Session, programme_id: uuid.UUID, document: Mapping[str, Any], *, created_by: uuid.UUID, now: datetime
) -> None:
    """Append a draft."""
    session.execute(
        text(
            "INSERT INTO tier_programmes (id, name, document, created_by, created_at)"
            " VALUES (:id, :name, :document, :created_by, :now)"
        ).bindparams(bindparam("document", type_=JSONB)),
        {"id": programme_id, "name": document["name"], "document": document, "created_by": created_by, "now": now},
    )


def find(session: Session, programme_id: uuid.UUID) -> ProgrammeRow | None:
    """The draft or published programme of this id."""
    row = session.execute(text(_PROGRAMMES + " WHERE p.id = :id"), {"id": programme_id}).one_or_none()
    return ProgrammeRow(*row) if row else None


def page_of(session: Session, before: uuid.UUID | None, limit: int) -> list[ProgrammeRow]:
    """Up to `limit` programmes, the newest first, older than `before`."""
    rows = session.execute(
        text(_PROGRAMMES + " WHERE CAST(:before AS uuid) IS NULL OR p.id < :before ORDER BY p.id DESC LIMIT :limit"),
        {"before": before, "limit": limit},
    )
    return [ProgrammeRow(*row) for row in rows]


def in_force(session: Session, now: datetime) -> ProgrammeRow:
    """The programme that is in force."""
    row = session.execute(text(_PROGRAMMES + f" WHERE v.number = {IN_FORCE}"), {"now": now}).one()
    return ProgrammeRow(*row)


def last_version(session: Session) -> tuple[int, datetime]:
    """The number of the newest version, and from when it holds."""
    number, effective_at = session.execute(
        text("SELECT number, effective_at FROM tier_programme_versions ORDER BY number DESC LIMIT 1")
    ).one()
    return number, effective_at


def add_version(session: Session, number: int, programme_id: uuid.UUID, effective_at: datetime, now: datetime) -> None:
    """Publish: the version, and its tiers spelled out."""
    values = {"number": number, "programme_id": programme_id, "effective_at": effective_at, "now": now}
    session.execute(
        text(
            "INSERT INTO tier_programme_versions (number, programme_id, effective_at, published_at)"
            " VALUES (:number, :programme_id, :effective_at, :now)"
        ),
        values,
    )
    session.execute(
        text(
            """
            INSERT INTO tiers (version, level, code, name_zh, name_en, threshold, benefits)
            SELECT :number, t.level - 1, t.tier ->> 'code', t.tier ->> 'name_zh', t.tier ->> 'name_en',
                (t.tier ->> 'threshold')::bigint, t.tier -> 'benefits'
            FROM tier_programmes p, jsonb_array_elements(p.document -> 'tiers') WITH ORDINALITY AS t (tier, level)
            WHERE p.id = :programme_id
            """
        ),
        values,
    )


def who_moves(
    session: Session, *, period_days: int, codes: Sequence[str], thresholds: Sequence[int], now: datetime
) -> list[MoveRow]:
    """Who would leave their tiers if this ladder were in force now. One statement."""
    values = {"period_days": period_days, "codes": list(codes), "thresholds": list(thresholds), "now": now}
    return [MoveRow(*row) for row in session.execute(_WHO_MOVES, values)]
