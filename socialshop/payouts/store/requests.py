"""Payout requests: asked for, decided about, listed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Request(NamedTuple):
    """A request as it is shown."""

    id: uuid.UUID
    member_id: uuid.UUID
    member_number: int
    member_name: str | None
    destination_id: uuid.UUID
    channel: str
    holder: str
    account_last4: str
    amount_minor: int
    currency: str
    status: str
    submitted_at: datetime
    decided_at: datetime | None
    reason: str | None
    batch_id: uuid.UUID | None
    reference: str | None
    result_reason: str | None
    ended_at: datetime | None
    tax_minor: int
    fee_minor: int

    @property
    def net_minor(self) -> int:
        """What the member gets of `amount_minor`."""
        return self.amount_minor - self.tax_minor - self.fee_minor


VIEW = """
    SELECT r.id, r.member_id, r.member_number, p.display_name, r.destination_id, r.channel, d.holder,
           right(d.account, 4), r.amount_minor, r.currency, r.status, r.submitted_at, r.decided_at, r.reason,
           r.batch_id, r.reference, r.result_reason, r.ended_at, r.tax_minor, r.fee_minor
    FROM payout_requests r
    JOIN payout_destinations d ON d.id = r.destination_id
    LEFT JOIN member_profiles p ON p.member_id = r.member_id
"""
# Money is reserved while a request is in one of these.
OPEN = ("submitted", "approved", "held", "batched")


def add(
    session: Session,
    *,
    request_id: uuid.UUID,
    member_id: uuid.UUID,
    member_number: int,
    destination_id: uuid.UUID,
    channel: str,
    amount_minor: int,
    currency: str,
    tax_minor: int,
    fee_minor: int,
    tax_table_id: uuid.UUID | None,
    fee_id: uuid.UUID | None,
    now: datetime,
) -> None:
    """Append a request, submitted, with what will be taken off it."""
    session.execute(
        text(
            """
            INSERT INTO payout_requests (id, member_id, member_number, destination_id, channel, amount_minor,
                                         currency, tax_minor, fee_minor, tax_table_id, fee_id, submitted_at)
            VALUES (:id, :member_id, :member_number, :destination_id, :channel, :amount_minor, :currency, :tax_minor,
                    :fee_minor, :tax_table_id, :fee_id, :now)
            """
        ),
        {
            "id": request_id,
            "member_id": member_id,
            "member_number": member_number,
            "destination_id": destination_id,
            "channel": channel,
            "amount_minor": amount_minor,
            "currency": currency,
            "tax_minor": tax_minor,
            "fee_minor": fee_minor,
            "tax_table_id": tax_table_id,
            "fee_id": fee_id,
            "now": now,
        },
    )


def find(session: Session, request_id: uuid.UUID) -> Request | None:
    """The request of this id."""
    row = session.execute(text(f"{VIEW} WHERE r.id = :id"), {"id": request_id}).one_or_none()
    return Request(*row) if row else None


def page(
    session: Session,
    *,
    limit: int,
    after: uuid.UUID | None,
    status: str | None = None,
    member_id: uuid.UUID | None = None,
) -> list[Request]:
    """At most `limit` requests beyond `after`: a member's own newest first, else oldest first. One statement."""
    wanted = ["true"]
    if status is not None:
        wanted.append("r.status = :status")
    if member_id is not None:
        wanted.append("r.member_id = :member_id")
    if after is not None:
        wanted.append("r.id < :after" if member_id is not None else "r.id > :after")
    order = "DESC" if member_id is not None else "ASC"
    found = session.execute(
        text(f"{VIEW} WHERE {' AND '.join(wanted)} ORDER BY r.id {order} LIMIT :limit"),
        {"status": status, "member_id": member_id, "after": after, "limit": limit},
    )
    return [Request(*row) for row in found]


