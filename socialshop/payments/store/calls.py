"""Statements on calls to providers: intents with their keys, claims, outcomes."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# Before the poller drives a new intent: its event does so at once, in the ordinary case.
FIRST_LOOK = timedelta(seconds=10)
# A claim outlives the slowest call; who died with it is followed by the poller.
CLAIM = timedelta(seconds=10)
# The poller's event may wait in a long queue: another one soon would only make it longer.
NEXT_LOOK = timedelta(minutes=1)
_OPEN = "status IN ('intended', 'unknown')"


class Intent(NamedTuple):
    """A decided call, before it is made."""

    id: uuid.UUID
    payment_id: uuid.UUID
    kind: str
    amount_minor: int
    refund_id: uuid.UUID | None = None
    outcome: str | None = None
    reason: str | None = None
    mandate_id: uuid.UUID | None = None
    card: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key: one a decision, so a decision made anew is a call of its own."""
        return f"{self.kind}:{self.id}"


class CallRow(NamedTuple):
    """A claimed call with what it needs to be made."""

    id: uuid.UUID
    payment_id: uuid.UUID
    kind: str
    key: str
    amount_minor: int
    refund_id: uuid.UUID | None
    outcome: str | None
    attempts: int
    provider: str
    provider_ref: str | None
    payment_minor: int
    currency: str
    keeps_mandate: bool
    mandate_ref: str | None
    card: str | None


class RefundRow(NamedTuple):
    """A refund that was asked for."""

    payment_id: uuid.UUID
    refund_id: uuid.UUID
    amount_minor: int


def add(session: Session, intents: Sequence[Intent], now: datetime) -> list[uuid.UUID]:
    """Record intents; those that another open or done call of the payment forbids are left out. Returns the new."""
    rows = session.execute(
        text(
            """
            INSERT INTO payment_calls
                (id, payment_id, kind, key, amount_minor, refund_id, outcome, reason, mandate_id, card, created_at,
                 due_at)
            SELECT given.*, :now, :due_at FROM unnest(
                CAST(:ids AS uuid[]), CAST(:payments AS uuid[]), CAST(:kinds AS text[]), CAST(:keys AS text[]),
                CAST(:amounts AS bigint[]), CAST(:refunds AS uuid[]), CAST(:outcomes AS text[]),
                CAST(:reasons AS text[]), CAST(:mandates AS uuid[]), CAST(:cards AS text[])
            ) AS given (id, payment_id, kind, key, amount_minor, refund_id, outcome, reason, mandate_id, card)
            ORDER BY given.payment_id
            ON CONFLICT DO NOTHING RETURNING id
            """
        ),
        {
            "ids": [intent.id for intent in intents],
            "payments": [intent.payment_id for intent in intents],
            "kinds": [intent.kind for intent in intents],
            "keys": [intent.key for intent in intents],
            "amounts": [intent.amount_minor for intent in intents],
            "refunds": [intent.refund_id for intent in intents],
            "outcomes": [intent.outcome for intent in intents],
            "reasons": [intent.reason for intent in intents],
            "mandates": [intent.mandate_id for intent in intents],
            "cards": [intent.card for intent in intents],
            "now": now,
            "due_at": now + FIRST_LOOK,
        },
    )
    return list(rows.scalars())


def claim(session: Session, call_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, CallRow]:
    """Take for CLAIM those of the calls whose outcome is open and which nobody else has; by id."""
    rows = session.execute(
        text(
            f"""
            UPDATE payment_calls c SET attempts = c.attempts + 1, claimed_until = :until, due_at = :until
            FROM payments p
            WHERE p.id = c.payment_id AND c.id IN (
                SELECT id FROM payment_calls
                WHERE id = ANY(:ids) AND {_OPEN} AND coalesce(claimed_until <= :now, true)
                FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING c.id, c.payment_id, c.kind, c.key, c.amount_minor, c.refund_id, c.outcome, c.attempts,
                      p.provider, p.provider_ref, p.amount_minor, p.currency, p.keeps_mandate,
                      (SELECT m.provider_ref FROM payment_mandates m WHERE m.id = c.mandate_id), c.card
            """  # noqa: S608  (a constant)
        ),
        {"ids": list(call_ids), "now": now, "until": now + CLAIM},
    )
    return {row.id: CallRow(*row) for row in rows}


