"""Statements on team figures: how many stand below each member, and what was bought there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.columns import read_columns, write_columns
from socialshop.referrals.tree import Ints


class Affected(NamedTuple):
    """Somebody whose figures a change of places touches.

    What the member bought, and what the children come to, themselves and below, whom the change does not touch.
    """

    number: int
    sponsor: int | None
    depth: int
    own_minor: int
    members: int
    volume_minor: int
    levels: int
    is_merged: bool = False


class Figures(NamedTuple):
    """One member's figures as they are to be kept; `levels` is how many stand below, one below the other."""

    number: int
    sponsor: int | None
    own_minor: int
    members: int
    volume_minor: int
    levels: int


class Kept(NamedTuple):
    """Every member's figures in number order, as they are kept; `sponsor` is 0 at the top."""

    number: Ints
    sponsor: Ints
    own_minor: Ints
    members: Ints
    volume_minor: Ints
    levels: Ints


# What a member bought, less what went back: the sum that sums of teams are made of.
_COUNTS = "currency = :currency AND status IN ('confirmed', 'shipped', 'received', 'completed')"
_OWN = f"SELECT coalesce(sum(total_minor - refunded_minor), 0)::bigint FROM orders WHERE buyer = {{}} AND {_COUNTS}"  # noqa: S608 - texts of this module
_ADD_SALES = text(
    f"""
    WITH RECURSIVE changed AS (
        SELECT f.member_number, f.sponsor, ({_OWN.format("f.member_number")}) - f.own_minor AS by_minor
        FROM team_figures f
        WHERE f.member_number = ANY(CAST(:buyers AS bigint[]))
            OR f.member_number IN (SELECT buyer FROM orders WHERE id = ANY(CAST(:ids AS uuid[])))
    ), above (number, by_minor) AS (
        SELECT sponsor, by_minor FROM changed WHERE sponsor IS NOT NULL AND by_minor <> 0
        UNION ALL
        SELECT f.sponsor, a.by_minor FROM above a JOIN team_figures f ON f.member_number = a.number
        WHERE f.sponsor IS NOT NULL
    ), summed AS (
        SELECT number, sum(own)::bigint AS own, sum(below)::bigint AS below FROM (
            SELECT member_number AS number, by_minor AS own, 0 AS below FROM changed WHERE by_minor <> 0
            UNION ALL
            SELECT number, 0, by_minor FROM above
        ) parts GROUP BY number
    )
    UPDATE team_figures f SET own_minor = f.own_minor + s.own, volume_minor = f.volume_minor + s.below
    FROM summed s WHERE f.member_number = s.number
    """  # noqa: S608 - texts of this module
)
# Who is new or was moved, and everybody above, in the tree as it stands and in the one that was counted.
_AFFECTED = text(
    f"""
    WITH RECURSIVE up (number) AS (
        SELECT unnest(CAST(:changed AS bigint[]))
        UNION
        SELECT above.number FROM up
        JOIN referral_nodes n ON n.member_number = up.number
        LEFT JOIN team_figures f ON f.member_number = up.number
        CROSS JOIN LATERAL (VALUES (n.sponsor), (f.sponsor)) above (number)
        WHERE above.number IS NOT NULL
    )
    SELECT n.member_number, n.sponsor, n.depth, coalesce(f.own_minor, ({_OWN.format("n.member_number")})),
        coalesce(rest.members, 0), coalesce(rest.volume_minor, 0), coalesce(rest.levels, 0), n.is_merged
    FROM up JOIN referral_nodes n ON n.member_number = up.number
    LEFT JOIN team_figures f ON f.member_number = n.member_number
    LEFT JOIN LATERAL (
        SELECT sum(CASE WHEN p.is_merged THEN 0 ELSE c.members + 1 END)::bigint AS members,
            sum(c.volume_minor + c.own_minor)::bigint AS volume_minor,
            max(CASE WHEN p.is_merged THEN 0 ELSE c.levels + 1 END) AS levels
        FROM team_figures c JOIN referral_nodes p ON p.member_number = c.member_number
        WHERE c.sponsor = n.member_number AND c.member_number NOT IN (SELECT number FROM up)
    ) rest ON true
    """  # noqa: S608 - texts of this module
)
_TYPES = {"member_number": "bigint", "sponsor": "bigint"} | dict.fromkeys(
    ("own_minor", "members", "volume_minor", "levels"), "bigint"
)
# What is kept of a member is what was counted last, whole.
_TAKE_UP = """
    ON CONFLICT (member_number) DO UPDATE SET sponsor = excluded.sponsor, own_minor = excluded.own_minor,
        members = excluded.members, volume_minor = excluded.volume_minor, levels = excluded.levels
    """