def move(
    session: Session,
    request_id: uuid.UUID,
    *,
    come_from: Sequence[str],
    to: str,
    now: datetime,
    reason: str | None,
    ends: bool,
) -> bool:
    """Move a request on if it is in one of `come_from`; False if it is not. Whoever comes second finds it moved."""
    found = session.execute(
        text(
            """
            UPDATE payout_requests
            SET status = :to, decided_at = :now, reason = :reason, ended_at = CASE WHEN :ends THEN :now END
            WHERE id = :id AND status = ANY(CAST(:come_from AS text[])) RETURNING id
            """
        ),
        {"id": request_id, "come_from": list(come_from), "to": to, "now": now, "reason": reason, "ends": ends},
    )
    return found.one_or_none() is not None


def add_decision(
    session: Session,
    *,
    request_id: uuid.UUID,
    requester: uuid.UUID,
    decision: str,
    decided_by: uuid.UUID,
    reason: str | None,
    note: str | None,
    now: datetime,
) -> int:
    """Append who decided what; returns the decision's number."""
    added = session.execute(
        text(
            """
            INSERT INTO payout_decisions (request_id, requester, decision, decided_by, decided_at, reason, note)
            VALUES (:request_id, :requester, :decision, :decided_by, :now, :reason, :note) RETURNING id
            """
        ),
        {
            "request_id": request_id,
            "requester": requester,
            "decision": decision,
            "decided_by": decided_by,
            "reason": reason,
            "note": note,
            "now": now,
        },
    )
    return int(added.scalar_one())


def taken_before(session: Session, request: Request) -> int:
    """Minor units of the member's commission that paid requests, and open ones before this, take.

    A returned request took its parts: they lie at the end of the line once more.
    """
    found = session.execute(
        text(
            """
            SELECT CAST(coalesce(sum(amount_minor), 0) AS bigint) FROM (
                SELECT amount_minor FROM payout_requests
                WHERE member_id = :member_id AND currency = :currency
                  AND (status = 'paid' OR (status = ANY(CAST(:open AS text[])) AND id < :id))
                UNION ALL
                SELECT p.amount_minor FROM payout_requests r JOIN payout_parts p ON p.request_id = r.id
                WHERE r.member_id = :member_id AND r.currency = :currency AND r.status = 'returned'
            ) taken
            """
        ),
        {"member_id": request.member_id, "currency": request.currency, "open": list(OPEN), "id": request.id},
    )
    return int(found.scalar_one())


class StatusSum(NamedTuple):
    """How many requests of a member are in a status, and their sum in minor units."""

    status: str
    requests: int
    amount_minor: int


def others_of(session: Session, request: Request) -> list[StatusSum]:
    """The member's other requests in the same currency, by status."""
    found = session.execute(
        text(
            """
            SELECT status, count(*), CAST(sum(amount_minor) AS bigint) FROM payout_requests
            WHERE member_id = :member_id AND currency = :currency AND id <> :id GROUP BY status ORDER BY status
            """
        ),
        {"member_id": request.member_id, "currency": request.currency, "id": request.id},
    )
    return [StatusSum(*row) for row in found]


class OwedBeside(NamedTuple):
    """An open request of a member who owes commission, `owed_minor` in all after one refund or disallowance.

    `after` is its id; a disallowance is of no order.
    """

    request_id: uuid.UUID
    after: uuid.UUID
    order_id: uuid.UUID | None
    owed_minor: int
    currency: str


def owed_beside(session: Session, after: Sequence[uuid.UUID]) -> list[OwedBeside]:
    """The open requests of who owes after these refunds and disallowances, in the same currency. One statement."""
    rows = session.execute(
        text(
            """
            WITH owed AS (
                SELECT d.refund_id AS after, d.order_id, c.accrual_id, c.owed_minor
                FROM clawed_refunds d JOIN clawbacks c ON c.refund_id = d.refund_id
                WHERE d.refund_id = ANY(CAST(:after AS uuid[]))
                UNION ALL
                SELECT c.disallowance_id, NULL, c.accrual_id, c.owed_minor
                FROM disallowed_tallies t JOIN accruals a ON a.tally_id = t.tally_id
                JOIN clawbacks c ON c.accrual_id = a.id AND c.disallowance_id = t.disallowance_id
                WHERE t.disallowance_id = ANY(CAST(:after AS uuid[]))
            )
            SELECT q.id, o.after, o.order_id, CAST(sum(o.owed_minor) AS bigint), q.currency
            FROM owed o
            JOIN accruals a ON a.id = o.accrual_id
            JOIN payout_requests q ON q.member_number = a.beneficiary AND q.currency = a.currency
            WHERE o.owed_minor > 0 AND q.status = ANY(CAST(:open AS text[]))
            GROUP BY q.id, o.after, o.order_id, q.currency ORDER BY q.id, o.after
            """
        ),
        {"after": list(after), "open": list(OPEN)},
    )
    return [OwedBeside(*row) for row in rows]


