"""Statements on lots of points and on who holds them.

Whoever gives points to members, or takes them, first locks their rows of `point_members` in order of their numbers,
then lots in the order in which they are used up. Expiry does so too, but passes over members in somebody's
hands and waits for none.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.loyalty.rules import Cap, Part, Span


class LotRow(NamedTuple):
    """A lot to be: pending where `available_at` is None. `facts` say why it is as large as it is."""

    id: uuid.UUID
    member: int
    kind: str
    subject: str
    order_id: uuid.UUID | None
    points: int
    facts: Mapping[str, object]
    expiry_days: int
    available_at: datetime | None


class Opened(NamedTuple):
    """A lot that became available just now, with what is left of it."""

    id: uuid.UUID
    member: int
    points: int


# Lots `l` that events (a member and a subject each) gave by a kind.
_OF_EVENTS = """
    FROM point_lots l JOIN unnest(CAST(:members AS bigint[]), CAST(:subjects AS text[])) AS e (member, subject)
        ON l.member = e.member AND l.subject = e.subject
    WHERE l.kind = :kind
"""


def _events(kind: str, events: Sequence[tuple[int, str]]) -> dict[str, object]:
    return {"kind": kind, "members": [member for member, _ in events], "subjects": [subject for _, subject in events]}


class Streak(NamedTuple):
    """When a member last checked in, and how many days in a row that was."""

    checked_in_on: date | None
    streak: int


def lock_members(session: Session, members: Collection[int]) -> None:
    """What these members have is for this transaction alone to give or take."""
    numbers = sorted(set(members))
    session.execute(
        text(
            "INSERT INTO point_members (member) SELECT unnest(CAST(:members AS bigint[])) ORDER BY 1"
            " ON CONFLICT DO NOTHING"
        ),
        {"members": numbers},
    )
    session.execute(
        text("SELECT FROM point_members WHERE member = ANY(:members) ORDER BY member FOR UPDATE"), {"members": numbers}
    )


def streak_of(session: Session, member: int) -> Streak:
    """The member's streak; nothing yet for one who never came."""
    row = session.execute(
        text("SELECT checked_in_on, streak FROM point_members WHERE member = :member"), {"member": member}
    ).one_or_none()
    return Streak(*row) if row else Streak(None, 0)


def keep_streak(session: Session, member: int, streak: Streak) -> None:
    """The member (locked before) checked in."""
    session.execute(
        text("UPDATE point_members SET checked_in_on = :day, streak = :streak WHERE member = :member"),
        {"member": member, "day": streak.checked_in_on, "streak": streak.streak},
    )


def add(session: Session, lots: Sequence[LotRow], now: datetime) -> set[uuid.UUID]:
    """Append lots; returns the ids of those that are new, for one event gives a member one lot."""
    rows = session.execute(
        text(
            """
            INSERT INTO point_lots (id, member, kind, subject, order_id, points, left_points, facts, expiry_days,
                earned_at, available_at, expires_at)
            SELECT id, member, kind, subject, order_id, points, points, CAST(facts AS jsonb), expiry_days, :now,
                available_at, available_at + expiry_days * interval '1 day'
            FROM unnest(CAST(:ids AS uuid[]), CAST(:members AS bigint[]), CAST(:kinds AS text[]),
                CAST(:subjects AS text[]), CAST(:orders AS uuid[]), CAST(:points AS bigint[]), CAST(:facts AS text[]),
                CAST(:expiry_days AS integer[]), CAST(:available AS timestamptz[]))
                AS given (id, member, kind, subject, order_id, points, facts, expiry_days, available_at)
            ORDER BY member, kind, subject
            ON CONFLICT (member, kind, subject) DO NOTHING RETURNING id
            """
        ),
        {
            "ids": [lot.id for lot in lots],
            "members": [lot.member for lot in lots],
            "kinds": [lot.kind for lot in lots],
            "subjects": [lot.subject for lot in lots],
            "orders": [lot.order_id for lot in lots],
            "points": [lot.points for lot in lots],
            "facts": [json.dumps(lot.facts, ensure_ascii=False) for lot in lots],
            "expiry_days": [lot.expiry_days for lot in lots],
            "available": [lot.available_at for lot in lots],
            "now": now,
        },
    )
    return set(rows.scalars())