def add_sales(session: Session, order_ids: Sequence[uuid.UUID], currency: str) -> None:
    """Take what the buyers of these orders bought more or less than was counted to everybody above them."""
    session.execute(_ADD_SALES, {"ids": list(order_ids), "buyers": [], "currency": currency})


def add_sales_of(session: Session, buyers: Sequence[int], currency: str) -> None:
    """Take what these members bought more or less than was counted to everybody above them."""
    session.execute(_ADD_SALES, {"ids": [], "buyers": list(buyers), "currency": currency})


def changed_places(session: Session, limit: int) -> list[int]:
    """Up to `limit` members whose place is not the one that was counted, or was never counted."""
    rows = session.execute(
        text(
            """
            SELECT n.member_number FROM referral_nodes n LEFT JOIN team_figures f ON f.member_number = n.member_number
            WHERE f.levels IS NULL OR f.sponsor IS DISTINCT FROM n.sponsor LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return list(rows.scalars())


def affected(session: Session, changed: Sequence[int], currency: str) -> list[Affected]:
    """Whose figures these changed places touch, themselves and everybody above."""
    rows = session.execute(_AFFECTED, {"changed": list(changed), "currency": currency})
    return [Affected(*row) for row in rows]


def write(session: Session, rows: Sequence[Figures]) -> None:
    """The figures of these as they are now."""
    columns = dict(zip(Figures._fields, map(list, zip(*rows, strict=True)), strict=True))
    session.execute(
        text(
            f"""
            INSERT INTO team_figures (member_number, sponsor, own_minor, members, volume_minor, levels)
            SELECT * FROM unnest(CAST(:number AS bigint[]), CAST(:sponsor AS bigint[]), CAST(:own_minor AS bigint[]),
                CAST(:members AS bigint[]), CAST(:volume_minor AS bigint[]), CAST(:levels AS integer[]))
            {_TAKE_UP}
            """  # noqa: S608 - texts of this module
        ),
        columns,
    )


def kept(session: Session) -> Kept:
    """Every member's figures."""
    columns = read_columns(
        session,
        "SELECT member_number, coalesce(sponsor, 0) AS sponsor, own_minor, members, volume_minor,"
        " coalesce(levels, -1)::bigint AS levels FROM team_figures ORDER BY member_number",
        _TYPES,
    )
    return Kept(*(columns[name] for name in _TYPES))


def bought(session: Session, currency: str) -> tuple[Ints, Ints]:
    """(buyer, what each bought less what went back), in number order."""
    columns = read_columns(
        session,
        f"SELECT buyer, sum(total_minor - refunded_minor)::bigint AS own_minor FROM orders WHERE {_COUNTS}"  # noqa: S608
        " GROUP BY buyer ORDER BY buyer".replace(":currency", f"'{currency}'"),
        {"buyer": "bigint", "own_minor": "bigint"},
    )
    return columns["buyer"], columns["own_minor"]


def write_all(session: Session, figures: Kept) -> None:
    """Every member's figures anew: those that differ are changed, those that are missing are added."""
    definitions = ", ".join(f"{name} {kind} NOT NULL" for name, kind in _TYPES.items())
    session.execute(text(f"CREATE TEMPORARY TABLE counted_teams ({definitions}) ON COMMIT DROP"))
    write_columns(session, "counted_teams", _TYPES, dict(zip(_TYPES, figures, strict=True)))
    session.execute(
        text(
            f"""
            INSERT INTO team_figures (member_number, sponsor, own_minor, members, volume_minor, levels)
            SELECT member_number, nullif(sponsor, 0), own_minor, members, volume_minor, levels FROM counted_teams
            {_TAKE_UP}
            WHERE (team_figures.sponsor, team_figures.own_minor, team_figures.members, team_figures.volume_minor,
                    team_figures.levels)
                IS DISTINCT FROM (excluded.sponsor, excluded.own_minor, excluded.members, excluded.volume_minor,
                    excluded.levels)
            """  # noqa: S608 - texts of this module
        )
    )
    session.execute(text("DROP TABLE counted_teams"))


def of_members(session: Session, member_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    """(how many stand below, what was bought there) of these, as far as they were counted."""
    rows = session.execute(
        text(
            """
            SELECT m.id, f.members, f.volume_minor FROM members m JOIN team_figures f ON f.member_number = m.number
            WHERE m.id = ANY(CAST(:ids AS uuid[]))
            """
        ),
        {"ids": list(member_ids)},
    )
    return {row.id: (row.members, row.volume_minor) for row in rows}


def spread(number: Ints, buyers: Ints, bought: Ints) -> Ints:
    """What each of `number` bought, 0 for who bought nothing; both in number order."""
    own = np.zeros(len(number), dtype=np.int64)
    places = np.searchsorted(number, buyers)
    there = (places < len(number)) & (number[np.minimum(places, max(len(number) - 1, 0))] == buyers)
    own[places[there]] = bought[there]
    return own
