"""Statements on coupons and on who holds them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids
from socialshop.loyalty.coupons import Way

_COUPON = (
    "c.id, c.title, c.terms, c.valid_from, c.valid_until, c.valid_days, c.issue_limit, c.issued, c.budget_minor,"
    " c.taken_minor, c.paused_at, c.created_at, c.way"
)


class CouponRow(NamedTuple):
    """A coupon. Its limits are None where there are none; `taken_minor` is kept of those that have a budget."""

    id: uuid.UUID
    title: str
    terms: dict[str, Any]
    valid_from: datetime
    valid_until: datetime | None
    valid_days: int | None
    issue_limit: int | None
    issued: int
    budget_minor: int | None
    taken_minor: int
    paused_at: datetime | None
    created_at: datetime
    way: Way


class Figures(NamedTuple):
    """How often a coupon is set aside or used, and what it takes off in all."""

    uses: int
    amount_minor: int


class HoldingRow(NamedTuple):
    """A coupon that a member has. `standing`: `open`, `reserved` for an order, `used`, or `expired`."""

    id: uuid.UUID
    coupon_id: uuid.UUID
    title: str
    terms: dict[str, Any]
    standing: Literal["open", "reserved", "used", "expired"]
    valid_from: datetime
    expires_at: datetime
    order_id: uuid.UUID | None
    amount_minor: int | None
    way: Way


def add(session: Session, row: CouponRow) -> None:
    """Append a coupon that nobody holds yet."""
    session.execute(
        text(
            """
            INSERT INTO coupons (id, title, terms, valid_from, valid_until, valid_days, issue_limit, budget_minor,
                created_at, way)
            VALUES (:id, :title, CAST(:terms AS jsonb), :valid_from, :valid_until, :valid_days, :issue_limit,
                :budget_minor, :created_at, :way)
            """
        ),
        {**row._asdict(), "terms": json.dumps(row.terms, ensure_ascii=False)},
    )


def find(session: Session, coupon_id: uuid.UUID) -> CouponRow | None:
    """The coupon."""
    row = session.execute(text(f"SELECT {_COUPON} FROM coupons c WHERE id = :id"), {"id": coupon_id}).one_or_none()  # noqa: S608
    return CouponRow(*row) if row else None


def lock(session: Session, coupon_id: uuid.UUID) -> CouponRow | None:
    """The coupon, for this transaction alone to issue."""
    statement = f"SELECT {_COUPON} FROM coupons c WHERE id = :id FOR NO KEY UPDATE"  # noqa: S608 - a constant
    row = session.execute(text(statement), {"id": coupon_id}).one_or_none()
    return CouponRow(*row) if row else None


def page(session: Session, before: uuid.UUID | None, limit: int) -> list[CouponRow]:
    """Up to `limit` coupons, the newest first, older than `before`."""
    rows = session.execute(
        text(
            f"SELECT {_COUPON} FROM coupons c WHERE CAST(:before AS uuid) IS NULL OR id < :before"  # noqa: S608
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
    return [CouponRow(*row) for row in rows]


def figures(session: Session, coupon_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Figures]:
    """What stands of these coupons: set aside, or used and not returned."""
    rows = session.execute(
        text(
            "SELECT coupon_id, count(*), CAST(sum(amount_minor) AS bigint) FROM coupon_uses"
            " WHERE coupon_id = ANY(:ids) AND status IN ('held', 'used') GROUP BY coupon_id"
        ),
        {"ids": list(coupon_ids)},
    )
    return {row[0]: Figures(*row[1:]) for row in rows}


def set_paused(session: Session, coupon_id: uuid.UUID, since: datetime | None) -> None:
    """Pause a coupon; None: it goes on."""
    session.execute(text("UPDATE coupons SET paused_at = :since WHERE id = :id"), {"id": coupon_id, "since": since})


def issue(
    session: Session,
    coupon_id: uuid.UUID,
    members: Sequence[int],
    period: str,
    *,
    span: tuple[datetime, datetime],
    now: datetime,
) -> dict[int, uuid.UUID]:
    """Give the coupon to those of these members who have none of the period, as far as its limit goes.

    Returns what each of them has now.

    The first in the order of their numbers. What is given is counted in one conditional statement, with a CHECK behind
    it: where the limit would be passed, nobody is given any.
    """
    rows = session.execute(
        text(
            """
            WITH fresh AS (
                SELECT m.number, given.id
                FROM unnest(CAST(:ids AS uuid[]), CAST(:members AS bigint[])) AS given (id, number)
                JOIN members m ON m.number = given.number
                WHERE NOT EXISTS (SELECT FROM coupon_holdings h
                    WHERE h.coupon_id = :coupon AND h.member = m.number AND h.period = :period)
                ORDER BY m.number
                LIMIT (SELECT coalesce(issue_limit, 9223372036854775807) - issued FROM coupons WHERE id = :coupon)
            ), counted AS (
                UPDATE coupons SET issued = issued + (SELECT count(*) FROM fresh)
                WHERE id = :coupon AND (
                    issue_limit IS NULL OR issued + (SELECT count(*) FROM fresh) <= issue_limit)
                RETURNING id
            )
            INSERT INTO coupon_holdings (id, coupon_id, member, period, valid_from, expires_at, issued_at)
            SELECT fresh.id, counted.id, fresh.number, :period, :valid_from, :expires_at, :now
            FROM counted, fresh ORDER BY fresh.number
            RETURNING member, id
            """
        ),
        {
            "coupon": coupon_id,
            "ids": new_ids(len(members)),
            "members": list(members),
            "period": period,
            "valid_from": span[0],
            "expires_at": span[1],
            "now": now,
        },
    )
    return {row.member: row.id for row in rows}


_HOLDINGS = """
    SELECT h.id, h.coupon_id, c.title, c.terms,
        CASE WHEN u.status = 'used' THEN 'used' WHEN u.status = 'held' THEN 'reserved'
            WHEN h.expires_at <= :now THEN 'expired' ELSE 'open' END,
        h.valid_from, h.expires_at, u.order_id, u.amount_minor, c.way
    FROM coupon_holdings h JOIN coupons c ON c.id = h.coupon_id
    LEFT JOIN coupon_uses u ON u.holding_id = h.id AND u.status IN ('held', 'used')
"""


def holding_of(session: Session, member: int, coupon_id: uuid.UUID, period: str, now: datetime) -> HoldingRow:
    """The member's coupon of this period, which must be there."""
    row = session.execute(
        text(f"{_HOLDINGS} WHERE h.member = :member AND h.coupon_id = :coupon AND h.period = :period"),
        {"member": member, "coupon": coupon_id, "period": period, "now": now},
    ).one()
    return HoldingRow(*row)


def holdings(session: Session, member: int, before: uuid.UUID | None, limit: int, now: datetime) -> list[HoldingRow]:
    """Up to `limit` coupons of a member, the newest first, older than `before`."""
    rows = session.execute(
        text(
            f"{_HOLDINGS} WHERE h.member = :member AND (CAST(:before AS uuid) IS NULL OR h.id < :before)"
            " ORDER BY h.id DESC LIMIT :limit"
        ),
        {"member": member, "before": before, "limit": limit, "now": now},
    )
    return [HoldingRow(*row) for row in rows]
