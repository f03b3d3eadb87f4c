"""Growth: entries that are only ever added, each once. Whoever adds holds the standings of those concerned."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.memberships.store.standings import IN_FORCE

_ENSURE = text(
    f"""
    INSERT INTO member_standings (member, version, tier, since)
    SELECT m.number, t.version, t.code, :now
    FROM members m JOIN tiers t ON t.level = 0 AND t.version = {IN_FORCE}
    WHERE m.number = ANY(:members) ORDER BY m.number
    ON CONFLICT (member) DO NOTHING
    """  # noqa: S608 - a constant of this module
)
_CONCERNED = text(
    """
    SELECT buyer FROM orders WHERE id = ANY(:ids)
    UNION SELECT uplines[1] FROM orders WHERE id = ANY(:ids) AND cardinality(uplines) > 0
    """
)
# What a sale is worth by the rule of a version; a sale in a currency without a rule is worth nothing.
_WORTH = """
    goods_paid(o) / (
        SELECT (r ->> 'minor_per_point')::bigint FROM jsonb_array_elements(p.document -> 'spend') AS r
        WHERE r ->> 'currency' = o.currency)
"""
# A sponsor's points for a member's first sale name the member: a second sale finds them there.
_ADD_SALES = text(
    f"""
    WITH rule AS (
        SELECT v.number AS version, p.document FROM tier_programme_versions v
        JOIN tier_programmes p ON p.id = v.programme_id WHERE v.number = {IN_FORCE}
    ), sold AS (
        SELECT o.id, o.buyer, o.uplines[1] AS sponsor, o.ordered_at, p.version, coalesce({_WORTH}, 0) AS points,
            (p.document ->> 'referral_points')::bigint AS brought
        FROM orders o CROSS JOIN rule p WHERE o.id = ANY(:ids) AND o.total_minor > o.refunded_minor
    ), wanted AS (
        SELECT buyer AS member, 'order' AS kind, id::text AS source, id AS about, points, version, ordered_at FROM sold
        UNION ALL
        SELECT * FROM (
            SELECT DISTINCT ON (sponsor, buyer) sponsor, 'referral', buyer::text, id, brought, version, ordered_at
            FROM sold WHERE sponsor IS NOT NULL AND brought > 0 ORDER BY sponsor, buyer, ordered_at, id
        ) AS first
    )
    INSERT INTO growth_entries (member, kind, source, about, points, asked, version, counts_from, recorded_at)
    SELECT member, kind, source, about, points, points, version, ordered_at, :now FROM wanted
    ON CONFLICT (kind, source, member) DO NOTHING
    """  # noqa: S608 - constants of this module
)
# A refund brings the sale's points to what is left of it, by the rule that gave them; a sale whose points are not there
# yet will be counted with what is left. Wholly refunded, it is nobody's first sale.
_TAKE_BACK = text(
    f"""
    WITH told AS (
        SELECT * FROM unnest(CAST(:refunds AS uuid[]), CAST(:ids AS uuid[])) AS t (refund_id, order_id)
    ), last AS (
        SELECT order_id, max(refund_id::text)::uuid AS refund_id FROM told t
        WHERE NOT EXISTS (SELECT FROM growth_entries e JOIN orders o ON o.id = t.order_id
            WHERE e.kind = 'refund' AND e.source = t.refund_id::text AND e.member = o.buyer)
        GROUP BY order_id
    ), back AS (
        SELECT o.buyer AS member, 'refund' AS kind, l.refund_id::text AS source, o.id AS about,
            coalesce({_WORTH}, 0) - (
                SELECT sum(s.points) FROM growth_entries s
                WHERE s.member = o.buyer AND s.counts_from = e.counts_from AND s.about = o.id
            ) AS points, e.version, e.counts_from
        FROM last l JOIN orders o ON o.id = l.order_id
        JOIN growth_entries e ON e.kind = 'order' AND e.source = o.id::text AND e.member = o.buyer
        JOIN tier_programme_versions v ON v.number = e.version JOIN tier_programmes p ON p.id = v.programme_id
        UNION ALL
        SELECT e.member, 'referral_refund', e.source, e.about, -e.points, e.version, e.counts_from
        FROM last l JOIN orders o ON o.id = l.order_id AND o.refunded_minor >= o.total_minor
        -- The buyer that it names may have become another, of the same person.
        JOIN growth_entries e ON e.kind = 'referral' AND e.member = o.uplines[1] AND e.about = o.id
    )
    INSERT INTO growth_entries (member, kind, source, about, points, asked, version, counts_from, recorded_at)
    SELECT member, kind, source, about, points, points, version, counts_from, :now FROM back
    ON CONFLICT (kind, source, member) DO NOTHING
    """  # noqa: S608 - constants of this module
)
_ADD_ACT = text(
    f"""
    WITH rule AS (
        SELECT v.number AS version, a.points, a.day_cap, a.period_cap,
            make_interval(days => (p.document ->> 'period_days')::integer) AS period
        FROM tier_programme_versions v JOIN tier_programmes p ON p.id = v.programme_id,
            jsonb_to_recordset(p.document -> 'activities') AS a (
                kind text, points bigint, day_cap bigint, period_cap bigint)
        WHERE v.number = {IN_FORCE} AND a.kind = :kind
    ), given AS (
        SELECT r.version, r.points AS asked, greatest(0, least(r.points,
            r.day_cap - coalesce((SELECT sum(e.points) FROM growth_entries e WHERE e.member = :member
                AND e.kind = :kind AND e.counts_from >= :day_from AND e.counts_from < :day_until), 0),
            r.period_cap - coalesce((SELECT sum(e.points) FROM growth_entries e WHERE e.member = :member
                AND e.kind = :kind AND e.counts_from > :at - r.period), 0)
        ))::bigint AS points
        FROM rule r
    )
    INSERT INTO growth_entries (member, kind, source, points, asked, version, counts_from, recorded_at)
    SELECT :member, :kind, :source, points, asked, version, :at, :now FROM given
    ON CONFLICT (kind, source, member) DO NOTHING RETURNING points
    """  # noqa: S608 - a constant of this module
)


class GrowthRow(NamedTuple):
    """How much of a member's growth comes from one kind of fact."""

    kind: str
    entries: int
    points: int


