"""Ids and numbers of members, and whom a fact is about."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session


def ids_of(session: Session, numbers: Collection[int]) -> dict[int, uuid.UUID]:
    """The ids of members by number."""
    rows = session.execute(
        text("SELECT number, id FROM members WHERE number = ANY(CAST(:numbers AS bigint[]))"),
        {"numbers": list(numbers)},
    )
    return {int(number): id_ for number, id_ in rows}


def number_of(session: Session, member_id: uuid.UUID) -> int | None:
    """The number of a member; None for nobody's id."""
    found = session.execute(text("SELECT number FROM members WHERE id = :id"), {"id": member_id}).scalar_one_or_none()
    return None if found is None else int(found)


def with_sponsors(session: Session, ids: Collection[uuid.UUID]) -> list[int]:
    """The numbers of members, and of their sponsors: what a newcomer does is the sponsor's matter too."""
    rows = session.execute(
        text(
            """
            SELECT m.number FROM members m WHERE m.id = ANY(CAST(:ids AS uuid[]))
            UNION
            SELECT n.sponsor FROM members m JOIN referral_nodes n ON n.member_number = m.number
            WHERE m.id = ANY(CAST(:ids AS uuid[])) AND n.sponsor IS NOT NULL
            ORDER BY 1
            """
        ),
        {"ids": list(ids)},
    )
    return [int(number) for number in rows.scalars()]


def requesters(session: Session, request_ids: Collection[uuid.UUID]) -> list[int]:
    """Who asked for these payouts."""
    rows = session.execute(
        text("SELECT DISTINCT member_number FROM payout_requests WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY 1"),
        {"ids": list(request_ids)},
    )
    return [int(number) for number in rows.scalars()]


def disputing(session: Session, dispute_ids: Collection[uuid.UUID]) -> list[int]:
    """Whose payments these disputes are about."""
    rows = session.execute(
        text(
            "SELECT DISTINCT p.payer FROM payment_disputes d JOIN payments p ON p.id = d.payment_id"
            " WHERE d.id = ANY(CAST(:ids AS uuid[])) ORDER BY 1"
        ),
        {"ids": list(dispute_ids)},
    )
    return [int(number) for number in rows.scalars()]


def refunding(session: Session, refund_ids: Collection[uuid.UUID]) -> list[int]:
    """Whose orders came back by these refunds, and who earned by them."""
    rows = session.execute(
        text(
            """
            SELECT r.buyer FROM refunds r WHERE r.id = ANY(CAST(:ids AS uuid[]))
            UNION
            SELECT a.beneficiary FROM refunds r JOIN accrued_lines l ON l.order_id = r.order_id
            JOIN accruals a ON a.order_line_id = l.order_line_id WHERE r.id = ANY(CAST(:ids AS uuid[]))
            ORDER BY 1
            """
        ),
        {"ids": list(refund_ids)},
    )
    return [int(number) for number in rows.scalars()]