class Sharing(NamedTuple):
    """An open request whose account `members` other members have named too."""

    request_id: uuid.UUID
    members: int


def sharing_account(session: Session, destination_id: uuid.UUID) -> list[Sharing]:
    """The open requests, of whomever, to the account of this destination, if several members have it. One statement."""
    rows = session.execute(
        text(
            """
            WITH same AS (
                SELECT s.id, s.member_id FROM payout_destinations d
                JOIN payout_destinations s ON s.account = d.account AND s.channel = d.channel
                WHERE d.id = :id
            ), others AS (
                SELECT count(DISTINCT member_id) - 1 AS members FROM same
            )
            SELECT r.id, others.members FROM others, same JOIN payout_requests r ON r.destination_id = same.id
                AND r.member_id = same.member_id
            WHERE others.members > 0 AND r.status = ANY(CAST(:open AS text[])) ORDER BY r.id
            """
        ),
        {"id": destination_id, "open": list(OPEN)},
    )
    return [Sharing(*row) for row in rows]


def open_of_frozen(session: Session, decision_ids: Sequence[uuid.UUID]) -> list[tuple[uuid.UUID, datetime]]:
    """The open requests of members whom these decisions freeze, each with the freeze's end. One statement."""
    rows = session.execute(
        text(
            """
            SELECT q.id, l.ends_at FROM member_limits l JOIN payout_requests q ON q.member_number = l.member
            WHERE l.decision_id = ANY(:ids) AND l.kind = 'frozen' AND l.lifted_at IS NULL
              AND q.status = ANY(CAST(:open AS text[])) ORDER BY q.id
            """
        ),
        {"ids": list(decision_ids), "open": list(OPEN)},
    )
    return [(row[0], row[1]) for row in rows]


class PaidPart(NamedTuple):
    """What a request that was paid took of one accrual."""

    accrual_id: uuid.UUID
    order_id: uuid.UUID | None
    kind: str
    level: int
    status: str
    settled_at: datetime
    amount_minor: int
    part_minor: int


def paid_parts(session: Session, request_id: uuid.UUID, limit: int | None) -> list[PaidPart]:
    """The accruals that a request took when it was paid, first settled first; all of them without a limit."""
    found = session.execute(
        text(
            """
            SELECT a.id, l.order_id, a.kind, a.level, a.status, a.settled_at, a.amount_minor - a.clawed_minor,
                   p.amount_minor
            FROM payout_parts p
            JOIN accruals a ON a.id = p.accrual_id
            LEFT JOIN accrued_lines l ON l.order_line_id = a.order_line_id
            WHERE p.request_id = :id ORDER BY a.settled_at, a.id LIMIT :limit
            """
        ),
        {"id": request_id, "limit": limit},
    )
    return [PaidPart(*row) for row in found]


def netted_of(session: Session, public_id: str, receivable: str, currency: str) -> int:
    """What came back and paid the member's debt (`receivable`) at once, in minor units, by the request's entries."""
    found = session.execute(
        text(
            """
            SELECT CAST(coalesce(sum(p.amount_minor), 0) AS bigint)
            FROM ledger_entries e
            JOIN ledger_postings p ON p.entry_id = e.id
            JOIN ledger_accounts a ON a.id = p.account_id
            WHERE e.reference = ANY(CAST(:references AS text[])) AND p.currency = :currency
              AND a.name = :receivable
            """
        ),
        {
            "references": [f"payout:{public_id}:{step}" for step in ("rejected", "cancelled", "failed", "returned")],
            "receivable": receivable,
            "currency": currency,
        },
    )
    return int(found.scalar_one())
