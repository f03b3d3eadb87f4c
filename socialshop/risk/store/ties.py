"""What ties the members of a finding beside their marks: who brought whom, and whose purchases earned whom what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Brought(NamedTuple):
    """Somebody and who brought them; either may stand outside of the finding."""

    sponsor: int
    member: int


class Purchases(NamedTuple):
    """Orders of one member of which another of them earned commission, in one currency."""

    buyer: int
    earner: int
    orders: int
    amount_minor: int
    currency: str


def brought(session: Session, numbers: Sequence[int], limit: int) -> list[Brought]:
    """Who brought these members. One statement."""
    rows = session.execute(
        text(
            """
            SELECT sponsor, member_number FROM referral_nodes
            WHERE member_number = ANY(CAST(:numbers AS bigint[])) AND sponsor IS NOT NULL
            ORDER BY sponsor, member_number LIMIT :limit
            """
        ),
        {"numbers": list(numbers), "limit": limit},
    )
    return [Brought(*row) for row in rows]


def purchases(session: Session, numbers: Sequence[int], limit: int) -> list[Purchases]:
    """What of these members' purchases earned others of them, the most first. One statement."""
    rows = session.execute(
        text(
            """
            SELECT l.buyer, a.beneficiary, count(DISTINCT l.order_id),
                   CAST(sum(a.amount_minor - a.clawed_minor) AS bigint) AS earned, a.currency
            FROM accruals a JOIN accrued_lines l ON l.order_line_id = a.order_line_id
            WHERE a.beneficiary = ANY(CAST(:numbers AS bigint[])) AND l.buyer = ANY(CAST(:numbers AS bigint[]))
                AND a.status <> 'rejected'
            GROUP BY l.buyer, a.beneficiary, a.currency ORDER BY earned DESC, l.buyer, a.beneficiary LIMIT :limit
            """
        ),
        {"numbers": list(numbers), "limit": limit},
    )
    return [Purchases(*row) for row in rows]
