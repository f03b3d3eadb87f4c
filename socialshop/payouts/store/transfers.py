"""Transfers: one a request of a batch that a provider pays."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Transfer(NamedTuple):
    """A transfer that is ours to ask for, or to look at: `reference` once the provider has taken it."""

    request_id: uuid.UUID
    batch_id: uuid.UUID
    key: uuid.UUID
    reference: str | None
    attempts: int
    channel: str
    currency: str
    net_minor: int
    holder: str
    account: str


class TransferMove(NamedTuple):
    """How a transfer stands now; looked at again at `due_at`, unless it has ended."""

    request_id: uuid.UUID
    status: str
    reference: str | None
    error: str | None
    due_at: datetime | None


def add(
    session: Session, batch_id: uuid.UUID, requests: Sequence[uuid.UUID], keys: Sequence[uuid.UUID], now: datetime
) -> None:
    """Write down a transfer a request, with its key; what stands is left."""
    session.execute(
        text(
            """
            INSERT INTO payout_transfers (request_id, batch_id, key, asked_at, due_at)
            SELECT r, :batch, k, :now, :now FROM unnest(CAST(:requests AS uuid[]), CAST(:keys AS uuid[])) AS t (r, k)
            ON CONFLICT (request_id) DO NOTHING
            """
        ),
        {"batch": batch_id, "requests": list(requests), "keys": list(keys), "now": now},
    )


def claim(session: Session, *, now: datetime, leased_until: datetime, limit: int) -> list[Transfer]:
    """Take transfers that are due and whose payout has no result yet, for longer than a call lasts."""
    found = session.execute(
        text(
            """
            WITH due AS (
                SELECT t.request_id FROM payout_transfers t JOIN payout_requests r ON r.id = t.request_id
                WHERE t.due_at <= :now AND r.status = 'batched'
                ORDER BY t.due_at LIMIT :limit FOR UPDATE OF t SKIP LOCKED
            )
            UPDATE payout_transfers t SET attempts = t.attempts + 1, due_at = :leased
            FROM due, payout_requests r, payout_destinations d
            WHERE t.request_id = due.request_id AND r.id = t.request_id AND d.id = r.destination_id
            RETURNING t.request_id, t.batch_id, t.key, t.reference, t.attempts, r.channel, r.currency,
                      r.amount_minor - r.tax_minor - r.fee_minor, d.holder, d.account
            """
        ),
        {"now": now, "leased": leased_until, "limit": limit},
    )
    return [Transfer(*row) for row in found]


def move(session: Session, moves: Sequence[TransferMove]) -> None:
    """Transfers stand otherwise now; what has ended stays so."""
    session.execute(
        text(
            """
            UPDATE payout_transfers t
            SET status = m.status, reference = coalesce(m.reference, t.reference), last_error = m.error,
                due_at = m.due_at
            FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:references AS text[]),
                        CAST(:errors AS text[]), CAST(:due AS timestamptz[]))
                AS m (id, status, reference, error, due_at)
            WHERE t.request_id = m.id AND t.status NOT IN ('paid', 'failed')
            """
        ),
        {
            "ids": [one.request_id for one in moves],
            "statuses": [one.status for one in moves],
            "references": [one.reference for one in moves],
            "errors": [one.error for one in moves],
            "due": [one.due_at for one in moves],
        },
    )


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether a transfer waits to be asked for or looked at."""
    found = session.execute(
        text(
            """
            SELECT EXISTS (
                SELECT FROM payout_transfers t JOIN payout_requests r ON r.id = t.request_id
                WHERE t.due_at <= :now AND r.status = 'batched')
            """
        ),
        {"now": now},
    )
    return bool(found.scalar_one())


def count_unknown(session: Session) -> int:
    """Transfers of which nobody knows what became of them, and whose payout has no result."""
    found = session.execute(
        text(
            """
            SELECT count(*) FROM payout_transfers t JOIN payout_requests r ON r.id = t.request_id
            WHERE t.status = 'unknown' AND r.status = 'batched'
            """
        )
    )
    return int(found.scalar_one())
