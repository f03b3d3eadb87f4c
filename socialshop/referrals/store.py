"""All SQL of the sponsor tree."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from socialshop.infra.columns import read_columns, write_columns
from socialshop.referrals.models import ReferralNode, SponsorCorrection
from socialshop.referrals.tree import UPLINES_KEPT, Ints

# The tree's lock: shared by whoever places members or reads it as it stands, held alone by corrections.
TREE_LOCK = "referrals:tree"


class Place(NamedTuple):
    """A member's place: `uplines` nearest first, the sponsor at its head."""

    member_number: int
    sponsor: int | None
    depth: int
    uplines: list[int]
    placed_at: datetime
    is_merged: bool = False


_PLACE = (
    ReferralNode.member_number,
    ReferralNode.sponsor,
    ReferralNode.depth,
    ReferralNode.uplines,
    ReferralNode.placed_at,
    ReferralNode.is_merged,
)
# Spelled once, textually: the statement is built once, so that one buyer's uplines cost little over the bare lookup.
_UPLINES = text("SELECT member_number, uplines FROM referral_nodes WHERE member_number = ANY(:numbers)")


def find(session: Session, number: int) -> Place | None:
    """The place of one member."""
    row = session.execute(select(*_PLACE).where(ReferralNode.member_number == number)).one_or_none()
    return None if row is None else Place(*row)


def uplines_of(session: Session, numbers: Sequence[int]) -> Iterable[tuple[int, list[int]]]:
    """(member, uplines) of those that have a place."""
    return (tuple(row) for row in session.execute(_UPLINES, {"numbers": list(numbers)}))


def add(session: Session, place: Place) -> None:
    """One new place."""
    session.execute(insert(ReferralNode), [place._asdict()])


_STAGED = {"member_number": "bigint", "depth": "integer", "placed_at": "timestamptz"} | {
    f"upline_{level}": "bigint" for level in range(1, UPLINES_KEPT + 1)
}


def add_many(session: Session, numbers: Ints, depth: Ints, uplines: Ints, placed_at: Ints) -> None:
    """New places in whole columns; `uplines` has 8 columns, 0 where there is none."""
    definitions = ", ".join(f"{name} {kind} NOT NULL" for name, kind in _STAGED.items())
    session.execute(text(f"CREATE TEMPORARY TABLE staged_places ({definitions}) ON COMMIT DROP"))
    columns = {f"upline_{level}": uplines[:, level - 1] for level in range(1, UPLINES_KEPT + 1)}
    columns |= {"member_number": numbers, "depth": depth, "placed_at": placed_at}
    write_columns(session, "staged_places", _STAGED, columns)
    levels = ", ".join(f"upline_{level}" for level in range(1, UPLINES_KEPT + 1))
    session.execute(
        text(
            f"""
            INSERT INTO referral_nodes (member_number, sponsor, depth, uplines, placed_at)
            SELECT member_number, nullif(upline_1, 0), depth, array_remove(ARRAY[{levels}], 0), placed_at
            FROM staged_places
            """  # noqa: S608 - column names of this module
        )
    )
    session.execute(text("DROP TABLE staged_places"))


class StandingPlaces(NamedTuple):
    """Places in whole columns; `uplines` has 8 columns, 0 where there is none."""

    number: Ints
    depth: Ints
    uplines: Ints


def standing(session: Session, numbers: Ints) -> StandingPlaces:
    """The places that some of `numbers` have, sorted by number."""
    session.execute(text("CREATE TEMPORARY TABLE asked_places (member_number bigint NOT NULL) ON COMMIT DROP"))
    write_columns(session, "asked_places", {"member_number": "bigint"}, {"member_number": numbers})
    levels = [f"upline_{level}" for level in range(1, UPLINES_KEPT + 1)]
    listed = ", ".join(f"coalesce(uplines[{i}], 0) AS {name}" for i, name in enumerate(levels, 1))
    columns = read_columns(
        session,
        f"SELECT member_number, depth, {listed} FROM asked_places JOIN referral_nodes USING (member_number) "  # noqa: S608
        "ORDER BY member_number",
        {"member_number": "bigint", "depth": "integer"} | dict.fromkeys(levels, "bigint"),
    )
    session.execute(text("DROP TABLE asked_places"))
    return StandingPlaces(
        columns["member_number"], columns["depth"], np.column_stack([columns[name] for name in levels])
    )


class ForestColumns(NamedTuple):
    """Every member of the tree in number order; `sponsor` is 0 at the top, `is_merged` 1 for who is no head."""

    number: Ints
    sponsor: Ints
    depth: Ints
    is_merged: Ints


def forest(session: Session) -> ForestColumns:
    """The whole tree, four columns of it."""
    columns = read_columns(
        session,
        "SELECT member_number, coalesce(sponsor, 0) AS sponsor, depth, is_merged::integer AS is_merged"
        " FROM referral_nodes ORDER BY member_number",
        {"member_number": "bigint", "sponsor": "bigint", "depth": "integer", "is_merged": "integer"},
    )
    return ForestColumns(*(columns[name] for name in ("member_number", "sponsor", "depth", "is_merged")))


