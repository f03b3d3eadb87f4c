"""Accruals as those who earn them, and those who answer for them, read them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.commissions.explanation import Facts, Reversal
from socialshop.commissions.telling_counts import CountedFacts, Fallen, Struck


class CommissionRow(NamedTuple):
    """An accrual with what it was taken of: a line of an order, or so many clicks or views of a link's day."""

    id: uuid.UUID
    beneficiary_id: uuid.UUID
    kind: str
    level: int
    status: str
    amount_minor: int
    clawed_minor: int
    base_minor: int | None
    currency: str
    order_id: uuid.UUID | None
    line: int | None
    plan_version_id: uuid.UUID | None
    accrued_at: datetime
    matures_at: datetime | None
    settled_at: datetime | None
    on_day: date | None = None
    link: str | None = None
    counted: int | None = None


class SkippedRow(NamedTuple):
    """A leg that paid nothing on a line, or went by a member; the kind is null where the whole line was skipped."""

    line: int
    kind: str | None
    level: int
    member_id: uuid.UUID | None
    reason: str


_COMMISSION = """
    SELECT a.id, m.id, a.kind, a.level, a.status, a.amount_minor, a.clawed_minor, s.base_minor, a.currency, s.order_id,
           l.line, coalesce(s.plan_version_id, y.plan_version_id), a.accrued_at, a.matures_at, a.settled_at,
           y.on_day, i.code, y.counted
    FROM accruals a
    LEFT JOIN accrued_lines s ON s.order_line_id = a.order_line_id
    LEFT JOIN order_lines l ON l.id = a.order_line_id
    LEFT JOIN tallies y ON y.id = a.tally_id
    LEFT JOIN invite_links i ON i.id = y.link_id
    JOIN members m ON m.number = a.beneficiary
"""