def take_due(session: Session, now: datetime, limit: int) -> list[uuid.UUID]:
    """Up to `limit` calls whose outcome is open and which nobody is making; each is put off for another while."""
    rows = session.execute(
        text(
            f"""
            UPDATE payment_calls SET due_at = :later WHERE id IN (
                SELECT id FROM payment_calls WHERE {_OPEN} AND due_at <= :now ORDER BY due_at LIMIT :limit
                FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING id
            """  # noqa: S608  (a constant)
        ),
        {"now": now, "later": now + NEXT_LOOK, "limit": limit},
    )
    return list(rows.scalars())


def being_paid(session: Session, payment_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the payments that are being made: what came of it is not known yet."""
    rows = session.execute(
        text(
            f"""
            SELECT payment_id FROM payment_calls WHERE payment_id = ANY(:ids) AND kind IN ('pay', 'charge') AND {_OPEN}
            """  # noqa: S608  (a constant)
        ),
        {"ids": list(payment_ids)},
    )
    return set(rows.scalars())


def count_unknown(session: Session) -> int:
    """Calls that were made and whose outcome is not known."""
    found = session.execute(text("SELECT count(*) FROM payment_calls WHERE status = 'unknown'"))
    return int(found.scalar_one())


def postpone(session: Session, call_id: uuid.UUID, error: str, due_at: datetime) -> None:
    """What came of it is not known: a state of its own, looked into at `due_at`."""
    session.execute(
        text(
            f"""
            UPDATE payment_calls SET status = 'unknown', claimed_until = NULL, due_at = :due_at, last_error = :error
            WHERE id = :id AND {_OPEN}
            """  # noqa: S608  (a constant)
        ),
        {"id": call_id, "error": error, "due_at": due_at},
    )


def fail(session: Session, call_id: uuid.UUID, error: str, at: datetime) -> bool:
    """The provider refused it for good; False if its outcome is known already."""
    statement = f"""
        UPDATE payment_calls SET status = 'failed', finished_at = :at, last_error = :error, claimed_until = NULL
        WHERE id = :id AND {_OPEN} RETURNING id
    """  # noqa: S608  (a constant)
    return session.execute(text(statement), {"id": call_id, "error": error, "at": at}).one_or_none() is not None


def succeed(session: Session, key: str, at: datetime) -> bool:
    """The provider did what was asked under this key; False if that was known already."""
    statement = f"""
        UPDATE payment_calls SET status = 'succeeded', finished_at = :at, last_error = NULL, claimed_until = NULL
        WHERE key = :key AND {_OPEN} RETURNING id
    """  # noqa: S608  (a constant)
    return session.execute(text(statement), {"key": key, "at": at}).one_or_none() is not None


def finish_refunds(
    session: Session, payment_id: uuid.UUID, refund_ids: Collection[uuid.UUID], at: datetime
) -> list[RefundRow]:
    """Of these refunds, which the provider has paid: those that were still open here, now done."""
    rows = session.execute(
        text(
            f"""
            UPDATE payment_calls SET status = 'succeeded', finished_at = :at, last_error = NULL, claimed_until = NULL
            WHERE payment_id = :payment AND kind = 'refund' AND refund_id = ANY(:refunds) AND {_OPEN}
            RETURNING payment_id, refund_id, amount_minor
            """  # noqa: S608  (a constant)
        ),
        {"payment": payment_id, "refunds": list(refund_ids), "at": at},
    )
    return [RefundRow(*row) for row in rows]


def refund(session: Session, refund_id: uuid.UUID) -> RefundRow | None:
    """The refund under this id that is open or paid."""
    row = session.execute(
        text(
            "SELECT payment_id, refund_id, amount_minor FROM payment_calls WHERE refund_id = :id AND status <> 'failed'"
        ),
        {"id": refund_id},
    ).one_or_none()
    return RefundRow(*row) if row else None
