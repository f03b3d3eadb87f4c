"""Statements on disputes: what banks took back, how it ended, and what people noted of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids
from socialshop.payments.rules import DisputeStatus, ProviderDispute

_COLUMNS = (
    "d.id, d.payment_id, coalesce(p.order_id, p.charge_id) AS about, p.charge_id IS NOT NULL AS is_charge, p.payer,"
    " d.provider, d.provider_ref, d.amount_minor, d.currency, d.reason, d.status, d.opened_at, d.due_at, d.heard_at,"
    " d.closed_at"
)


class DisputeRow(NamedTuple):
    """A dispute with whose payment it is about: `about` is the order, or the charge."""

    id: uuid.UUID
    payment_id: uuid.UUID
    about: uuid.UUID
    is_charge: bool
    payer: int
    provider: str
    provider_ref: str
    amount_minor: int
    currency: str
    reason: str
    status: DisputeStatus
    opened_at: datetime
    due_at: datetime | None
    heard_at: datetime
    closed_at: datetime | None


class NoteRow(NamedTuple):
    """What somebody noted of a dispute."""

    noted_by: uuid.UUID
    noted_at: datetime
    note: str


class Heard(NamedTuple):
    """A dispute as its provider told of it, of a payment of the shop's."""

    payment_id: uuid.UUID
    provider: str
    currency: str
    told: ProviderDispute


class Moved(NamedTuple):
    """A dispute of which something new was told; `is_new`: nobody had heard of it."""

    id: uuid.UUID
    payment_id: uuid.UUID
    amount_minor: int
    status: DisputeStatus
    is_new: bool


def record(session: Session, heard: Sequence[Heard], now: datetime) -> list[Moved]:
    """Write down what is new of these, each named once; one that has ended stays as it is. One statement."""
    rows = session.execute(
        text(
            """
            INSERT INTO payment_disputes (id, payment_id, provider, provider_ref, amount_minor, currency, reason,
                status, opened_at, due_at, heard_at, closed_at)
            SELECT id, payment_id, provider, ref, amount, currency, reason, status, opened_at, due_at, :now,
                CASE WHEN status <> 'open' THEN CAST(:now AS timestamptz) END
            FROM unnest(CAST(:ids AS uuid[]), CAST(:payments AS uuid[]), CAST(:providers AS text[]),
                CAST(:refs AS text[]), CAST(:amounts AS bigint[]), CAST(:currencies AS text[]),
                CAST(:reasons AS text[]), CAST(:statuses AS text[]), CAST(:opened AS timestamptz[]),
                CAST(:due AS timestamptz[]))
                AS told (id, payment_id, provider, ref, amount, currency, reason, status, opened_at, due_at)
            ON CONFLICT (provider, provider_ref) DO UPDATE SET status = excluded.status, closed_at = excluded.closed_at
            WHERE payment_disputes.status = 'open' AND excluded.status <> 'open'
                AND payment_disputes.payment_id = excluded.payment_id
            RETURNING id, payment_id, amount_minor, status, xmax = 0
            """
        ),
        {
            "ids": new_ids(len(heard)),
            "payments": [each.payment_id for each in heard],
            "providers": [each.provider for each in heard],
            "refs": [each.told.ref for each in heard],
            "amounts": [each.told.amount_minor for each in heard],
            "currencies": [each.currency for each in heard],
            "reasons": [each.told.reason for each in heard],
            "statuses": [each.told.status.value for each in heard],
            "opened": [each.told.opened_at for each in heard],
            "due": [each.told.due_at for each in heard],
            "now": now,
        },
    )
    return [Moved(*row)._replace(status=DisputeStatus(row.status)) for row in rows]


def look_again(session: Session, payment_ids: Collection[uuid.UUID], at: datetime) -> None:
    """A payment with an open dispute is looked at from then on; without one nothing moves any more. One statement."""
    session.execute(
        text(
            """
            UPDATE payments p SET looks = 0, look_at = CASE WHEN EXISTS (
                    SELECT FROM payment_disputes d WHERE d.payment_id = p.id AND d.status = 'open'
                ) THEN CAST(:at AS timestamptz) END
            WHERE id = ANY(CAST(:ids AS uuid[])) AND status IN ('captured', 'refunded')
            """
        ),
        {"ids": list(payment_ids), "at": at},
    )


def of_ids(session: Session, dispute_ids: Collection[uuid.UUID]) -> list[DisputeRow]:
    """These disputes, those that there are."""
    return _rows(session, "d.id = ANY(CAST(:ids AS uuid[])) ORDER BY d.id", ids=list(dispute_ids))


def open_first(session: Session, limit: int) -> list[DisputeRow]:
    """Up to `limit` open disputes, the one that must be answered first at the head."""
    return _rows(session, "d.status = 'open' ORDER BY d.due_at NULLS LAST, d.id LIMIT :limit", limit=limit)


def ended(session: Session, after: uuid.UUID | None, limit: int) -> list[DisputeRow]:
    """Up to `limit` disputes that have ended, older than `after`, the newest first."""
    condition = "d.status <> 'open' AND (CAST(:after AS uuid) IS NULL OR d.id < :after) ORDER BY d.id DESC LIMIT :limit"
    return _rows(session, condition, after=after, limit=limit)


def add_note(session: Session, dispute_id: uuid.UUID, noted_by: uuid.UUID, note: str, now: datetime) -> None:
    """Add what somebody noted."""
    session.execute(
        text("INSERT INTO payment_dispute_notes (dispute_id, noted_by, noted_at, note) VALUES (:id, :by, :now, :note)"),
        {"id": dispute_id, "by": noted_by, "now": now, "note": note},
    )


def notes(session: Session, dispute_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[NoteRow]]:
    """What was noted of these disputes, the oldest first; one of which nothing was noted is left out."""
    rows = session.execute(
        text(
            "SELECT dispute_id, noted_by, noted_at, note FROM payment_dispute_notes"
            " WHERE dispute_id = ANY(CAST(:ids AS uuid[])) ORDER BY id"
        ),
        {"ids": list(dispute_ids)},
    )
    found: dict[uuid.UUID, list[NoteRow]] = {}
    for dispute_id, *note in rows:
        found.setdefault(dispute_id, []).append(NoteRow(*note))
    return found


def _rows(session: Session, condition: str, **values: object) -> list[DisputeRow]:
    statement = f"SELECT {_COLUMNS} FROM payment_disputes d JOIN payments p ON p.id = d.payment_id WHERE {condition}"  # noqa: S608
    return [
        DisputeRow(*row)._replace(status=DisputeStatus(row.status)) for row in session.execute(text(statement), values)
    ]