def page_of(session: Session, beneficiary: int, before: uuid.UUID | None, limit: int) -> list[CommissionRow]:
    """Up to `limit` accruals of a member, the newest first, older than `before`."""
    rows = session.execute(
        text(
            f"""
            {_COMMISSION}
            WHERE a.beneficiary = :beneficiary AND (
                CAST(:before AS uuid) IS NULL
                OR (a.accrued_at, a.id) < (SELECT accrued_at, id FROM accruals WHERE id = :before)
            )
            ORDER BY a.accrued_at DESC, a.id DESC LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ),
        {"beneficiary": beneficiary, "before": before, "limit": limit},
    )
    return [CommissionRow(*row) for row in rows]


def of_order(session: Session, order_id: uuid.UUID) -> list[CommissionRow]:
    """The accruals of an order, by line and leg."""
    rows = session.execute(
        text(f"{_COMMISSION} WHERE l.order_id = :order_id ORDER BY l.line, a.leg"),
        {"order_id": order_id},
    )
    return [CommissionRow(*row) for row in rows]


def skips_of_order(session: Session, order_id: uuid.UUID) -> list[SkippedRow]:
    """The skips of an order by line and leg, each behind those whom the leg went by."""
    rows = session.execute(
        text(
            """
            SELECT l.line, k.kind, k.level, m.id, k.reason
            FROM order_lines l
            JOIN (
                SELECT order_line_id, leg, kind, level, member_number, reason, true AS skipped FROM accrual_skips
                UNION ALL
                SELECT order_line_id, leg, kind, level, member_number, reason, false FROM accrual_passes
            ) k ON k.order_line_id = l.id
            LEFT JOIN members m ON m.number = k.member_number
            WHERE l.order_id = :order_id ORDER BY l.line, k.leg, k.skipped, k.level
            """
        ),
        {"order_id": order_id},
    )
    return [SkippedRow(*row) for row in rows]


def order_exists(session: Session, order_id: uuid.UUID) -> bool:
    """Whether there is such an order."""
    return session.execute(text("SELECT FROM orders WHERE id = :id"), {"id": order_id}).first() is not None


def facts_of(session: Session, accrual_id: uuid.UUID, beneficiary: int) -> Facts | None:
    """An accrual of this member with its snapshot; None for another's."""
    row = session.execute(
        text(
            """
            SELECT a.id, a.beneficiary, s.buyer, a.kind, a.level, a.leg, a.status, a.amount_minor, a.clawed_minor,
                   a.currency, s.order_id, s.order_line_id, l.line, s.base_minor, s.quantity, s.sale_at,
                   s.plan_version_id, v.number, v.effective_at, coalesce(s.received_at, r.held_from),
                   a.matures_at, a.settled_at,
                   EXISTS (
                       SELECT FROM refunds f WHERE f.order_id = s.order_id AND f.status IN ('requested', 'approved')
                   ), s.perk, t.depth, t.rate_bps, t.below_bps, k.facts, t.asked_minor, t.cap, s.margin
            FROM accruals a
            JOIN accrued_lines s ON s.order_line_id = a.order_line_id
            JOIN order_lines l ON l.id = a.order_line_id
            JOIN commission_plan_versions v ON v.id = s.plan_version_id
            LEFT JOIN accrued_receipts r ON r.order_id = s.order_id
            LEFT JOIN accrual_terms t ON t.accrual_id = a.id
            LEFT JOIN accrued_facts k ON k.order_line_id = a.order_line_id
            WHERE a.id = :id AND a.beneficiary = :beneficiary
            """
        ),
        {"id": accrual_id, "beneficiary": beneficiary},
    ).one_or_none()
    return Facts(*row) if row else None


def counted_facts_of(session: Session, accrual_id: uuid.UUID, beneficiary: int) -> CountedFacts | None:
    """An accrual of this member that something counted earned; None for another's, or one that a sale earned."""
    row = session.execute(
        text(
            """
            SELECT a.id, a.beneficiary, a.kind, a.level, a.leg, a.status, a.amount_minor, a.clawed_minor, a.currency,
                   y.id, y.on_day, i.code, y.counted, y.before, y.plan_version_id, v.number, v.effective_at,
                   y.held_from, a.matures_at, a.settled_at, y.facts, t.asked_minor, t.cap
            FROM accruals a
            JOIN tallies y ON y.id = a.tally_id
            JOIN commission_plan_versions v ON v.id = y.plan_version_id
            LEFT JOIN invite_links i ON i.id = y.link_id
            LEFT JOIN accrual_terms t ON t.accrual_id = a.id
            WHERE a.id = :id AND a.beneficiary = :beneficiary
            """
        ),
        {"id": accrual_id, "beneficiary": beneficiary},
    ).one_or_none()
    return CountedFacts(*row) if row else None


def struck_of(session: Session, facts: CountedFacts) -> list[Struck]:
    """What was found to be none of the accrual's tally, in the order in which it was."""
    rows = session.execute(
        text(
            """
            SELECT x.counted, d.reason, coalesce(b.amount_minor, 0), coalesce(b.pending_minor, 0),
                   coalesce(b.wallet_minor, 0), coalesce(b.owed_minor, 0)
            FROM disallowed_tallies x JOIN disallowances d ON d.id = x.disallowance_id
            LEFT JOIN clawbacks b ON b.disallowance_id = d.id AND b.accrual_id = :id
            WHERE x.tally_id = :tally_id ORDER BY d.disallowed_at, d.id
            """
        ),
        {"id": facts.id, "tally_id": facts.tally_id},
    )
    return [Struck(*row) for row in rows]


def fallen_of(session: Session, facts: CountedFacts) -> list[Fallen]:
    """What refunds took of an accrual that no sale earned."""
    rows = session.execute(
        text(
            """
            SELECT refund_id, amount_minor, pending_minor, wallet_minor, owed_minor FROM clawbacks
            WHERE accrual_id = :id AND refund_id IS NOT NULL ORDER BY clawed_at, id
            """
        ),
        {"id": facts.id},
    )
    return [Fallen(*row) for row in rows]


def reversals_of(session: Session, facts: Facts) -> list[Reversal]:
    """What refunds gave back of the accrual's line, in the order in which they clawed back."""
    rows = session.execute(
        text(
            """
            SELECT c.refund_id, coalesce(p.amount_minor, 0), coalesce(p.quantity, 0), whole.minor,
                   coalesce(b.amount_minor, 0), coalesce(b.pending_minor, 0), coalesce(b.wallet_minor, 0),
                   coalesce(b.owed_minor, 0)
            FROM clawed_refunds c
            LEFT JOIN refund_lines p ON p.refund_id = c.refund_id AND p.order_line_id = :line_id
            LEFT JOIN clawbacks b ON b.refund_id = c.refund_id AND b.accrual_id = :id
            CROSS JOIN LATERAL (
                SELECT CAST(coalesce(sum(w.amount_minor), 0) AS bigint) AS minor
                FROM refund_lines w JOIN accrued_lines g ON g.order_line_id = w.order_line_id
                WHERE w.refund_id = c.refund_id
            ) whole
            WHERE c.order_id = :order_id AND (p.refund_id IS NOT NULL OR b.refund_id IS NOT NULL OR :whole)
            ORDER BY c.clawed_at, c.refund_id
            """
        ),
        {"line_id": facts.order_line_id, "id": facts.id, "order_id": facts.order_id, "whole": facts.kind == "lead"},
    )
    return [Reversal(*row) for row in rows]


class WalletRow(NamedTuple):
    """One posting to one of a member's accounts; the last three are null where it is about no accrual."""

    entry_id: int
    line: int
    posted_at: datetime
    kind: str
    account: str
    amount_minor: int
    currency: str
    accrual_id: uuid.UUID | None
    accrual_kind: str | None
    order_id: uuid.UUID | None


MOVEMENTS = """
    SELECT p.entry_id, p.line, e.posted_at, e.kind, n.name, p.amount_minor, p.currency, a.id, a.kind, s.order_id
    FROM ledger_accounts n
    JOIN ledger_postings p ON p.account_id = n.id
    JOIN ledger_entries e ON e.id = p.entry_id
    LEFT JOIN accruals a ON a.id = p.subject_id
    LEFT JOIN accrued_lines s ON s.order_line_id = a.order_line_id
    WHERE n.name = ANY(CAST(:accounts AS text[])) AND p.currency = :currency
"""


def wallet_page(
    session: Session, accounts: list[str], currency: str, before: tuple[int, int] | None, limit: int
) -> list[WalletRow]:
    """Up to `limit` postings to these accounts, the newest first, older than `before` (entry, line)."""
    entry, line = before or (None, None)
    rows = session.execute(
        text(
            f"""
            {MOVEMENTS}
                AND (CAST(:entry AS bigint) IS NULL OR (p.entry_id, p.line) < (:entry, :line))
            ORDER BY p.entry_id DESC, p.line DESC LIMIT :limit
            """
        ),
        {"accounts": accounts, "currency": currency, "entry": entry, "line": line, "limit": limit},
    )
    return [WalletRow(*row) for row in rows]


def earned_minor(session: Session, beneficiary: int, currency: str, since: datetime) -> int:
    """What a member's accruals since then come to, less what was clawed back of them.

    An imported sale was made when it was ordered, however late it came here; any other when its room filled.
    """
    found: int = session.execute(
        text(
            """
            SELECT coalesce(sum(a.amount_minor - a.clawed_minor), 0)::bigint
            FROM accruals a
            LEFT JOIN accrued_lines l ON l.order_line_id = a.order_line_id
            LEFT JOIN orders o ON o.id = l.order_id
            WHERE a.beneficiary = :beneficiary AND a.accrued_at >= :since AND a.currency = :currency
              AND a.status <> 'rejected' AND (o.source IS DISTINCT FROM 'import' OR o.ordered_at >= :since)
            """
        ),
        {"beneficiary": beneficiary, "currency": currency, "since": since},
    ).scalar_one()
    return found


def earned_of_deal(
    session: Session, beneficiary: int, deal_id: uuid.UUID, zone: str, since: datetime
) -> list[tuple[date, int]]:
    """What a member earned by the rooms of a deal, less what was clawed back, by the day of accrual in `zone`."""
    rows = session.execute(
        text(
            """
            SELECT (a.accrued_at AT TIME ZONE :zone)::date, sum(a.amount_minor - a.clawed_minor)::bigint
            FROM rooms r JOIN orders o ON o.room_id = r.id JOIN order_lines l ON l.order_id = o.id
            JOIN accruals a ON a.order_line_id = l.id
            WHERE r.deal_id = :deal AND a.beneficiary = :beneficiary AND a.accrued_at >= :since
                AND a.status <> 'rejected'
            GROUP BY 1
            """
        ),
        {"beneficiary": beneficiary, "deal": deal_id, "zone": zone, "since": since},
    )
    return [(row[0], row[1]) for row in rows]
