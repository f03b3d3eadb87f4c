"""Who is to be told what, read from the rows of the rooms where it happened: one statement a kind of fact.

A projection, as a link's earnings are: it joins other rooms' tables by declared columns and calls none of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Told(NamedTuple):
    """A notice to be: `subject` is what it may be told of once, `about` another member, `facts` what it says."""

    member: int
    kind: str
    subject: str
    about: int | None
    target_id: uuid.UUID | None
    facts: dict[str, Any]


_SEATS_JOINED = """
    SELECT r.host, 'seat_joined', s.order_id::text, s.member, r.id, jsonb_build_object('title', r.title)
    FROM seats s JOIN rooms r ON r.id = s.room_id
    WHERE s.order_id = ANY(:ids) AND s.member <> r.host
"""
_ROOMS_FILLED = """
    SELECT s.member, 'room_filled', r.id::text, NULL, r.id, jsonb_build_object('title', r.title)
    FROM rooms r JOIN seats s ON s.room_id = r.id
    WHERE r.id = ANY(:ids) AND s.status IN ('paid', 'confirmed') AND r.size > 1
"""
# Who was in the room at its end: the seats that ended with it.
_ROOMS_OVER = """
    SELECT s.member, 'room_' || r.status, r.id::text, NULL, r.id,
        jsonb_build_object('title', r.title, 'reason', r.cancel_reason, 'say', nullif(concat_ws('_',
            CASE WHEN r.cancel_reason IS NOT NULL THEN 'by_shop' END,
            CASE WHEN s.payment_id IS NOT NULL THEN 'paid' END), ''))
    FROM rooms r JOIN seats s ON s.room_id = r.id AND s.ended_at = r.closed_at
    WHERE r.id = ANY(:ids) AND r.status IN ('expired', 'cancelled') AND r.size > 1
"""
_TITLE = "coalesce((SELECT l.title FROM order_lines l WHERE l.order_id = o.id ORDER BY l.line LIMIT 1), o.external_id)"
_MONEY_BACK = f"""
    SELECT o.buyer, 'money_back', o.id::text, NULL, o.id,
        jsonb_build_object('title', {_TITLE}, 'amount_minor', o.total_minor, 'currency', o.currency)
    FROM orders o WHERE o.id = ANY(:ids)
"""  # noqa: S608 - a constant of this module
_LATE = f"""
    SELECT o.buyer, 'late_payment', o.id::text, NULL, o.id, jsonb_build_object('title', {_TITLE},
        'amount_minor', o.total_minor, 'currency', o.currency, 'say', l.decision)
    FROM late_payments l JOIN orders o ON o.id = l.order_id WHERE o.id = ANY(:ids)
"""  # noqa: S608 - a constant of this module
_ORDERS_SHIPPED = f"""
    SELECT o.buyer, 'order_shipped', o.id::text, NULL, o.id,
        jsonb_build_object('title', {_TITLE}, 'carrier', o.carrier, 'tracking', o.tracking)
    FROM orders o WHERE o.id = ANY(:ids) AND o.shipped_at IS NOT NULL
"""  # noqa: S608 - a constant of this module
_REFUNDS = f"""
    SELECT r.buyer, :kind, r.id::text, NULL, o.id,
        jsonb_build_object('title', {_TITLE}, 'amount_minor', r.amount_minor, 'currency', r.currency,
            'reason', r.decision_reason)
    FROM refunds r JOIN orders o ON o.id = r.order_id WHERE r.id = ANY(:ids)
"""  # noqa: S608 - a constant of this module
_ACCRUED = """
    SELECT a.beneficiary, 'commission_accrued', l.order_id::text, NULL, (array_agg(a.id ORDER BY a.id))[1],
        jsonb_build_object('amount_minor', sum(a.amount_minor)::bigint, 'currency', a.currency)
    FROM accrued_lines l JOIN accruals a ON a.order_line_id = l.order_line_id
    WHERE l.order_id = ANY(:ids) GROUP BY a.beneficiary, l.order_id, a.currency
"""
# What settled of an accrual is its amount less what was taken before: `pending_minor` says so for good. Sales of the
# shop's past are left out: a shop that imports them wakes nobody. Clicks and views are of no sale.
_SETTLED = """
    SELECT a.beneficiary, 'commission_settled', :batch || ' ' || a.currency, NULL,
        (array_agg(a.id ORDER BY a.id))[1],
        jsonb_build_object('currency', a.currency, 'amount_minor', sum(a.amount_minor
            - coalesce((SELECT sum(c.pending_minor) FROM clawbacks c WHERE c.accrual_id = a.id), 0))::bigint)
    FROM accruals a
    LEFT JOIN accrued_lines l ON l.order_line_id = a.order_line_id
    LEFT JOIN orders o ON o.id = l.order_id
    WHERE (o.room_id IS NOT NULL OR a.kind IN ('click', 'view')) AND a.id IN (
        SELECT p.subject_id FROM ledger_entries e JOIN ledger_postings p ON p.entry_id = e.id
        WHERE e.reference = ANY(:ids)
    )
    GROUP BY a.beneficiary, a.currency
