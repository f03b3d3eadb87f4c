"""Judging where members stand: one statement for any number of them, and the run of a day over all.

Who waits for a standing that another transaction changes must not decide from what was read before: a standing is
written only if it is still the one that was judged. Standings are taken in their order, as whoever adds growth does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.memberships.store.standings import IN_FORCE

# The ladder as arrays: width_bucket finds the step that a growth reaches without looking at rows.
_RULE = """
    SELECT v.number AS version, (p.document ->> 'period_days')::integer AS period_days,
        (p.document ->> 'grace_days')::integer AS grace_days, t.codes, t.thresholds
    FROM tier_programme_versions v JOIN tier_programmes p ON p.id = v.programme_id
    CROSS JOIN LATERAL (
        SELECT array_agg(code ORDER BY level) AS codes, array_agg(threshold ORDER BY level) AS thresholds
        FROM tiers WHERE version = v.number
    ) AS t
"""
# `held` and `earned` count the steps from 1. A tier that the programme does not know is held where its old threshold
# would stand.
_JUDGE = """
    WITH rule AS ({rule} WHERE v.number = {in_force}), grown AS (
        SELECT e.member, sum(e.points) AS growth FROM growth_entries e CROSS JOIN rule r
        WHERE {whose_entries} AND e.counts_from > :now - make_interval(days => r.period_days)
        GROUP BY e.member
    ), judged AS (
        SELECT s.member, s.version AS was_version, s.tier AS was_tier, s.growth AS was_growth,
            s.warned_at AS was_warned, s.lapses_at AS was_lapsing, r.version, r.codes, r.thresholds,
            :now + make_interval(days => r.grace_days) AS would_lapse,
            greatest(coalesce(g.growth, 0), 0)::bigint AS growth,
            coalesce(array_position(r.codes, s.tier), width_bucket(o.threshold, r.thresholds)) AS held,
            width_bucket(greatest(coalesce(g.growth, 0), 0)::bigint, r.thresholds) AS earned
        FROM member_standings s CROSS JOIN rule r
        JOIN tiers o ON o.version = s.version AND o.code = s.tier
        LEFT JOIN grown g ON g.member = s.member
        WHERE {whose_standings}
    ), decided AS (
        SELECT *, CASE
            WHEN earned > held THEN 'upgraded'
            WHEN earned < held AND was_lapsing <= :now THEN 'downgraded'
            WHEN earned < held AND was_warned IS NULL THEN 'warned'
            WHEN earned = held AND was_warned IS NOT NULL THEN 'kept'
            WHEN earned = held AND was_tier <> codes[held] THEN 'moved'
        END AS kind
        FROM judged
    ), placed AS (
        SELECT *, CASE WHEN kind IN ('upgraded', 'downgraded', 'kept', 'moved') THEN codes[earned]
            ELSE was_tier END AS tier
        FROM decided
    ), locked AS (
        SELECT s.member FROM member_standings s JOIN placed p ON p.member = s.member
        WHERE s.version = p.was_version AND s.tier = p.was_tier AND s.growth = p.was_growth
          AND s.warned_at IS NOT DISTINCT FROM p.was_warned
          AND (p.kind IS NOT NULL OR p.growth <> p.was_growth OR p.version <> p.was_version)
        ORDER BY s.member FOR NO KEY UPDATE OF s
    ), updated AS (
        UPDATE member_standings s SET tier = p.tier, growth = p.growth,
            version = CASE WHEN p.tier = ANY(p.codes) THEN p.version ELSE s.version END,
            since = CASE WHEN p.tier <> p.was_tier THEN :now ELSE s.since END,
            warned_at = CASE WHEN p.kind = 'warned' THEN :now WHEN p.kind IS NULL THEN s.warned_at END,
            lapses_at = CASE WHEN p.kind = 'warned' THEN p.would_lapse WHEN p.kind IS NULL THEN s.lapses_at END
        FROM locked h JOIN placed p ON p.member = h.member
        WHERE s.member = h.member
        RETURNING s.member, p.kind, p.was_tier, p.growth,
            CASE WHEN p.kind = 'warned' THEN p.codes[p.earned] ELSE p.tier END AS to_tier,
            p.thresholds[greatest(p.held, p.earned)] AS threshold, p.version,
            CASE WHEN p.kind = 'warned' THEN p.would_lapse END AS lapses_at
    ), written AS (
        INSERT INTO tier_changes (member, kind, from_tier, to_tier, growth, threshold, version, lapses_at, at)
        SELECT member, kind, was_tier, to_tier, growth, threshold, version, lapses_at, :now FROM updated
        WHERE kind IS NOT NULL ORDER BY member
        RETURNING *
    )
    SELECT w.id, w.member, w.kind, w.from_tier, w.to_tier, w.growth, w.threshold, w.lapses_at, t.name_zh, t.name_en
    FROM written w JOIN tiers t ON t.version = w.version AND t.code = w.to_tier ORDER BY w.id
