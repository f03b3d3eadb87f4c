"""Missions, their versions, and how far members are.

Progress is counted anew from what stands (sales as noted, points that deeds gave) whenever something that it counts
comes or goes: told again it is the same. Whoever counts has locked the members (store/lots.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.loyalty.rules import MissionKind, Repeats

# Mission `m` is for everybody, or for those whom its campaign treats: for the member `t.member` then.
_FOR_MEMBER = """
    (m.campaign_id IS NULL OR EXISTS (
        SELECT FROM campaign_members c WHERE c.campaign_id = m.campaign_id AND c.member = t.member AND c.treated))
"""
# The period of mission `m` that the instant `t.at` lies in, by the clock of `:zone`.
_PERIOD = """
    CROSS JOIN LATERAL (
        SELECT CASE WHEN m.repeats = 'once' THEN m.opens_at
                ELSE greatest(m.opens_at, date_trunc(m.repeats, t.at AT TIME ZONE :zone) AT TIME ZONE :zone)
            END AS begins_at,
            CASE WHEN m.repeats = 'once' THEN m.closes_at
                ELSE least(m.closes_at, (date_trunc(m.repeats, t.at AT TIME ZONE :zone)
                    + CAST('1 ' || m.repeats AS interval)) AT TIME ZONE :zone)
            END AS ends_at
    ) AS p
"""
_TOUCHED = """
    SELECT DISTINCT member, kind, at
    FROM unnest(CAST(:members AS bigint[]), CAST(:kinds AS text[]), CAST(:instants AS timestamptz[]))
        AS t (member, kind, at)
"""
_BEGIN = text(
    f"""
    INSERT INTO mission_progress (mission_id, version, member, begins_at, ends_at)
    SELECT DISTINCT ON (t.member, m.id, p.begins_at) m.id, v.version, t.member, p.begins_at, p.ends_at
    FROM ({_TOUCHED}) AS t
    JOIN missions m ON m.kind = t.kind AND m.opens_at <= t.at AND t.at < m.closes_at
        AND (m.withdrawn_at IS NULL OR t.at < m.withdrawn_at) AND {_FOR_MEMBER}
    {_PERIOD}
    JOIN LATERAL (
        SELECT max(version) AS version FROM mission_versions WHERE mission_id = m.id AND published_at <= t.at
    ) AS v ON v.version IS NOT NULL
    ORDER BY t.member, m.id, p.begins_at, t.at
    ON CONFLICT (member, mission_id, begins_at) DO NOTHING
    """  # noqa: S608 - constants of this module
)
# A friend is brought by the first of the friend's sales that stands; a deed counts while its points do.
_DONE = """
    CASE m.kind
    WHEN 'order' THEN (
        SELECT count(*) FROM loyalty_sales s
        WHERE s.buyer = g.member AND s.left_minor > 0 AND s.placed_at >= g.begins_at AND s.placed_at < w.ends_at)
    WHEN 'friend' THEN (
        SELECT count(*) FROM (
            SELECT min(s.placed_at) AS at FROM loyalty_sales s
            WHERE s.sponsor = g.member AND s.left_minor > 0 GROUP BY s.buyer
        ) AS first WHERE first.at >= g.begins_at AND first.at < w.ends_at)
    ELSE (
        SELECT count(*) FROM point_lots l
        WHERE l.member = g.member AND l.kind = m.kind AND l.earned_at >= g.begins_at AND l.earned_at < w.ends_at
            AND (l.points = 0 OR l.taken_points < l.points))
    END