def branch(session: Session, number: int, levels: int) -> Sequence[tuple[int, int, int]]:
    """(member, sponsor, level below) of everybody at most `levels` below, nearest first."""
    rows = session.execute(
        text(
            """
            WITH RECURSIVE below (member_number, sponsor, level) AS (
                SELECT member_number, sponsor, 1 FROM referral_nodes WHERE sponsor = :number AND :levels > 0
                UNION ALL
                SELECT n.member_number, n.sponsor, b.level + 1
                FROM below b JOIN referral_nodes n ON n.sponsor = b.member_number
                WHERE b.level < :levels
            )
            SELECT member_number, sponsor, level FROM below ORDER BY level, member_number
            """
        ),
        {"number": number, "levels": levels},
    )
    return [(row.member_number, row.sponsor, row.level) for row in rows]


def path_up(session: Session, number: int, to: int) -> list[int] | None:
    """The members from `number` up to and including `to`; None where `to` does not stand above (or is not it)."""
    rows = session.execute(
        text(
            """
            WITH RECURSIVE above (member_number, sponsor, step) AS (
                SELECT member_number, sponsor, 0 FROM referral_nodes WHERE member_number = :number
                UNION ALL
                SELECT n.member_number, n.sponsor, a.step + 1
                FROM above a JOIN referral_nodes n ON n.member_number = a.sponsor
                WHERE a.member_number <> :to
            )
            SELECT member_number FROM above ORDER BY step
            """
        ),
        {"number": number, "to": to},
    )
    path = [row.member_number for row in rows]
    return path if path and path[-1] == to else None


def move(session: Session, place: Place, sponsor: Place | None) -> None:
    """Hang a member and all below it under another sponsor: one statement for uplines, one for depths.

    Nobody more than 7 levels below keeps the member among its nearest 8, so only those rows get new uplines.
    """
    uplines = [] if sponsor is None else [sponsor.member_number, *sponsor.uplines][:UPLINES_KEPT]
    depth = 0 if sponsor is None else sponsor.depth + 1
    facts = {"number": place.member_number, "uplines": uplines, "kept": UPLINES_KEPT, "by": depth - place.depth}
    session.execute(
        text(
            """
            WITH RECURSIVE below (member_number, level) AS (
                SELECT member_number, 0 FROM referral_nodes WHERE member_number = :number
                UNION ALL
                SELECT n.member_number, b.level + 1
                FROM below b JOIN referral_nodes n ON n.sponsor = b.member_number
                WHERE b.level < :kept - 1
            )
            UPDATE referral_nodes n
            SET uplines = n.uplines[1:b.level] || (CAST(:uplines AS bigint[]))[1:(:kept - b.level)]
            FROM below b WHERE b.member_number = n.member_number
            """
        ),
        facts,
    )
    session.execute(
        text("UPDATE referral_nodes SET sponsor = :sponsor WHERE member_number = :number"),
        {"number": place.member_number, "sponsor": None if sponsor is None else sponsor.member_number},
    )
    if facts["by"]:
        session.execute(
            text(
                """
                WITH RECURSIVE below (member_number) AS (
                    SELECT CAST(:number AS bigint)
                    UNION ALL
                    SELECT n.member_number FROM below b JOIN referral_nodes n ON n.sponsor = b.member_number
                )
                UPDATE referral_nodes n SET depth = n.depth + :by
                FROM below b WHERE b.member_number = n.member_number
                """
            ),
            facts,
        )


def record_correction(
    session: Session, place: Place, to_sponsor: int | None, *, reason: str, by: str, at: datetime
) -> None:
    """Append one correction to the history."""
    values = {
        "member_number": place.member_number,
        "from_sponsor": place.sponsor,
        "to_sponsor": to_sponsor,
        "reason": reason,
        "corrected_by": by,
        "corrected_at": at,
    }
    session.execute(insert(SponsorCorrection), [values])


