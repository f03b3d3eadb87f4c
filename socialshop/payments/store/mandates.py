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


def end(session: Session, mandate_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Nobody is charged by these any more."""
    session.execute(
        text("UPDATE payment_mandates SET ended_at = :now WHERE id = ANY(:ids) AND ended_at IS NULL"),
        {"ids": list(mandate_ids), "now": now},
    )
