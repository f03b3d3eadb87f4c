"""Reading what is shown to one member: a few candidates by index, and of those what the member can buy now."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.recommendations.rules import FEWEST_BUYERS, Reason

_NEW_FOR, _YEAR = timedelta(days=14), timedelta(days=365)
_CANDIDATES_OF_A_KIND, _PURCHASES_WEIGHED = 40, 20


class Standing(NamedTuple):
    """Whether a member wants goods chosen, and when the member last bought something."""

    personal: bool
    last_bought_at: datetime | None


class Asked(NamedTuple):
    """Who asks: the tiers whose deals the member may buy, and the reasons that count, the strongest first."""

    member: int
    personal: bool
    last_bought_at: datetime | None
    tiers: list[str]
    reasons: list[str]


class Found(NamedTuple):
    """A deal, and the strongest of the reasons for it."""

    deal_id: uuid.UUID
    reason: Reason
    title: str | None
    figure: int | None


_STANDING = text(
    """
    SELECT consent_stands(m.id, 'personalisation'), (
        SELECT max(o.ordered_at) FROM orders o
        WHERE o.buyer = m.number AND o.status IN ('confirmed', 'shipped', 'received', 'completed')
    ) FROM members m WHERE m.number = :member
    """
)
# Each reason that holds for a deal, and the strongest of them by the order that is given. A deal's price is about what
# is usual from two thirds of the median to three halves.
_FOUND = text(
    f"""
    WITH own AS (
        SELECT s.product_id, o.currency, l.amount_minor / l.quantity AS unit_minor, o.ordered_at
        FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN skus s ON s.id = l.sku_id
        WHERE :personal AND o.buyer = :member AND o.ordered_at > :year AND o.status NOT IN ('cancelled', 'refunded')
    ), usual AS (
        SELECT currency, percentile_disc(0.5) WITHIN GROUP (ORDER BY unit_minor) AS minor
        FROM (SELECT * FROM own ORDER BY ordered_at DESC LIMIT {_PURCHASES_WEIGHED}) AS newest GROUP BY currency
    ), candidates AS (
        SELECT product_id FROM suggestions WHERE :personal AND member = :member
        UNION (SELECT product_id FROM product_popularity ORDER BY people DESC LIMIT {_CANDIDATES_OF_A_KIND})
        UNION (SELECT product_id FROM product_popularity ORDER BY rooms_filled DESC LIMIT {_CANDIDATES_OF_A_KIND})
        UNION (
            SELECT s.product_id FROM deals d JOIN skus s ON s.id = d.sku_id
            WHERE NOT d.draft AND d.ended_at IS NULL AND d.starts_at <= :now AND d.group_size > 1
            ORDER BY d.starts_at DESC LIMIT {_CANDIDATES_OF_A_KIND}
        )
        UNION (
            SELECT s.product_id FROM deal_invitations i JOIN deals d ON d.id = i.deal_id JOIN skus s ON s.id = d.sku_id
            WHERE :personal AND i.member = :member AND d.invited_only AND d.ended_at IS NULL
            ORDER BY d.id DESC LIMIT {_CANDIDATES_OF_A_KIND}
        )
    ), live AS (
        SELECT d.id, s.product_id, s.currency, d.price_minor, d.starts_at, d.minimum_tier, d.invited_only
        FROM candidates c JOIN skus s ON s.product_id = c.product_id JOIN deals d ON d.sku_id = s.id
        WHERE NOT d.draft AND d.paused_at IS NULL AND d.ended_at IS NULL AND d.starts_at <= :now
          AND d.group_size > 1
          AND (d.ends_at IS NULL OR d.ends_at > :now) AND s.stock > 0 AND (d.quota IS NULL OR d.taken < d.quota)
          AND (d.minimum_tier IS NULL OR d.minimum_tier = ANY(:tiers))
          AND (NOT d.circle_only OR in_circle(d.opened_by, :member))
          AND (NOT d.invited_only OR :personal AND EXISTS (
            SELECT FROM deal_invitations i WHERE i.deal_id = d.id AND i.member = :member))
          AND NOT EXISTS (SELECT FROM own WHERE own.product_id = s.product_id)
    ), reasoned AS (
        SELECT l.id, l.product_id, r.reason, r.weight, r.figure, r.because_id,
            array_position(CAST(:reasons AS text[]), r.reason) AS place
        FROM live l
        LEFT JOIN suggestions g ON :personal AND g.member = :member AND g.product_id = l.product_id
        LEFT JOIN product_popularity p ON p.product_id = l.product_id
        LEFT JOIN usual u ON u.currency = l.currency
        CROSS JOIN LATERAL (VALUES
            (g.kind, g.score, g.people, g.because_id, g.kind IS NOT NULL),
            ('offered', NULL, NULL, NULL, l.invited_only),
            ('tier', p.people, NULL, NULL, l.minimum_tier IS NOT NULL),
            ('new_since', p.people, NULL, NULL, l.starts_at > :last_bought_at),
            ('price_band', p.people, NULL, NULL, l.price_minor BETWEEN u.minor * 2 / 3 AND u.minor * 3 / 2),
            ('popular', p.people, p.people, NULL, p.people >= {FEWEST_BUYERS}),
            ('most_filled', p.rooms_filled, p.rooms_filled, NULL, p.rooms_filled >= 1),
            ('new', NULL, NULL, NULL, l.starts_at > :new_since)
        ) AS r (reason, weight, figure, because_id, holds)
        WHERE r.holds
    ), strongest AS (
        SELECT DISTINCT ON (product_id) * FROM reasoned WHERE place IS NOT NULL
        ORDER BY product_id, place, weight DESC NULLS LAST, id
    )
    SELECT f.id, f.reason, t.title, f.figure FROM strongest f LEFT JOIN products t ON t.id = f.because_id
    ORDER BY f.place, f.weight DESC NULLS LAST, f.id LIMIT :limit
    """  # noqa: S608 - constants of this module
)


def standing(session: Session, member: int) -> Standing:
    """Where the member stands."""
    return Standing(*session.execute(_STANDING, {"member": member}).one())


def find(session: Session, asked: Asked, now: datetime, limit: int) -> list[Found]:
    """Up to `limit` deals that the member can buy now, by the order of the reasons; one a product. One statement."""
    rows = session.execute(
        _FOUND,
        {**asked._asdict(), "now": now, "year": now - _YEAR, "new_since": now - _NEW_FOR, "limit": limit},
    )
    return [Found(row.id, Reason(row.reason), row.title, row.figure) for row in rows]