"""
# A milestone that fell is taken back after the order's own, and told by itself.
_CLAWED_BACK = """
    SELECT a.beneficiary, 'commission_clawed_back',
        c.refund_id::text || CASE WHEN (a.tally_id IS NULL) THEN '' ELSE ' milestone' END, NULL,
        (array_agg(a.id ORDER BY a.id))[1],
        jsonb_build_object('amount_minor', sum(c.amount_minor)::bigint, 'currency', a.currency)
    FROM clawbacks c JOIN accruals a ON a.id = c.accrual_id
    WHERE c.refund_id = ANY(:ids) GROUP BY a.beneficiary, c.refund_id, (a.tally_id IS NULL), a.currency
"""
_PAYOUTS_DECIDED = """
    SELECT r.member_number, 'payout_' || d.decision, d.id::text, NULL, r.id,
        jsonb_build_object('amount_minor', r.amount_minor, 'currency', r.currency, 'reason', d.reason)
    FROM payout_decisions d JOIN payout_requests r ON r.id = d.request_id WHERE d.id = ANY(:ids) ORDER BY d.id
"""
_PAYOUTS_ENDED = """
    SELECT r.member_number, 'payout_' || r.status, r.id::text, NULL, r.id,
        jsonb_build_object('amount_minor', r.amount_minor, 'currency', r.currency)
    FROM payout_requests r WHERE r.id = ANY(:ids) AND r.status IN ('paid', 'failed', 'returned')
"""
_INVITED = """
    SELECT owner.number, 'member_invited', m.id::text, m.number, NULL, '{}'::jsonb
    FROM attributions t
    JOIN members m ON m.id = t.member_id
    JOIN invite_links l ON l.id = t.link_id
    JOIN members owner ON owner.id = l.owner_id
    WHERE t.member_id = ANY(:ids)
"""

Ids = Collection[uuid.UUID]


def seats_joined(session: Session, order_ids: Ids) -> list[Told]:
    """The hosts of the rooms in which these orders took a seat."""
    return _read(session, _SEATS_JOINED, ids=order_ids)


def rooms_filled(session: Session, room_ids: Ids) -> list[Told]:
    """Everybody who paid for a seat in these filled rooms."""
    return _read(session, _ROOMS_FILLED, ids=room_ids)


def rooms_over(session: Session, room_ids: Ids) -> list[Told]:
    """Everybody who had a seat in these rooms when they ended."""
    return _read(session, _ROOMS_OVER, ids=room_ids)


def money_back(session: Session, order_ids: Ids) -> list[Told]:
    """The buyers of orders whose held money went back."""
    return _read(session, _MONEY_BACK, ids=order_ids)


def late_payments(session: Session, order_ids: Ids) -> list[Told]:
    """The buyers of orders whose money came after their seat was lost."""
    return _read(session, _LATE, ids=order_ids)


def orders_shipped(session: Session, order_ids: Ids) -> list[Told]:
    """The buyers of orders that are on their way."""
    return _read(session, _ORDERS_SHIPPED, ids=order_ids)


def refunds(session: Session, kind: str, refund_ids: Ids) -> list[Told]:
    """The buyers of these refunds, told `kind` of them."""
    return _read(session, _REFUNDS, ids=refund_ids, kind=kind)


def accrued(session: Session, order_ids: Ids) -> list[Told]:
    """Whoever earns from these orders, each with the sum."""
    return _read(session, _ACCRUED, ids=order_ids)


def settled(session: Session, batch: str, references: Collection[str]) -> list[Told]:
    """Whose commission these journal entries settled, each with the sum a currency."""
    return _read(session, _SETTLED, ids=references, batch=batch)


def clawed_back(session: Session, refund_ids: Ids) -> list[Told]:
    """From whom these refunds took commission back."""
    return _read(session, _CLAWED_BACK, ids=refund_ids)


def payouts_decided(session: Session, decision_ids: Collection[int]) -> list[Told]:
    """Whose payout requests these decisions are about."""
    return _read(session, _PAYOUTS_DECIDED, ids=decision_ids)


def payouts_ended(session: Session, request_ids: Ids) -> list[Told]:
    """Whose payouts were paid, failed or came back."""
    return _read(session, _PAYOUTS_ENDED, ids=request_ids)


def members_invited(session: Session, member_ids: Ids) -> list[Told]:
    """The owners of the links that these members came through."""
    return _read(session, _INVITED, ids=member_ids)


def _read(session: Session, statement: str, *, ids: Collection[object], **values: object) -> list[Told]:
    return [Told(*row) for row in session.execute(text(statement), {"ids": list(ids), **values})]