def first_correction_after(session: Session, number: int, at: datetime) -> tuple[int | None] | None:
    """(the sponsor that the first correction after `at` replaced,), or None where none came after."""
    row = session.execute(
        select(SponsorCorrection.from_sponsor)
        .where(SponsorCorrection.member_number == number, SponsorCorrection.corrected_at > at)
        .order_by(SponsorCorrection.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row.from_sponsor,)


class DirectRow(NamedTuple):
    """A member directly below another; the name is None for who has not agreed to be named, or has left the shop."""

    id: uuid.UUID
    display_name: str | None
    joined_at: datetime


def directs(session: Session, number: int, after: uuid.UUID | None, limit: int) -> list[DirectRow]:
    """Up to `limit` members directly below, the earliest first, after this one."""
    rows = session.execute(
        text(
            """
            SELECT m.id, CASE WHEN consent_stands(m.id, 'names') THEN p.display_name END, m.joined_at
            FROM referral_nodes n
            JOIN members m ON m.number = n.member_number
            LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE n.sponsor = :number AND NOT n.is_merged AND (CAST(:after AS uuid) IS NULL OR m.id > :after)
            ORDER BY m.id LIMIT :limit
            """
        ),
        {"number": number, "after": after, "limit": limit},
    )
    return [DirectRow._make(row) for row in rows]


def branch_levels(
    session: Session, sponsor: int, member_id: uuid.UUID, levels: int
) -> tuple[DirectRow, list[tuple[int, int]]] | None:
    """One member directly below another, and (level, members) of each level below; None for who does not stand there.

    One statement: the member's own row is that of level 0.
    """
    rows = session.execute(
        text(
            """
            WITH RECURSIVE head AS (
                SELECT m.number, m.id, CASE WHEN consent_stands(m.id, 'names') THEN p.display_name END AS name,
                    m.joined_at
                FROM members m JOIN referral_nodes n ON n.member_number = m.number
                LEFT JOIN member_profiles p ON p.member_id = m.id
                WHERE m.id = :id AND n.sponsor = :sponsor AND NOT n.is_merged
            ), below (member_number, level) AS (
                SELECT number, 0 FROM head
                UNION ALL
                SELECT n.member_number, b.level + 1
                FROM below b JOIN referral_nodes n ON n.sponsor = b.member_number
                WHERE b.level < :levels AND NOT n.is_merged
            )
            SELECT b.level, count(*), h.id, h.name, h.joined_at FROM below b CROSS JOIN head h
            GROUP BY b.level, h.id, h.name, h.joined_at ORDER BY b.level
            """
        ),
        {"id": member_id, "sponsor": sponsor, "levels": levels},
    ).all()
    if not rows:
        return None
    return DirectRow(*rows[0][2:]), [(row[0], row[1]) for row in rows[1:]]


def counts_below(session: Session, member_ids: Sequence[uuid.UUID], levels: int) -> list[tuple[uuid.UUID, int]]:
    """(member, how many stand at most `levels` below) of these that have anybody below."""
    rows = session.execute(
        text(
            """
            WITH RECURSIVE below (root, member_number, level) AS (
                SELECT m.id, n.member_number, 1 FROM members m JOIN referral_nodes n ON n.sponsor = m.number
                WHERE m.id = ANY(CAST(:ids AS uuid[])) AND NOT n.is_merged
                UNION ALL
                SELECT b.root, n.member_number, b.level + 1
                FROM below b JOIN referral_nodes n ON n.sponsor = b.member_number
                WHERE b.level < :levels AND NOT n.is_merged
            )
            SELECT root, count(*) FROM below GROUP BY root
            """
        ),
        {"ids": list(member_ids), "levels": levels},
    )
    return [(row[0], row[1]) for row in rows]


def level_counts(session: Session, number: int, levels: int, since: datetime) -> list[tuple[int, int, int]]:
    """(level, members, those placed at or after `since`) of each level below that has any, nearest first."""
    rows = session.execute(
        text(
            """
            WITH RECURSIVE below (member_number, placed_at, level) AS (
                SELECT member_number, placed_at, 1 FROM referral_nodes WHERE sponsor = :number AND NOT is_merged
                UNION ALL
                SELECT n.member_number, n.placed_at, b.level + 1
                FROM below b JOIN referral_nodes n ON n.sponsor = b.member_number
                WHERE b.level < :levels AND NOT n.is_merged
            )
            SELECT level, count(*), count(*) FILTER (WHERE placed_at >= :since) FROM below GROUP BY level ORDER BY level
            """
        ),
        {"number": number, "levels": levels, "since": since},
    )
    return [(row[0], row[1], row[2]) for row in rows]


class VolumeRow(NamedTuple):
    """A member of a branch (the member asked about at level 0) and what it bought, less what went back."""

    number: int
    id: uuid.UUID
    sponsor: int | None
    level: int
    volume_minor: int


def volumes(session: Session, member_id: uuid.UUID, levels: int, currency: str, limit: int) -> list[VolumeRow]:
    """The branch of a member, nearest first, at most `limit` of it; empty for who has no place."""
    rows = session.execute(
        text(
            """
            WITH RECURSIVE branch (member_number, sponsor, level) AS (
                SELECT n.member_number, n.sponsor, 0
                FROM referral_nodes n JOIN members m ON m.number = n.member_number WHERE m.id = :member_id
                UNION ALL
                SELECT n.member_number, n.sponsor, b.level + 1
                FROM branch b JOIN referral_nodes n ON n.sponsor = b.member_number WHERE b.level < :levels
            ), shown AS (
                SELECT member_number, sponsor, level FROM branch ORDER BY level, member_number LIMIT :limit
            )
            SELECT s.member_number, m.id, s.sponsor, s.level, (
                SELECT coalesce(sum(o.total_minor - o.refunded_minor), 0)::bigint FROM orders o
                WHERE o.buyer = s.member_number AND o.currency = :currency
                    AND o.status IN ('confirmed', 'shipped', 'received', 'completed')
            )
            FROM shown s JOIN members m ON m.number = s.member_number ORDER BY s.level, s.member_number
            """
        ),
        {"member_id": member_id, "levels": levels, "currency": currency, "limit": limit},
    )
    return [VolumeRow._make(row) for row in rows]
