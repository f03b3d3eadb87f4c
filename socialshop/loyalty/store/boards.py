"""Boards: who brought most in a month, from sales as noted; and who agreed to be named."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Span(NamedTuple):
    """A month by the shop's clock, by its first day, and from when until when it lasts."""

    month: date
    starts_at: datetime
    ends_at: datetime


class LineRow(NamedTuple):
    """A line of a board; `name` is None for one who did not agree to be named."""

    place: int
    own: bool
    figure: int
    name: str | None


class OwnRow(NamedTuple):
    """A member's own place among so many, and the figure that it is for."""

    place: int
    figure: int
    members: int


# A friend is brought by the first of the friend's sales that stands. Who has left stands on no board.
_WRITE = text(
    """
    WITH brought AS (
        SELECT first.sponsor AS member, 'friends' AS metric, count(*) AS figure FROM (
            SELECT sponsor, buyer, min(placed_at) AS at FROM loyalty_sales
            WHERE sponsor IS NOT NULL AND left_minor > 0 GROUP BY sponsor, buyer
        ) AS first WHERE first.at >= :starts AND first.at < :ends GROUP BY first.sponsor
        UNION ALL
        SELECT sponsor, 'volume', CAST(sum(left_minor) AS bigint) FROM loyalty_sales
        WHERE sponsor IS NOT NULL AND left_minor > 0 AND currency = :currency
            AND placed_at >= :starts AND placed_at < :ends GROUP BY sponsor
    ), ranked AS (
        SELECT b.metric, b.member, b.figure, rank() OVER (PARTITION BY b.metric ORDER BY b.figure DESC) AS place
        FROM brought b JOIN members m ON m.number = b.member
        WHERE NOT EXISTS (SELECT FROM erasures e WHERE e.member_id = m.id)
    ), gone AS (
        DELETE FROM board_rows r WHERE r.month = :month AND NOT EXISTS (
            SELECT FROM ranked k WHERE k.metric = r.metric AND k.member = r.member)
    )
    INSERT INTO board_rows AS r (month, metric, member, figure, place)
    SELECT :month, metric, member, figure, place FROM ranked
    ON CONFLICT (month, metric, member) DO UPDATE SET figure = excluded.figure, place = excluded.place
        WHERE (r.figure, r.place) <> (excluded.figure, excluded.place)
    """
)


def write(session: Session, span: Span, currency: str) -> None:
    """Write a month's boards anew. For one at a time."""
    session.execute(_WRITE, {"month": span.month, "starts": span.starts_at, "ends": span.ends_at, "currency": currency})


def lines(session: Session, month: date, metric: str, member: int, limit: int) -> list[LineRow]:
    """The first `limit` lines of a board, as this member sees them."""
    rows = session.execute(
        text(
            """
            SELECT r.place, r.member = :member, r.figure, CASE WHEN n.member IS NOT NULL THEN p.display_name END
            FROM board_rows r JOIN members m ON m.number = r.member
            LEFT JOIN board_names n ON n.member = r.member
            LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE r.month = :month AND r.metric = :metric ORDER BY r.place, r.member LIMIT :limit
            """
        ),
        {"month": month, "metric": metric, "member": member, "limit": limit},
    )
    return [LineRow(*row) for row in rows]


def own(session: Session, month: date, metric: str, member: int) -> OwnRow | None:
    """Where the member stands; None for one who brought nothing."""
    row = session.execute(
        text(
            """
            SELECT place, figure, (SELECT count(*) FROM board_rows WHERE month = :month AND metric = :metric)
            FROM board_rows WHERE month = :month AND metric = :metric AND member = :member
            """
        ),
        {"month": month, "metric": metric, "member": member},
    ).one_or_none()
    return OwnRow(*row) if row else None


def months(session: Session, limit: int) -> list[date]:
    """The newest months that have a board."""
    rows = session.execute(
        text("SELECT month FROM board_rows GROUP BY month ORDER BY month DESC LIMIT :limit"), {"limit": limit}
    )
    return list(rows.scalars())


def is_named(session: Session, member: int) -> bool:
    """Whether the member agreed to be named."""
    return bool(
        session.execute(
            text("SELECT EXISTS (SELECT FROM board_names WHERE member = :member)"), {"member": member}
        ).scalar_one()
    )


def set_named(session: Session, member: int, *, named: bool, now: datetime) -> None:
    """The member agrees to be named, or does not any more."""
    statement = (
        "INSERT INTO board_names (member, named_at) VALUES (:member, :now) ON CONFLICT (member) DO NOTHING"
        if named
        else "DELETE FROM board_names WHERE member = :member"
    )
    session.execute(text(statement), {"member": member, "now": now})
