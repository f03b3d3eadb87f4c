"""The one statement that says which of many members are in a segment, and the one on what names a tier."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import Literal, NamedTuple

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


# Each kind has its own bound, so that many coupons do not hide a campaign. What is over or drawn names nobody any more.
_NAMING_TIERS = text(
    """
    (SELECT 'coupon' AS kind, c.id, c.title AS title_zh, c.title AS title_en FROM coupons c
    WHERE (c.terms -> 'tiers' ?| CAST(:codes AS text[]) OR c.terms -> 'segment' -> 'tiers' ?| CAST(:codes AS text[]))
        AND (c.valid_until IS NULL OR c.valid_until > :now) ORDER BY c.id DESC LIMIT :limit)
    UNION ALL
    (SELECT 'deal', d.id, d.title, d.title FROM deal_segments o JOIN deals d ON d.id = o.deal_id
    WHERE o.segment -> 'tiers' ?| CAST(:codes AS text[])
        AND d.ended_at IS NULL AND (d.ends_at IS NULL OR d.ends_at > :now) ORDER BY d.id DESC LIMIT :limit)
    UNION ALL
    (SELECT 'campaign', a.id, a.title_zh, a.title_en FROM campaigns a
    WHERE (a.tier = ANY(:codes) OR a.segment -> 'tiers' ?| CAST(:codes AS text[]))
        AND a.drawn_at IS NULL AND a.cancelled_at IS NULL AND a.ends_at > :now ORDER BY a.id DESC LIMIT :limit)
    """
)


class TierNamed(NamedTuple):
    """A coupon, a deal kept for a segment, or a campaign, for members of a tier."""

    kind: Literal["coupon", "deal", "campaign"]
    id: uuid.UUID
    title_zh: str
    title_en: str


def naming_tiers(session: Session, codes: Collection[str], now: datetime, limit: int) -> list[TierNamed]:
    """Up to `limit` of each kind that are for members of one of these tiers, the newest first. One statement."""
    rows = session.execute(_NAMING_TIERS, {"codes": list(codes), "now": now, "limit": limit})
    return [TierNamed(*row) for row in rows]


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