def hold(session: Session, members: Collection[int], now: datetime) -> list[int]:
    """Hold the standings of these members, in their order, for this transaction; those who have none get theirs."""
    session.execute(_ENSURE, {"members": list(members), "now": now})
    held = session.execute(
        text("SELECT member FROM member_standings WHERE member = ANY(:members) ORDER BY member FOR NO KEY UPDATE"),
        {"members": list(members)},
    )
    return list(held.scalars())


def concerned(session: Session, order_ids: Collection[uuid.UUID]) -> list[int]:
    """Who grows by these orders: buyers and their sponsors."""
    return list(session.execute(_CONCERNED, {"ids": list(order_ids)}).scalars())


def add_sales(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> None:
    """What these sales bring their buyers, and sponsors by first sales. One statement."""
    session.execute(_ADD_SALES, {"ids": list(order_ids), "now": now})


def take_back(session: Session, refunds: Collection[tuple[uuid.UUID, uuid.UUID]], now: datetime) -> None:
    """What these refunds, pairs of a refund and its order, take back. One statement."""
    values = {"refunds": [refund for refund, _ in refunds], "ids": [order for _, order in refunds]}
    session.execute(_TAKE_BACK, {**values, "now": now})


class Act(NamedTuple):
    """Something that a member did; `source` is its own name within its kind. The day is the shop's."""

    member: int
    kind: str
    source: str
    at: datetime
    day_from: datetime
    day_until: datetime


def add_act(session: Session, act: Act, now: datetime) -> int:
    """The points that an act brought within its rule's caps; 0 also for one that no rule names, or told before."""
    given = session.execute(_ADD_ACT, {**act._asdict(), "now": now}).scalar_one_or_none()
    return int(given or 0)


def by_kind(session: Session, member: int, now: datetime) -> list[GrowthRow]:
    """What the member's growth is made of, by the period of the programme in force."""
    rows = session.execute(
        text(
            f"""
            SELECT e.kind, count(*), sum(e.points)::bigint
            FROM growth_entries e, tier_programme_versions v JOIN tier_programmes p ON p.id = v.programme_id
            WHERE e.member = :member AND v.number = {IN_FORCE}
              AND e.counts_from > :now - make_interval(days => (p.document ->> 'period_days')::integer)
            GROUP BY e.kind ORDER BY sum(e.points) DESC, e.kind
            """  # noqa: S608 - a constant of this module
        ),
        {"member": member, "now": now},
    )
    return [GrowthRow(*row) for row in rows]


def sums(session: Session, members: Collection[int], now: datetime) -> dict[int, int]:
    """The growth of these members by the period of the programme in force; who has none is left out."""
    rows = session.execute(
        text(
            f"""
            SELECT e.member, sum(e.points)::bigint
            FROM growth_entries e, tier_programme_versions v JOIN tier_programmes p ON p.id = v.programme_id
            WHERE e.member = ANY(:members) AND v.number = {IN_FORCE}
              AND e.counts_from > :now - make_interval(days => (p.document ->> 'period_days')::integer)
            GROUP BY e.member
            """  # noqa: S608 - a constant of this module
        ),
        {"members": list(members), "now": now},
    )
    return {row[0]: row[1] for row in rows}