"""
_NAMED = text(
    _JUDGE.format(
        rule=_RULE,
        in_force=IN_FORCE,
        whose_entries="e.member = ANY(:members)",
        whose_standings="s.member = ANY(:members)",
    )
)
_SPAN = text(
    _JUDGE.format(
        rule=_RULE,
        in_force=IN_FORCE,
        whose_entries="e.member > :after AND e.member <= :through",
        whose_standings="s.member > :after AND s.member <= :through",
    )
)


class Change(NamedTuple):
    """A change of a member's tier, or a warning of one; the names are those of the tier that it leads to."""

    id: int
    member: int
    kind: str
    from_tier: str
    to_tier: str
    growth: int
    threshold: int
    lapses_at: datetime | None
    name_zh: str
    name_en: str


class Run(NamedTuple):
    """How far a day's evaluation by one version has come."""

    day: date
    version: int
    done_through: int


def judge(session: Session, members: Collection[int], now: datetime) -> list[Change]:
    """Judge these members by what stands now; returns what changed. One statement."""
    return [Change(*row) for row in session.execute(_NAMED, {"members": list(members), "now": now})]


def judge_span(session: Session, after: int, through: int, now: datetime) -> list[Change]:
    """Judge the members after this number, through that one. One statement."""
    return [Change(*row) for row in session.execute(_SPAN, {"after": after, "through": through, "now": now})]


def open_run(session: Session, day: date, now: datetime) -> Run | None:
    """The day's run by the version in force, held for this transaction; None if it is finished."""
    session.execute(
        text(f"INSERT INTO tier_evaluations (day, version) SELECT :day, {IN_FORCE} ON CONFLICT DO NOTHING"),
        {"day": day, "now": now},
    )
    row = session.execute(
        text(
            f"SELECT day, version, done_through FROM tier_evaluations"  # noqa: S608 - a constant
            f" WHERE day = :day AND version = {IN_FORCE} AND finished_at IS NULL FOR NO KEY UPDATE"
        ),
        {"day": day, "now": now},
    ).one_or_none()
    return Run(*row) if row else None


def last_of_span(session: Session, after: int, limit: int) -> int | None:
    """The number of the last of the next `limit` members who stand anywhere; None if nobody is left."""
    found = session.execute(
        text(
            "SELECT max(member) FROM (SELECT member FROM member_standings WHERE member > :after"
            " ORDER BY member LIMIT :limit) AS span"
        ),
        {"after": after, "limit": limit},
    ).scalar_one()
    return None if found is None else int(found)


def note_progress(session: Session, run: Run, done_through: int, finished_at: datetime | None) -> None:
    """The run has come so far, or to its end."""
    session.execute(
        text(
            "UPDATE tier_evaluations SET done_through = :done_through, finished_at = :finished_at"
            " WHERE day = :day AND version = :version"
        ),
        {**run._asdict(), "done_through": done_through, "finished_at": finished_at},
    )
