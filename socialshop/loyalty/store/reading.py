"""What members and the shop read of points."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.currencies import POINTS


class Expiring(NamedTuple):
    """Points that end on a day by the shop's clock."""

    on: date
    points: int


class MovementRow(NamedTuple):
    """One posting to one of a member's accounts of points, with the lot or the use that it is about."""

    entry_id: int
    line: int
    posted_at: datetime
    kind: str
    account: str
    points: int
    lot_kind: str | None
    lot_facts: Mapping[str, Any] | None
    order_id: uuid.UUID | None
    purpose: str | None
    use_facts: Mapping[str, Any] | None


class Flow(NamedTuple):
    """Points that a kind of movement gave to members (above zero) or took from them."""

    kind: str
    points: int


def expiring(session: Session, member: int, zone: str, now: datetime, until: datetime) -> list[Expiring]:
    """What of the member's points ends by then, by day in `zone`."""
    rows = session.execute(
        text(
            """
            SELECT (expires_at AT TIME ZONE :zone)::date, CAST(sum(left_points) AS bigint) FROM point_lots
            WHERE member = :member AND left_points > 0 AND available_at IS NOT NULL
                AND expires_at > :now AND expires_at <= :until
            GROUP BY 1 ORDER BY 1
            """
        ),
        {"member": member, "zone": zone, "now": now, "until": until},
    )
    return [Expiring(*row) for row in rows]


def movements(session: Session, accounts: list[str], before: tuple[int, int] | None, limit: int) -> list[MovementRow]:
    """Up to `limit` postings of points to these accounts, the newest first, older than `before` (entry, line)."""
    entry, line = before or (None, None)
    rows = session.execute(
        text(
            """
            SELECT p.entry_id, p.line, e.posted_at, e.kind, n.name, p.amount_minor, l.kind, l.facts, l.order_id,
                u.purpose, u.facts
            FROM ledger_accounts n
            JOIN ledger_postings p ON p.account_id = n.id
            JOIN ledger_entries e ON e.id = p.entry_id
            LEFT JOIN point_lots l ON l.id = p.subject_id
            LEFT JOIN point_uses u ON u.id = p.subject_id
            WHERE n.name = ANY(CAST(:accounts AS text[])) AND p.currency = :points
                AND (CAST(:entry AS bigint) IS NULL OR (p.entry_id, p.line) < (:entry, :line))
            ORDER BY p.entry_id DESC, p.line DESC LIMIT :limit
            """
        ),
        {"accounts": accounts, "points": POINTS, "entry": entry, "line": line, "limit": limit},
    )
    return [MovementRow(*row) for row in rows]


def flows(session: Session, account: str, since: datetime) -> list[Flow]:
    """What was given and taken since then, by kind of movement, as the account against all members' says it."""
    rows = session.execute(
        text(
            """
            SELECT e.kind, CAST(-sum(p.amount_minor) AS bigint) FROM ledger_accounts n
            JOIN ledger_postings p ON p.account_id = n.id JOIN ledger_entries e ON e.id = p.entry_id
            WHERE n.name = :account AND p.currency = :points AND e.posted_at >= :since GROUP BY e.kind ORDER BY e.kind
            """
        ),
        {"account": account, "points": POINTS, "since": since},
    )
    return [Flow(*row) for row in rows]


class LotSums(NamedTuple):
    """Points in lots: on their way, and usable."""

    pending: int
    available: int


def lot_sums(session: Session) -> LotSums:
    """What is left in all lots."""
    row = session.execute(
        text(
            """
            SELECT CAST(coalesce(sum(left_points) FILTER (WHERE available_at IS NULL), 0) AS bigint),
                CAST(coalesce(sum(left_points) FILTER (WHERE available_at IS NOT NULL), 0) AS bigint)
            FROM point_lots WHERE left_points > 0
            """
        )
    ).one()
    return LotSums(*row)


def ending_by_month(session: Session, zone: str, months: int) -> list[Expiring]:
    """What all members' points end in which month (its first day by the shop's clock), the next `months` of them."""
    rows = session.execute(
        text(
            """
            SELECT date_trunc('month', expires_at AT TIME ZONE :zone)::date, CAST(sum(left_points) AS bigint)
            FROM point_lots WHERE left_points > 0 AND available_at IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT :months
            """
        ),
        {"zone": zone, "months": months},
    )
    return [Expiring(*row) for row in rows]