"""
_COUNT = text(
    f"""
    WITH touched AS ({_TOUCHED}), counted AS (
        SELECT g.member, g.mission_id, g.begins_at, v.times, v.points, v.title_zh, v.title_en, g.rewarded,
            {_DONE} AS done
        FROM mission_progress g
        JOIN missions m ON m.id = g.mission_id
        JOIN mission_versions v ON v.mission_id = g.mission_id AND v.version = g.version
        CROSS JOIN LATERAL (SELECT least(g.ends_at, m.withdrawn_at) AS ends_at) AS w
        WHERE EXISTS (SELECT FROM touched t WHERE t.member = g.member AND t.kind = m.kind
            AND t.at >= g.begins_at AND t.at < g.ends_at)
    )
    UPDATE mission_progress g SET done = c.done, rewarded = c.done >= c.times,
        grants = g.grants + CASE WHEN c.done >= c.times AND NOT c.rewarded THEN 1 ELSE 0 END
    FROM counted c
    WHERE g.member = c.member AND g.mission_id = c.mission_id AND g.begins_at = c.begins_at AND g.done <> c.done
    RETURNING g.member, g.mission_id, g.begins_at, g.grants, c.rewarded, g.rewarded, c.points, c.title_zh, c.title_en
    """  # noqa: S608 - constants of this module
)


class MissionRow(NamedTuple):
    """A mission by one of its versions."""

    id: uuid.UUID
    kind: MissionKind
    repeats: Repeats
    opens_at: datetime
    closes_at: datetime
    withdrawn_at: datetime | None
    version: int
    title_zh: str
    title_en: str
    times: int
    points: int
    campaign_id: uuid.UUID | None = None


class Touched(NamedTuple):
    """Something that missions of a kind may count came or went, at this instant of the member's."""

    member: int
    kind: MissionKind
    at: datetime


class Moved(NamedTuple):
    """How far somebody is has changed; `grants` numbers the times that the period was rewarded, this one included."""

    member: int
    mission_id: uuid.UUID
    begins_at: datetime
    grants: int
    was_rewarded: bool
    rewarded: bool
    points: int
    title_zh: str
    title_en: str


class Clock(NamedTuple):
    """An instant, and by whose clock its day, week and month are meant."""

    now: datetime
    zone: str


class Own(NamedTuple):
    """A mission as a member sees it: the period that goes on, and how much of it is done."""

    mission: MissionRow
    begins_at: datetime
    ends_at: datetime
    done: int
    rewarded: bool


class Reach(NamedTuple):
    """How many periods members began and finished, and what is rewarded of them now, in points."""

    mission_id: uuid.UUID
    begun: int
    finished: int


def count(session: Session, touched: Sequence[Touched], zone: str) -> list[Moved]:
    """Count anew what these touch; returns whose progress changed. Two statements."""
    values = {
        "members": [each.member for each in touched],
        "kinds": [each.kind.value for each in touched],
        "instants": [each.at for each in touched],
    }
    session.execute(_BEGIN, values | {"zone": zone})
    return sorted(Moved(*row) for row in session.execute(_COUNT, values))


def add(session: Session, row: MissionRow, now: datetime) -> None:
    """Append a mission without versions."""
    session.execute(
        text(
            "INSERT INTO missions (id, kind, repeats, opens_at, closes_at, campaign_id, created_at)"
            " VALUES (:id, :kind, :repeats, :opens_at, :closes_at, :campaign_id, :now)"
        ),
        {
            "id": row.id,
            "kind": row.kind.value,
            "repeats": row.repeats.value,
            "opens_at": row.opens_at,
            "closes_at": row.closes_at,
            "campaign_id": row.campaign_id,
            "now": now,
        },
    )


def add_version(session: Session, row: MissionRow, actor: uuid.UUID, now: datetime) -> None:
    """Append a version of a mission, which is locked or new."""
    session.execute(
        text(
            "INSERT INTO mission_versions"
            " (mission_id, version, title_zh, title_en, times, points, published_by, published_at)"
            " VALUES (:id, :version, :title_zh, :title_en, :times, :points, :actor, :now)"
        ),
        {
            "id": row.id,
            "version": row.version,
            "title_zh": row.title_zh,
            "title_en": row.title_en,
            "times": row.times,
            "points": row.points,
            "actor": actor,
            "now": now,
        },
    )


_NEWEST = """
    SELECT m.id, m.kind, m.repeats, m.opens_at, m.closes_at, m.withdrawn_at, v.version, v.title_zh, v.title_en,
        v.times, v.points, m.campaign_id
    FROM missions m JOIN LATERAL (
        SELECT * FROM mission_versions WHERE mission_id = m.id ORDER BY version DESC LIMIT 1
    ) AS v ON true
"""


