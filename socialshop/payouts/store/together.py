"""Several requests decided together: what differs among them, and each moved on if it still may be. All set-based."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.payouts.store.review import NEVER_PAID


class Chosen(NamedTuple):
    """A request among those to be decided together, with what makes it differ."""

    id: uuid.UUID
    member_id: uuid.UUID
    member_number: int
    member_name: str | None
    channel: str
    amount_minor: int
    currency: str
    status: str
    findings: int
    risk: str
    is_held: bool
    is_verified: bool
    is_first: bool
    accruals: int
    reversed: int
    # When the account was named, where it took the place of another.
    moved_at: datetime | None
    claimed_by: uuid.UUID | None
    claimer: str | None
    claimed_until: datetime | None


def lock(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """Lock these in the order of their ids. A statement of its own: what is read after it is what stands."""
    session.execute(
        text("SELECT FROM payout_requests WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": list(ids)},
    )


def chosen(session: Session, ids: Sequence[uuid.UUID], now: datetime) -> list[Chosen]:
    """These requests, oldest first. One statement."""
    found = session.execute(
        text(
            f"""
            SELECT r.id, r.member_id, r.member_number, p.display_name, r.channel, r.amount_minor, r.currency, r.status,
                   (SELECT count(*) FROM payout_findings(r.id, r.member_number)),
                   payout_risk(r.id, r.member_number), money_is_held(r.member_number),
                   payee_is_verified(r.member_number), {NEVER_PAID},
                   whole.accruals, whole.reversed,
                   CASE WHEN EXISTS (
                       SELECT FROM payout_destinations o WHERE o.member_id = d.member_id AND o.id < d.id
                           AND (o.channel, o.account) <> (d.channel, d.account))
                   THEN d.created_at END,
                   c.claimed_by, cp.display_name, c.claimed_until
            FROM payout_requests r
            JOIN payout_destinations d ON d.id = r.destination_id
            LEFT JOIN member_profiles p ON p.member_id = r.member_id
            LEFT JOIN payout_claims c ON c.request_id = r.id AND c.claimed_until > :now
            LEFT JOIN member_profiles cp ON cp.member_id = c.claimed_by
            CROSS JOIN LATERAL (
                SELECT count(*) AS accruals,
                       count(*) FILTER (WHERE a.clawed_minor > 0 OR a.status = 'rejected') AS reversed
                FROM accruals a WHERE a.beneficiary = r.member_number AND a.currency = r.currency
            ) whole
            WHERE r.id = ANY(CAST(:ids AS uuid[])) ORDER BY r.id
            """  # noqa: S608 - constants of this module
        ),
        {"ids": list(ids), "now": now},
    )
    return [Chosen(*row) for row in found]


def move_all(
    session: Session, ids: Sequence[uuid.UUID], *, come_from: Sequence[str], to: str, now: datetime, reason: str | None
) -> set[uuid.UUID]:
    """Move those on that are in one of `come_from`; which they were. One statement."""
    moved = session.execute(
        text(
            """
            UPDATE payout_requests SET status = :to, decided_at = :now, reason = :reason,
                ended_at = CASE WHEN :to = 'rejected' THEN CAST(:now AS timestamptz) END
            WHERE id = ANY(CAST(:ids AS uuid[])) AND status = ANY(CAST(:come_from AS text[])) RETURNING id
            """
        ),
        {"ids": list(ids), "come_from": list(come_from), "to": to, "now": now, "reason": reason},
    )
    return {row[0] for row in moved}


def add_decisions(
    session: Session,
    requesters: Mapping[uuid.UUID, uuid.UUID],
    *,
    decision: str,
    decided_by: uuid.UUID,
    reason: str | None,
    note: str | None,
    now: datetime,
) -> list[int]:
    """Append one decision a request; returns their numbers. One statement."""
    added = session.execute(
        text(
            """
            INSERT INTO payout_decisions (request_id, requester, decision, decided_by, decided_at, reason, note)
            SELECT given.request, given.requester, :decision, :decided_by, :now, :reason, :note
            FROM unnest(CAST(:requests AS uuid[]), CAST(:requesters AS uuid[])) AS given (request, requester)
            ORDER BY given.request RETURNING id
            """
        ),
        {
            "requests": list(requesters),
            "requesters": list(requesters.values()),
            "decision": decision,
            "decided_by": decided_by,
            "reason": reason,
            "note": note,
            "now": now,
        },
    )
    return [int(row[0]) for row in added]


def end_claims(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """Nobody's claim is left on these."""
    session.execute(text("DELETE FROM payout_claims WHERE request_id = ANY(CAST(:ids AS uuid[]))"), {"ids": list(ids)})
