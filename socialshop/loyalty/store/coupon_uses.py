"""Statements on coupons at the checkout: which may be used, taking them, and what becomes of them.

What a coupon with a budget takes off is counted in one conditional statement whose rows are counted, with a CHECK
behind it. Whoever takes coupons or gives them back locks holdings, then coupons, each in the order of their ids.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids

_MOST_READ = 200

# A part of others' statements: whether the member `:member` has a coupon that might be used at `:now`.
HOLDS_COUPONS = """
    EXISTS (SELECT FROM coupon_holdings
        WHERE coupon_holdings.member = :member AND status = 'open' AND valid_from <= :now
            AND coupon_holdings.expires_at > :now)
"""


class UsableRow(NamedTuple):
    """An open coupon of a member, with what else its conditions ask for: the unit's product, and who is new."""

    id: uuid.UUID
    coupon_id: uuid.UUID
    title: str
    terms: dict[str, Any]
    expires_at: datetime
    left_minor: int | None
    product_id: uuid.UUID
    is_newcomer: bool


class Taking(NamedTuple):
    """A coupon that is to act on an order, and what it takes off."""

    holding_id: uuid.UUID
    kind: str
    amount_minor: int


class GivenUse(NamedTuple):
    """A member used a coupon that a tier or plan gives, every month or on the birthday."""

    member: int
    holding_id: uuid.UUID
    amount_minor: int
    currency: str
    way: str
    coupon_id: uuid.UUID


class ReturnedUse(NamedTuple):
    """A use whose order was wholly refunded."""

    id: uuid.UUID
    order_id: uuid.UUID
    kind: str
    amount_minor: int
    currency: str


def usable(
    session: Session, member: int, sku_id: uuid.UUID, ids: Collection[uuid.UUID] | None, now: datetime
) -> list[UsableRow]:
    """The member's open coupons that hold now, the first to expire first; `ids`: only those of them.

    A newcomer has no order that stands. One statement.
    """
    rows = session.execute(
        text(
            """
            SELECT h.id, h.coupon_id, c.title, c.terms, h.expires_at, c.budget_minor - c.taken_minor,
                (SELECT product_id FROM skus WHERE id = :sku),
                NOT EXISTS (SELECT FROM orders o WHERE o.buyer = :member
                    AND o.status IN ('paid', 'confirmed', 'shipped', 'received', 'completed'))
            FROM coupon_holdings h JOIN coupons c ON c.id = h.coupon_id
            WHERE h.member = :member AND h.status = 'open' AND h.valid_from <= :now AND h.expires_at > :now
                AND c.paused_at IS NULL AND (CAST(:ids AS uuid[]) IS NULL OR h.id = ANY(CAST(:ids AS uuid[])))
            ORDER BY h.expires_at, h.id LIMIT :most
            """
        ),
        {"member": member, "sku": sku_id, "ids": None if ids is None else list(ids), "now": now, "most": _MOST_READ},
    )
    return [UsableRow(*row) for row in rows]