def lock(session: Session, mission_id: uuid.UUID) -> MissionRow | None:
    """The mission by its newest version, for this transaction alone to change."""
    row = session.execute(text(f"{_NEWEST} WHERE m.id = :id FOR UPDATE OF m"), {"id": mission_id}).one_or_none()
    return _mission(row) if row else None


def find(session: Session, mission_id: uuid.UUID) -> MissionRow | None:
    """The mission by its newest version."""
    row = session.execute(text(f"{_NEWEST} WHERE m.id = :id"), {"id": mission_id}).one_or_none()
    return _mission(row) if row else None


def page(session: Session, before: uuid.UUID | None, limit: int) -> list[MissionRow]:
    """Up to `limit` missions by their newest versions, the newest mission first."""
    rows = session.execute(
        text(f"{_NEWEST} WHERE CAST(:before AS uuid) IS NULL OR m.id < :before ORDER BY m.id DESC LIMIT :limit"),
        {"before": before, "limit": limit},
    )
    return [_mission(row) for row in rows]


def of_campaign(session: Session, campaign_id: uuid.UUID) -> list[MissionRow]:
    """The missions of a campaign by their newest versions, in the order they were made."""
    rows = session.execute(text(f"{_NEWEST} WHERE m.campaign_id = :id ORDER BY m.id"), {"id": campaign_id})
    return [_mission(row) for row in rows]


def withdraw(session: Session, mission_id: uuid.UUID, now: datetime) -> None:
    """Let the mission count nothing from now on."""
    session.execute(
        text("UPDATE missions SET withdrawn_at = :now WHERE id = :id AND withdrawn_at IS NULL"),
        {"id": mission_id, "now": now},
    )


def reach(session: Session, mission_ids: Sequence[uuid.UUID]) -> list[Reach]:
    """How far members are with these missions, together."""
    rows = session.execute(
        text(
            "SELECT mission_id, count(*) FILTER (WHERE done > 0), count(*) FILTER (WHERE rewarded)"
            " FROM mission_progress WHERE mission_id = ANY(:ids) GROUP BY mission_id"
        ),
        {"ids": list(mission_ids)},
    )
    return [Reach(*row) for row in rows]


def of_member(session: Session, member: int, clock: Clock, after: uuid.UUID | None, limit: int) -> list[Own]:
    """Up to `limit` missions that go on, in the order they were made, with how far the member is."""
    rows = session.execute(
        text(
            f"""
            SELECT m.id, m.kind, m.repeats, m.opens_at, m.closes_at, m.withdrawn_at, v.version, v.title_zh,
                v.title_en, v.times, v.points, m.campaign_id, p.begins_at, p.ends_at, coalesce(g.done, 0),
                coalesce(g.rewarded, false)
            FROM (SELECT CAST(:now AS timestamptz) AS at, CAST(:member AS bigint) AS member) AS t
            JOIN missions m ON m.opens_at <= t.at AND t.at < m.closes_at AND m.withdrawn_at IS NULL
                AND (CAST(:after AS uuid) IS NULL OR m.id > :after) AND {_FOR_MEMBER}
            {_PERIOD}
            LEFT JOIN mission_progress g
                ON g.member = t.member AND g.mission_id = m.id AND g.begins_at = p.begins_at
            JOIN LATERAL (
                SELECT * FROM mission_versions
                WHERE mission_id = m.id AND (g.version IS NULL OR version = g.version) ORDER BY version DESC LIMIT 1
            ) AS v ON true
            ORDER BY m.id LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ),
        {"member": member, **clock._asdict(), "after": after, "limit": limit},
    )
    return [Own(_mission(row[:12]), *row[12:]) for row in rows]


def _mission(row: Sequence[object]) -> MissionRow:
    id_, kind, repeats, *rest = row
    return MissionRow(id_, MissionKind(kind), Repeats(repeats), *rest)  # type: ignore[arg-type]
