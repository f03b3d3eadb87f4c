"""Statements on mandates: members' leave to be charged again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Given(NamedTuple):
    """A mandate that a provider told of with a payment."""

    id: uuid.UUID
    payment_id: uuid.UUID
    payer: int
    provider: str
    provider_ref: str


def add(session: Session, given: Sequence[Given], now: datetime) -> None:
    """Keep mandates; one that is told again is there already. One statement."""
    if not given:
        return
    ids, payments, payers, providers, refs = map(list, zip(*given, strict=True))
    session.execute(
        text(
            """
            INSERT INTO payment_mandates (id, payment_id, payer, provider, provider_ref, given_at)
            SELECT *, :now FROM unnest(CAST(:ids AS uuid[]), CAST(:payments AS uuid[]), CAST(:payers AS bigint[]),
                CAST(:providers AS text[]), CAST(:refs AS text[]))
            ON CONFLICT (provider, provider_ref) DO NOTHING
            """
        ),
        {"ids": ids, "payments": payments, "payers": payers, "providers": providers, "refs": refs, "now": now},
    )


def of_charges(session: Session, charge_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The mandates that were given with the payments of these charges and stand, by charge."""
    rows = session.execute(
        text(
            "SELECT p.charge_id, m.id FROM payment_mandates m JOIN payments p ON p.id = m.payment_id"
            " WHERE p.charge_id = ANY(:charges) AND m.ended_at IS NULL"
        ),
        {"charges": list(charge_ids)},
    )
    return {row[0]: row[1] for row in rows}


def standing(session: Session, mandate_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Of these mandates, those that have not ended, each with whose it is."""
    rows = session.execute(
        text("SELECT id, payer FROM payment_mandates WHERE id = ANY(:ids) AND ended_at IS NULL"),
        {"ids": list(mandate_ids)},
    )
    return {row.id: row.payer for row in rows}


class Ended(NamedTuple):
    """A mandate that its provider is to end: `amount_minor` is that of the payment that gave it."""

    id: uuid.UUID
    payment_id: uuid.UUID
    amount_minor: int


def end(session: Session, mandate_ids: Collection[uuid.UUID], now: datetime) -> list[Ended]:
    """Nobody is charged by these any more; returns those that stood."""
    rows = session.execute(
        text(
            """
            UPDATE payment_mandates m SET ended_at = :now, asked_at = :now FROM payments p
            WHERE p.id = m.payment_id AND m.id = ANY(:ids) AND m.ended_at IS NULL
            RETURNING m.id, m.payment_id, p.amount_minor
            """
        ),
        {"ids": list(mandate_ids), "now": now},
    )
    return [Ended(*row) for row in rows]


def take_unasked(session: Session, now: datetime, limit: int) -> list[Ended]:
    """Up to `limit` that ended without their providers' knowing, as of who left; from now on these were asked."""
    rows = session.execute(
        text(
            """
            UPDATE payment_mandates m SET asked_at = :now FROM payments p
            WHERE p.id = m.payment_id AND m.id IN (
                SELECT id FROM payment_mandates WHERE ended_at IS NOT NULL AND asked_at IS NULL
                ORDER BY ended_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING m.id, m.payment_id, p.amount_minor
            """
        ),
        {"now": now, "limit": limit},
    )
    return [Ended(*row) for row in rows]
