"""Attribution, and what links brought: projections over other rooms' rows, by declared columns."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session


class StatsRow(NamedTuple):
    """What became of a link."""

    clicks: int
    repeats: int
    own: int
    bots: int
    closed: int
    members: int
    orders: int
    earned_minor: int


def add_attribution(session: Session, values: Mapping[str, object]) -> None:
    """Append through which link a member came."""
    session.execute(
        text(
            "INSERT INTO attributions (member_id, link_id, source, touched_at, attributed_at)"
            " VALUES (:member_id, :link_id, :source, :touched_at, :attributed_at)"
        ),
        values,
    )


def record_sales(session: Session, order_ids: Sequence[uuid.UUID]) -> None:
    """Write anew what the links of these orders brought: the order itself, and what its link's owner has from it."""
    session.execute(
        text(
            """
            INSERT INTO link_sales (order_id, link_id, currency, earned_minor)
            SELECT o.id, o.link_id, o.currency, coalesce(sum(
                a.amount_minor
                - coalesce((SELECT sum(c.amount_minor) FROM clawbacks c WHERE c.accrual_id = a.id), 0)
            ), 0)
            FROM orders o
            JOIN invite_links l ON l.id = o.link_id
            JOIN members m ON m.id = l.owner_id
            LEFT JOIN order_lines ol ON ol.order_id = o.id
            LEFT JOIN accruals a ON a.order_line_id = ol.id AND a.beneficiary = m.number AND a.status <> 'rejected'
            WHERE o.id = ANY(CAST(:ids AS uuid[]))
            GROUP BY o.id
            ORDER BY o.id
            ON CONFLICT (order_id) DO UPDATE SET earned_minor = excluded.earned_minor
            """
        ),
        {"ids": list(order_ids)},
    )


def stats_of(session: Session, link_ids: Sequence[uuid.UUID], currency: str) -> dict[uuid.UUID, StatsRow]:
    """The figures of these links, by link; what each earned in one currency."""
    rows = session.execute(
        text(
            """
            SELECT l.id, coalesce(k.clicks, 0), coalesce(k.repeats, 0), coalesce(k.own, 0), coalesce(k.bots, 0),
                coalesce(k.closed, 0), (SELECT count(*) FROM attributions a WHERE a.link_id = l.id), s.orders,
                s.earned_minor
            FROM unnest(CAST(:link_ids AS uuid[])) AS l (id)
            CROSS JOIN LATERAL (
                SELECT count(*) AS orders,
                    coalesce(sum(earned_minor) FILTER (WHERE currency = :currency), 0)::bigint AS earned_minor
                FROM link_sales WHERE link_id = l.id
            ) s
            LEFT JOIN invite_click_counts k ON k.link_id = l.id
            """
        ),
        {"link_ids": list(link_ids), "currency": currency},
    )
    return {row[0]: StatsRow._make(row[1:]) for row in rows}


class Reach(NamedTuple):
    """How many links lead to a subject, how often people opened them, and how many registered through one."""

    links: int
    views: int
    members: int


def reach_of(session: Session, kind: str, target_id: uuid.UUID) -> Reach:
    """What all links of anybody to a subject brought."""
    row = session.execute(
        text(
            """
            SELECT count(*), coalesce(sum(k.clicks + k.repeats), 0)::bigint,
                coalesce(sum((SELECT count(*) FROM attributions a WHERE a.link_id = l.id)), 0)::bigint
            FROM invite_links l LEFT JOIN invite_click_counts k ON k.link_id = l.id
            WHERE l.kind = :kind AND l.target_id = :target_id
            """
        ),
        {"kind": kind, "target_id": target_id},
    ).one()
    return Reach(*row)


# A member's own links, or one of them.
_OWN = "l.owner_id = :owner_id AND (CAST(:link_id AS uuid) IS NULL OR l.id = :link_id)"
_SINCE = "CAST(CAST(:since AS date) AS timestamp) AT TIME ZONE :zone"
_CLICK_DAYS = text(
    f"""
    SELECT d.on_day, l.channel, sum(d.clicks)::bigint AS clicks, sum(d.repeats)::bigint AS repeats,
        sum(d.own)::bigint AS own, sum(d.bots)::bigint AS bots, sum(d.closed)::bigint AS closed
    FROM invite_links l JOIN invite_click_days d ON d.link_id = l.id
    WHERE {_OWN} AND d.on_day >= CAST(:since AS date) GROUP BY d.on_day, l.channel
    """  # noqa: S608 - texts of this module
)
_MEMBER_DAYS = text(
    f"""
    SELECT (a.attributed_at AT TIME ZONE :zone)::date AS on_day, l.channel, count(*) AS members
    FROM invite_links l JOIN attributions a ON a.link_id = l.id
    WHERE {_OWN} AND a.attributed_at >= {_SINCE} GROUP BY 1, l.channel
    """  # noqa: S608 - texts of this module
)
_SEAT_DAYS = text(
    f"""
    SELECT (o.ordered_at AT TIME ZONE :zone)::date AS on_day, l.channel, count(*) AS seats, count(s.order_id) AS orders,
        coalesce(sum(s.earned_minor) FILTER (WHERE s.currency = :currency), 0)::bigint AS earned_minor
    FROM invite_links l JOIN orders o ON o.link_id = l.id LEFT JOIN link_sales s ON s.order_id = o.id
    WHERE {_OWN} AND o.ordered_at >= {_SINCE} GROUP BY 1, l.channel
    """  # noqa: S608 - texts of this module
)
DayCounts = tuple[date, str | None, Mapping[str, int]]


def click_days(session: Session, whose: Mapping[str, object], currency: str) -> Iterator[DayCounts]:
    """Clicks of links by day and channel, counted and not."""
    return _days(session, _CLICK_DAYS, whose)


def member_days(session: Session, whose: Mapping[str, object], currency: str) -> Iterator[DayCounts]:
    """Who registered through links, by day and channel."""
    return _days(session, _MEMBER_DAYS, whose)


def seat_days(session: Session, whose: Mapping[str, object], currency: str) -> Iterator[DayCounts]:
    """Seats, orders and what these earned, by day and channel."""
    return _days(session, _SEAT_DAYS, {**whose, "currency": currency})


def _days(session: Session, statement: TextClause, values: Mapping[str, object]) -> Iterator[DayCounts]:
    for row in session.execute(statement, values).mappings():
        counted: dict[str, Any] = dict(row)
        yield counted.pop("on_day"), counted.pop("channel"), counted
