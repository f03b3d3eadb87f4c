"""Statements by which one member's children come to stand below another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from socialshop.referrals.models import ReferralNode, SponsorCorrection
from socialshop.referrals.store import Place
from socialshop.referrals.tree import UPLINES_KEPT


def move_children(session: Session, place: Place, to: Place) -> list[int]:
    """Hang everybody directly below a member, with all below them, under another; returns them.

    `to` must not stand below the member. As `move`: one statement for uplines, one for sponsors, one for depths.
    """
    uplines = [to.member_number, *to.uplines][:UPLINES_KEPT]
    children = list(
        session.scalars(
            select(ReferralNode.member_number)
            .where(ReferralNode.sponsor == place.member_number, ReferralNode.member_number != to.member_number)
            .order_by(ReferralNode.member_number)
        )
    )
    facts = {"numbers": children, "uplines": uplines, "kept": UPLINES_KEPT, "by": to.depth - place.depth}
    session.execute(
        text(
            """
            WITH RECURSIVE below (member_number, level) AS (
                SELECT unnest(CAST(:numbers AS bigint[])), 0
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
    if facts["by"]:
        session.execute(
            text(
                """
                WITH RECURSIVE below (member_number) AS (
                    SELECT unnest(CAST(:numbers AS bigint[]))
                    UNION ALL
                    SELECT n.member_number FROM below b JOIN referral_nodes n ON n.sponsor = b.member_number
                )
                UPDATE referral_nodes n SET depth = n.depth + :by
                FROM below b WHERE b.member_number = n.member_number
                """
            ),
            facts,
        )
    session.execute(
        text("UPDATE referral_nodes SET sponsor = :to WHERE member_number = ANY(CAST(:numbers AS bigint[]))"),
        {"to": to.member_number, "numbers": children},
    )
    return children


def record_corrections(
    session: Session, numbers: Sequence[int], from_sponsor: int, to_sponsor: int, *, reason: str, by: str, at: datetime
) -> None:
    """Append the same correction of several members to the history."""
    values = {
        "from_sponsor": from_sponsor,
        "to_sponsor": to_sponsor,
        "reason": reason,
        "corrected_by": by,
        "corrected_at": at,
    }
    if numbers:
        session.execute(insert(SponsorCorrection), [{"member_number": number, **values} for number in numbers])


def is_no_head(session: Session, number: int) -> None:
    """The place of a merged account counts as no member below anybody; its figures are to be counted again."""
    session.execute(
        text("UPDATE referral_nodes SET is_merged = true WHERE member_number = :number"), {"number": number}
    )
    session.execute(text("UPDATE team_figures SET levels = NULL WHERE member_number = :number"), {"number": number})