def take(
    session: Session, member: int, order_id: uuid.UUID, takings: Sequence[Taking], *, currency: str, now: datetime
) -> int:
    """Set these coupons of the member aside for the order; returns how many could be.

    Fewer than there are: another order has one, it ended or was paused meanwhile, or its budget does not cover it. Then
    the caller must roll back. One statement.
    """
    rows = session.execute(
        text(
            """
            WITH wanted AS (
                SELECT * FROM unnest(CAST(:uses AS uuid[]), CAST(:holdings AS uuid[]), CAST(:kinds AS text[]),
                    CAST(:amounts AS bigint[])) AS w (id, holding_id, kind, amount_minor)
            ), held AS MATERIALIZED (
                SELECT h.id FROM coupon_holdings h WHERE h.id = ANY(CAST(:holdings AS uuid[])) ORDER BY h.id
                FOR NO KEY UPDATE
            ), taken AS (
                UPDATE coupon_holdings h SET status = 'taken' FROM held
                WHERE h.id = held.id AND h.member = :member AND h.status = 'open'
                    AND h.valid_from <= :now AND h.expires_at > :now
                RETURNING h.id, h.coupon_id
            ), metered AS MATERIALIZED (
                SELECT c.id FROM coupons c JOIN taken t ON t.coupon_id = c.id WHERE c.budget_minor IS NOT NULL
                ORDER BY c.id FOR NO KEY UPDATE OF c
            ), counted AS (
                UPDATE coupons c SET taken_minor = c.taken_minor + w.amount_minor
                FROM metered, taken t JOIN wanted w ON w.holding_id = t.id
                WHERE c.id = metered.id AND t.coupon_id = c.id AND c.taken_minor + w.amount_minor <= c.budget_minor
                RETURNING c.id
            )
            INSERT INTO coupon_uses (id, holding_id, coupon_id, order_id, kind, amount_minor, currency, status,
                begun_at)
            SELECT w.id, t.id, t.coupon_id, :order_id, w.kind, w.amount_minor, :currency, 'held', :now
            FROM taken t JOIN wanted w ON w.holding_id = t.id JOIN coupons c ON c.id = t.coupon_id
            WHERE c.paused_at IS NULL AND (c.budget_minor IS NULL OR c.id IN (SELECT id FROM counted))
            RETURNING id
            """
        ),
        {
            "member": member,
            "order_id": order_id,
            "currency": currency,
            "now": now,
            "uses": new_ids(len(takings)),
            "holdings": [taking.holding_id for taking in takings],
            "kinds": [taking.kind for taking in takings],
            "amounts": [taking.amount_minor for taking in takings],
        },
    )
    return len(rows.all())


def settle(session: Session, order_ids: Collection[uuid.UUID]) -> list[GivenUse]:
    """What is set aside for these orders is used; returns those of it that came as a benefit of a tier or plan."""
    rows = session.execute(
        text(
            """
            WITH used AS (
                UPDATE coupon_uses SET status = 'used' WHERE order_id = ANY(:ids) AND status = 'held'
                RETURNING holding_id, coupon_id, amount_minor, currency
            )
            SELECT h.member, h.id, u.amount_minor, u.currency, c.way, c.id
            FROM used u JOIN coupon_holdings h ON h.id = u.holding_id JOIN coupons c ON c.id = u.coupon_id
            WHERE c.way IN ('monthly', 'birthday_benefit') ORDER BY h.id
            """
        ),
        {"ids": list(order_ids)},
    )
    return [GivenUse(*row) for row in rows]


# Of these orders, those that came to an end: their coupons are open again, and what they took is back in the budgets.
_GIVE_BACK = """
    WITH ended AS (
        UPDATE coupon_uses u SET status = :after, ended_at = :now FROM orders o
        WHERE u.order_id = o.id AND o.id = ANY(:ids) AND u.status = :before
            AND (o.status = ANY(:ends) OR o.refunded_minor = o.total_minor)
        RETURNING u.id, u.holding_id, u.coupon_id, u.order_id, u.kind, u.amount_minor, u.currency
    ), opened AS (
        UPDATE coupon_holdings h SET status = 'open' FROM ended e WHERE h.id = e.holding_id
    ), metered AS MATERIALIZED (
        SELECT c.id FROM coupons c WHERE c.budget_minor IS NOT NULL AND c.id IN (SELECT coupon_id FROM ended)
        ORDER BY c.id FOR NO KEY UPDATE
    ), uncounted AS (
        UPDATE coupons c SET taken_minor = c.taken_minor - b.amount_minor
        FROM metered, (SELECT coupon_id, sum(amount_minor) AS amount_minor FROM ended GROUP BY coupon_id) b
        WHERE c.id = metered.id AND b.coupon_id = c.id
    )
    SELECT id, order_id, kind, amount_minor, currency FROM ended ORDER BY id
"""


def release(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> None:
    """What is set aside for those of these orders that came to nothing is open again. Told again, nothing changes."""
    values = {"ids": list(order_ids), "ends": ["cancelled", "refunded"], "before": "held", "after": "released"}
    session.execute(text(_GIVE_BACK), {**values, "now": now})


def give_back(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> list[ReturnedUse]:
    """What was used for those of these orders of which all money went back is open again; returns those uses."""
    values = {"ids": list(order_ids), "ends": ["refunded"], "before": "used", "after": "returned"}
    return [ReturnedUse(*row) for row in session.execute(text(_GIVE_BACK), {**values, "now": now})]