def points_of(session: Session, member: int, kind: str, subject: str) -> int | None:
    """What an event gave the member; None where it gave nothing yet."""
    found: int | None = session.execute(
        text("SELECT points FROM point_lots WHERE member = :member AND kind = :kind AND subject = :subject"),
        {"member": member, "kind": kind, "subject": subject},
    ).scalar_one_or_none()
    return found


def given(session: Session, kind: str, events: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """What those of these events (member and subject) gave that gave anything yet, be it no point."""
    statement = text(f"SELECT l.member, l.subject, l.points {_OF_EVENTS}")
    rows = session.execute(statement, _events(kind, events))
    return {(member, subject): points for member, subject, points in rows}


def counted(session: Session, kind: str, members: Collection[int], caps: Sequence[Cap]) -> dict[tuple[int, Span], int]:
    """What members (locked before) earned of a kind in the spans of these caps; no entry where they earned nothing."""
    rows = session.execute(
        text(
            """
            SELECT c.member, c.span, c.points FROM point_counters c
            JOIN unnest(CAST(:spans AS text[]), CAST(:begins AS date[])) AS cap (span, begins_on)
                ON c.span = cap.span AND c.begins_on = cap.begins_on
            WHERE c.member = ANY(:members) AND c.kind = :kind
            """
        ),
        {
            "kind": kind,
            "members": sorted(members),
            "spans": [cap.span.value for cap in caps],
            "begins": [cap.begins_on for cap in caps],
        },
    )
    return {(member, Span(span)): points for member, span, points in rows}


def count(session: Session, kind: str, points: Mapping[int, int], caps: Sequence[Cap]) -> None:
    """Add what members earn to the counters of these caps. Raises RuntimeError rather than pass one.

    One conditional statement: who waits for a counter sees it as the one ahead left it.
    """
    rows = session.execute(
        text(
            """
            INSERT INTO point_counters AS c (member, kind, span, begins_on, points)
            SELECT e.member, :kind, cap.span, cap.begins_on, e.points
            FROM unnest(CAST(:members AS bigint[]), CAST(:points AS bigint[])) AS e (member, points)
            CROSS JOIN unnest(CAST(:spans AS text[]), CAST(:begins AS date[]), CAST(:most AS bigint[]))
                AS cap (span, begins_on, most)
            WHERE cap.most >= e.points ORDER BY e.member, cap.span
            ON CONFLICT (member, kind, span, begins_on) DO UPDATE SET points = c.points + excluded.points
                WHERE c.points + excluded.points <= (
                    SELECT cap.most FROM unnest(CAST(:spans AS text[]), CAST(:most AS bigint[])) AS cap (span, most)
                    WHERE cap.span = c.span)
            RETURNING c.span
            """
        ),
        {
            "kind": kind,
            "members": sorted(points),
            "points": [points[member] for member in sorted(points)],
            "spans": [cap.span.value for cap in caps],
            "begins": [cap.begins_on for cap in caps],
            "most": [cap.most for cap in caps],
        },
    )
    if len(rows.all()) < len(points) * len(caps):
        raise RuntimeError("points were counted past a cap: somebody earns without the member's lock")


def lock_open(session: Session, member: int, *, usable_at: datetime | None) -> list[Part]:
    """What is left of the member's available lots, the first to expire first, for this transaction alone to take.

    Those that have expired by `usable_at` are left out, swept or not; with None nothing is.
    """
    rows = session.execute(
        text(
            """
            SELECT id, left_points FROM point_lots
            WHERE member = :member AND left_points > 0 AND available_at IS NOT NULL
                AND (CAST(:usable_at AS timestamptz) IS NULL OR expires_at > :usable_at)
            ORDER BY expires_at, id FOR UPDATE
            """
        ),
        {"member": member, "usable_at": usable_at},
    )
    return [Part(*row) for row in rows]


def usable(session: Session, member: int, now: datetime) -> int:
    """How many points the member may use now: of available lots that have not expired, swept or not."""
    found = session.execute(
        text(
            "SELECT CAST(coalesce(sum(left_points), 0) AS bigint) FROM point_lots WHERE member = :member"
            " AND left_points > 0 AND available_at IS NOT NULL AND expires_at > :now"
        ),
        {"member": member, "now": now},
    )
    return int(found.scalar_one())


def take(session: Session, parts: Sequence[Part]) -> None:
    """Use up these points of locked lots."""
    session.execute(
        text(
            """
            UPDATE point_lots l SET left_points = left_points - t.points
            FROM unnest(CAST(:ids AS uuid[]), CAST(:points AS bigint[])) AS t (id, points) WHERE l.id = t.id
            """
        ),
        {"ids": [part.lot_id for part in parts], "points": [part.points for part in parts]},
    )


def put_back(session: Session, parts: Sequence[Part], least_expires_at: datetime) -> None:
    """Let these points of lots be used again, until `least_expires_at` at the earliest."""
    session.execute(
        text(
            """
            UPDATE point_lots l SET left_points = left_points + t.points,
                expires_at = greatest(expires_at, CAST(:least AS timestamptz)), warned_at = NULL
            FROM unnest(CAST(:ids AS uuid[]), CAST(:points AS bigint[])) AS t (id, points) WHERE l.id = t.id
            """
        ),
        {
            "ids": [part.lot_id for part in parts],
            "points": [part.points for part in parts],
            "least": least_expires_at,
        },
    )


class HeldLot(NamedTuple):
    """A lot that is locked: what it gave, what is left of it, and how much was taken back so far."""

    id: uuid.UUID
    member: int
    points: int
    left: int
    taken: int
    pending: bool
    earned_at: datetime


_HELD = "l.id, l.member, l.points, l.left_points, l.taken_points, l.available_at IS NULL, l.earned_at"


class OrderLot(NamedTuple):
    """What an order gave, locked with the order: by which figures, and what is left of what was paid for it."""

    held: HeldLot
    facts: Mapping[str, int]
    paid_minor: int


def members_of_orders(session: Session, order_ids: Collection[uuid.UUID]) -> list[int]:
    """Whom these orders gave points."""
    rows = session.execute(
        text("SELECT DISTINCT member FROM point_lots WHERE order_id = ANY(:ids)"), {"ids": list(order_ids)}
    )
    return list(rows.scalars())


def lock_of_orders(session: Session, order_ids: Collection[uuid.UUID]) -> list[OrderLot]:
    """What these orders gave; `paid_minor` is what is left of each order's goods after refunds."""
    rows = session.execute(
        text(
            f"""
            SELECT {_HELD}, l.facts, goods_paid(o)
            FROM point_lots l JOIN orders o ON o.id = l.order_id
            WHERE l.order_id = ANY(:ids) AND l.kind = 'order' ORDER BY l.id FOR UPDATE OF l
            """  # noqa: S608 - a constant of this module
        ),
        {"ids": list(order_ids)},
    )
    return [OrderLot(HeldLot(*row[:7]), *row[7:]) for row in rows]


def lock_of_events(session: Session, kind: str, events: Sequence[tuple[int, str]]) -> list[HeldLot]:
    """What these events (member and subject) gave."""
    statement = text(f"SELECT {_HELD} {_OF_EVENTS} ORDER BY l.id FOR UPDATE OF l")
    return [HeldLot(*row) for row in session.execute(statement, _events(kind, events))]


def take_back(session: Session, lot_id: uuid.UUID, *, points: int, left: int) -> None:
    """The refund of its order takes `points` back, `left` of them out of what is left of this very lot."""
    session.execute(
        text(
            "UPDATE point_lots SET taken_points = taken_points + :points, left_points = left_points - :left"
            " WHERE id = :id"
        ),
        {"id": lot_id, "points": points, "left": left},
    )


def open_of_orders(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> list[Opened]:
    """What these orders gave can be used from now on; returns the lots that could not before."""
    rows = session.execute(
        text(
            """
            UPDATE point_lots SET available_at = :now, expires_at = :now + expiry_days * interval '1 day'
            WHERE order_id = ANY(:ids) AND kind = 'order' AND available_at IS NULL
            RETURNING id, member, left_points
            """
        ),
        {"ids": list(order_ids), "now": now},
    )
    return sorted(Opened(*row) for row in rows)
