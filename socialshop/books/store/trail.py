"""From a payout back to a click, and from an order to the payouts: what stands between them in other rooms."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Source(NamedTuple):
    """An order and what brought it: the link that was used at joining, and the one by which its buyer came.

    `touched_at` is when the buyer followed the latter, `way` how it was kept: by a code or by the browser's cookie.
    """

    order_id: uuid.UUID
    ordered_at: datetime
    total_minor: int
    currency: str
    status: str
    buyer: int
    sale_link: str | None
    sale_link_kind: str | None
    sale_link_owner: uuid.UUID | None
    came_link: str | None
    came_link_kind: str | None
    came_link_owner: uuid.UUID | None
    way: str | None
    touched_at: datetime | None
    attributed_at: datetime | None


class Settled(NamedTuple):
    """An entry that moved a commission out of what was pending."""

    accrual_id: uuid.UUID
    entry_id: int
    reference: str
    kind: str
    posted_at: datetime


class PaidBy(NamedTuple):
    """A payout that took a part of a commission."""

    accrual_id: uuid.UUID
    request_id: uuid.UUID
    part_minor: int
    currency: str
    status: str
    batch_id: uuid.UUID | None
    reference: str | None
    ended_at: datetime | None


class Subject(NamedTuple):
    """What a posting is about: `prefix` is that of its public id."""

    id: uuid.UUID
    prefix: str
    order_id: uuid.UUID | None


def sources(session: Session, order_ids: Collection[uuid.UUID]) -> list[Source]:
    """These orders and what brought them, in their order of time."""
    found = session.execute(
        text(
            """
            SELECT o.id, o.ordered_at, o.total_minor, o.currency, o.status, o.buyer,
                   s.code, s.kind, s.owner_id, c.code, c.kind, c.owner_id, t.source, t.touched_at, t.attributed_at
            FROM orders o
            JOIN members b ON b.number = o.buyer
            LEFT JOIN invite_links s ON s.id = o.link_id
            LEFT JOIN attributions t ON t.member_id = b.id
            LEFT JOIN invite_links c ON c.id = t.link_id
            WHERE o.id = ANY(CAST(:ids AS uuid[])) ORDER BY o.ordered_at, o.id
            """
        ),
        {"ids": list(order_ids)},
    )
    return [Source(*row) for row in found]


def settled(session: Session, accrual_ids: Collection[uuid.UUID]) -> list[Settled]:
    """The entries that took these commissions out of what was pending: settlements, and what was taken back before.

    By the account of whoever earned it: a posting is found by its account, not by what it is about.
    """
    found = session.execute(
        text(
            """
            SELECT a.id, e.id, e.reference, e.kind, e.posted_at
            FROM accruals a
            JOIN ledger_accounts n ON n.name = concat('member', chr(58), a.beneficiary, chr(58), 'pending')
            JOIN ledger_postings p ON p.account_id = n.id AND p.subject_id = a.id AND p.amount_minor < 0
            JOIN ledger_entries e ON e.id = p.entry_id
            WHERE a.id = ANY(CAST(:ids AS uuid[])) ORDER BY e.id
            """
        ),
        {"ids": list(accrual_ids)},
    )
    return [Settled(*row) for row in found]


def paid_by(session: Session, accrual_ids: Sequence[uuid.UUID]) -> list[PaidBy]:
    """The payouts that took parts of these commissions, the earliest first."""
    found = session.execute(
        text(
            """
            SELECT p.accrual_id, r.id, p.amount_minor, r.currency, r.status, r.batch_id, r.reference, r.ended_at
            FROM payout_parts p JOIN payout_requests r ON r.id = p.request_id
            WHERE p.accrual_id = ANY(CAST(:ids AS uuid[])) ORDER BY r.id
            """
        ),
        {"ids": list(accrual_ids)},
    )
    return [PaidBy(*row) for row in found]


def subjects(session: Session, ids: Collection[uuid.UUID]) -> list[Subject]:
    """Which of these ids are orders, commissions or payouts."""
    found = session.execute(
        text(
            """
            SELECT id, 'ord', id FROM orders WHERE id = ANY(CAST(:ids AS uuid[]))
            UNION ALL
            SELECT a.id, 'acr', l.order_id FROM accruals a
            LEFT JOIN accrued_lines l ON l.order_line_id = a.order_line_id WHERE a.id = ANY(CAST(:ids AS uuid[]))
            UNION ALL
            SELECT id, 'por', NULL FROM payout_requests WHERE id = ANY(CAST(:ids AS uuid[]))
            """
        ),
        {"ids": list(ids)},
    )
    return [Subject(*row) for row in found]
