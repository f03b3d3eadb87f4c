"""The one statement that says which of many members are in a segment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.loyalty.segments import Segment

_MATCHING = text(
    """
    SELECT m.number FROM members m LEFT JOIN member_standings s ON s.member = m.number
    WHERE m.number = ANY(:members) AND m.role <> 'finance' AND consent_stands(m.id, 'personalisation')
        AND NOT EXISTS (SELECT FROM erasures e WHERE e.member_id = m.id)
        AND (CAST(:tiers AS text[]) = '{}' OR coalesce(s.tier, :first_tier) = ANY(:tiers))
        AND (CAST(:plans AS text[]) = '{}' OR EXISTS (
            SELECT FROM plan_subscriptions p JOIN plan_offers o ON o.id = p.offer_id
            WHERE p.member = m.number AND p.status IN ('active', 'grace') AND o.plan = ANY(:plans)))
        AND (CAST(:newcomer_days AS integer) IS NULL
            OR m.joined_at > CAST(:now AS timestamptz) - make_interval(days => :newcomer_days))
        AND (NOT CAST(:birthday_month AS boolean) OR EXISTS (
            SELECT FROM member_birthdays b WHERE b.member_id = m.id AND b.month = :month))
        AND (CAST(:not_bought_days AS integer) IS NULL OR (
            SELECT max(l.placed_at) FROM loyalty_sales l WHERE l.buyer = m.number AND l.left_minor > 0)
            <= CAST(:now AS timestamptz) - make_interval(days => :not_bought_days))
        AND (CAST(:low AS bigint) IS NULL AND CAST(:high AS bigint) IS NULL OR EXISTS (
            SELECT FROM loyalty_sales l WHERE l.buyer = m.number AND l.left_minor > 0 AND l.currency = :currency
                AND l.placed_at > CAST(:now AS timestamptz) - interval '1 year'
            HAVING avg(l.left_minor) >= coalesce(:low, 0)
                AND (CAST(:high AS bigint) IS NULL OR avg(l.left_minor) < :high)))
    ORDER BY m.number
    """
)


def matching(
    session: Session,
    segment: Segment,
    members: Collection[int],
    *,
    first_tier: str,
    currency: str,
    day: date,
    now: datetime,
) -> list[int]:
    """Those of these members who are in the segment, in the order of their numbers; `day` by the shop's clock."""
    rows = session.execute(
        _MATCHING,
        {
            "members": list(members),
            "first_tier": first_tier,
            "tiers": list(segment.tiers),
            "plans": list(segment.plans),
            "newcomer_days": segment.newcomer_days,
            "birthday_month": segment.birthday_month,
            "month": day.month,
            "not_bought_days": segment.not_bought_days,
            "low": segment.spends_from_minor,
            "high": segment.spends_below_minor,
            "currency": currency,
            "now": now,
        },
    )
    return list(rows.scalars())
