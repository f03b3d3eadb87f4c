"""Who shares marks with whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.risk.graph import MOST_SHARING, Shared

# How many marks away from a member the members are that are looked at together.
_STEPS = 3


def shared(session: Session, since: datetime, numbers: Sequence[int] | None) -> list[Shared]:
    """The marks that two or more share, of all or of those near these members. One statement.

    A mark of very many says nothing of any of them and is left out.
    """
    rows = session.execute(
        text(
            f"""
            {_NEAR if numbers is not None else ""}
            SELECT kind, array_agg(member_number ORDER BY member_number),
                (array_agg(first_seen_at ORDER BY first_seen_at))[2]
            FROM member_signals
            WHERE last_seen_at >= :since
                {"AND member_number IN (SELECT member_number FROM near)" if numbers is not None else ""}
            GROUP BY kind, mark HAVING count(*) BETWEEN 2 AND :most ORDER BY kind, mark
            """  # noqa: S608 - constants of this module
        ),
        {"since": since, "numbers": list(numbers or ()), "most": MOST_SHARING, "steps": _STEPS},
    )
    return [Shared(row[0], tuple(row[1]), row[2]) for row in rows]


class Pair(NamedTuple):
    """A sponsor and somebody brought in who share marks of these kinds."""

    sponsor: int
    member: int
    kinds: tuple[str, ...]
    since: datetime


def pairs(session: Session, since: datetime, numbers: Sequence[int] | None) -> list[Pair]:
    """Sponsors who share marks with those whom they brought, by sponsor. One statement."""
    rows = session.execute(
        text(
            """
            SELECT n.sponsor, n.member_number, array_agg(DISTINCT s.kind),
                min(greatest(s.first_seen_at, o.first_seen_at))
            FROM referral_nodes n
            JOIN member_signals s ON s.member_number = n.sponsor AND s.last_seen_at >= :since
            JOIN member_signals o ON o.member_number = n.member_number AND o.kind = s.kind AND o.mark = s.mark
            WHERE CAST(:numbers AS bigint[]) IS NULL OR n.sponsor = ANY(CAST(:numbers AS bigint[]))
                OR n.member_number = ANY(CAST(:numbers AS bigint[]))
            GROUP BY n.sponsor, n.member_number ORDER BY n.sponsor, n.member_number
            """
        ),
        {"since": since, "numbers": None if numbers is None else list(numbers)},
    )
    return [Pair(row[0], row[1], tuple(row[2]), row[3]) for row in rows]


_NEAR = """
    WITH RECURSIVE near (member_number, step) AS (
        SELECT unnest(CAST(:numbers AS bigint[])), 0
        UNION
        SELECT o.member_number, n.step + 1
        FROM near n
        JOIN member_signals s ON s.member_number = n.member_number
        JOIN member_signals o ON o.kind = s.kind AND o.mark = s.mark
        WHERE n.step < :steps AND :most >= (
            SELECT count(*) FROM (
                SELECT FROM member_signals x WHERE x.kind = s.kind AND x.mark = s.mark LIMIT :most + 1) few)
    )
"""
