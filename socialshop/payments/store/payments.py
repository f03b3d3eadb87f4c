"""Statements on payments themselves."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import Statement
from socialshop.payments.rules import Status

_COLUMNS = (
    "id, coalesce(order_id, charge_id), charge_id IS NOT NULL, payer, escrow_id, provider, provider_ref, amount_minor,"
    " currency, status, captured_minor, refunded_minor, keeps_mandate, capture_before, hand_over"
)


# What the secrets by which buyers pay are sealed for.
HAND_OVER = "payments hand-over"


class PaymentRow(NamedTuple):
    """What is known of a payment: `about` is the order that it pays, or the charge, which has no escrow."""

    id: uuid.UUID
    about: uuid.UUID
    is_charge: bool
    payer: int
    escrow_id: uuid.UUID | None
    provider: str
    provider_ref: str | None
    amount_minor: int
    currency: str
    status: Status
    captured_minor: int
    refunded_minor: int
    keeps_mandate: bool
    capture_before: datetime | None = None
    hand_over: bytes | None = None


def add(session: Session, row: PaymentRow, at: datetime) -> bool:
    """Insert the payment of an order as it is at first; False if the order has one."""
    return _ADD.row(session, {**row._asdict(), "at": at}) is not None


_ADD = Statement(
    """
    INSERT INTO payments (id, order_id, payer, escrow_id, provider, amount_minor, currency, created_at, changed_at)
    VALUES (:id, :about, :payer, :escrow_id, :provider, :amount_minor, :currency, :at, :at)
    ON CONFLICT (order_id) DO NOTHING RETURNING id
    """
)


def add_charges(session: Session, rows: Collection[PaymentRow], at: datetime) -> None:
    """Insert the payments of charges as they are at first; a charge that has one keeps it. One statement."""
    if not rows:
        return
    names = ("id", "about", "payer", "provider", "amount_minor", "currency", "keeps_mandate")
    session.execute(
        text(
            """
            INSERT INTO payments (id, charge_id, payer, provider, amount_minor, currency, keeps_mandate, created_at,
                changed_at)
            SELECT *, :at, :at FROM unnest(CAST(:id AS uuid[]), CAST(:about AS uuid[]), CAST(:payer AS bigint[]),
                CAST(:provider AS text[]), CAST(:amount_minor AS bigint[]), CAST(:currency AS text[]),
                CAST(:keeps_mandate AS boolean[]))
            ON CONFLICT (charge_id) DO NOTHING
            """
        ),
        {**{name: [getattr(row, name) for row in rows] for name in names}, "at": at},
    )


def provider_refs(session: Session, payment_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Provider and its reference of those of these payments that their provider has heard of; unlocked."""
    rows = session.execute(
        text("SELECT id, provider, provider_ref FROM payments WHERE id = ANY(:ids) AND provider_ref IS NOT NULL"),
        {"ids": list(payment_ids)},
    )
    return {row.id: (row.provider, row.provider_ref) for row in rows}


def lock(session: Session, payment_id: uuid.UUID) -> PaymentRow | None:
    """The payment, for this transaction alone to change. Keys that refer to it may be written meanwhile."""
    return _one(session, "id = :id FOR NO KEY UPDATE", {"id": payment_id})


def lock_all(session: Session, payment_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, PaymentRow]:
    """These payments by id, locked as `lock` does, in the order of their ids."""
    rows = session.execute(
        text(f"SELECT {_COLUMNS} FROM payments WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),  # noqa: S608
        {"ids": list(payment_ids)},
    )
    return {row.id: _row(*row) for row in rows}


def of_orders(session: Session, order_ids: Collection[uuid.UUID]) -> list[PaymentRow]:
    """The payments of these orders."""
    rows = session.execute(
        text(f"SELECT {_COLUMNS} FROM payments WHERE order_id = ANY(:orders)"),  # noqa: S608  (a constant)
        {"orders": list(order_ids)},
    )
    return [_row(*row) for row in rows]


def of_charges(session: Session, charge_ids: Collection[uuid.UUID]) -> list[PaymentRow]:
    """The payments of these charges."""
    rows = session.execute(
        text(f"SELECT {_COLUMNS} FROM payments WHERE charge_id = ANY(:charges)"),  # noqa: S608  (a constant)
        {"charges": list(charge_ids)},
    )
    return [_row(*row) for row in rows]


def standing_holds(session: Session, payment_ids: Collection[uuid.UUID]) -> list[tuple[uuid.UUID, int]]:
    """Of these payments, those whose money is held and not taken, with their amounts; in id order."""
    rows = session.execute(
        text("SELECT id, amount_minor FROM payments WHERE id = ANY(:ids) AND status = 'authorized' ORDER BY id"),
        {"ids": list(payment_ids)},
    )
    return [(row.id, row.amount_minor) for row in rows]


def move(session: Session, row: PaymentRow, look_at: datetime | None, at: datetime, done_key: str | None) -> None:
    """Write what changes in a payment's life; the trigger refuses a step that is not declared.

    The call under `done_key`, which brought the change about, is done in the same statement.
    """
    session.execute(
        text(
            """
            WITH done AS (
                UPDATE payment_calls SET status = 'succeeded', finished_at = :at, last_error = NULL,
                    claimed_until = NULL
                WHERE key = :done_key AND status IN ('intended', 'unknown')
            )
            UPDATE payments SET provider_ref = :provider_ref, status = :status, captured_minor = :captured_minor,
                refunded_minor = :refunded_minor, capture_before = :capture_before, hand_over = :hand_over,
                changed_at = :at, look_at = :look_at, looks = 0
            WHERE id = :id
            """
        ),
        {**row._asdict(), "look_at": look_at, "at": at, "done_key": done_key},
    )


def move_hold(session: Session, payment_id: uuid.UUID, escrow_id: uuid.UUID) -> bool:
    """Have held money, once it is taken, wait in another escrow; False if it is not held any more, or being moved."""
    found = session.execute(
        text(
            """
            UPDATE payments p SET escrow_id = :escrow_id WHERE id = :id AND status = 'authorized' AND NOT EXISTS (
                SELECT FROM payment_calls c WHERE c.payment_id = p.id AND c.kind IN ('capture', 'release')
                    AND c.status <> 'failed')
            RETURNING id
            """
        ),
        {"id": payment_id, "escrow_id": escrow_id},
    )
    return found.one_or_none() is not None


def claim_refund(session: Session, payment_id: uuid.UUID, amount_minor: int) -> bool:
    """Set `amount_minor` of what was captured aside for a refund; False if that much is not left."""
    statement = """
        UPDATE payments SET claimed_minor = claimed_minor + :amount
        WHERE id = :id AND claimed_minor + :amount <= captured_minor RETURNING id
    """
    found = session.execute(text(statement), {"id": payment_id, "amount": amount_minor})
    return found.one_or_none() is not None


def unclaim_refund(session: Session, payment_id: uuid.UUID, amount_minor: int) -> None:
    """A refund came to nothing: its amount may be asked for again."""
    session.execute(
        text("UPDATE payments SET claimed_minor = claimed_minor - :amount WHERE id = :id"),
        {"id": payment_id, "amount": amount_minor},
    )


def take_due_looks(session: Session, now: datetime, limit: int) -> list[uuid.UUID]:
    """Up to `limit` payments to ask their provider about, each put off for the next time: 10 s, 20 s, … 10 minutes.

    So what a lost notice told of is known within 15 minutes. After two days nobody waits for it: then every hour.
    """
    rows = session.execute(
        text(
            """
            UPDATE payments SET looks = looks + 1,
                look_at = :now + least(
                    CASE WHEN changed_at > :now - interval '2 days' OR status = 'captured' THEN interval '10 minutes'
                        ELSE interval '1 hour' END,
                    interval '10 seconds' * power(2, least(looks, 20)))
            WHERE id IN (
                SELECT id FROM payments WHERE look_at <= :now ORDER BY look_at LIMIT :limit
                FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING id
            """
        ),
        {"now": now, "limit": limit},
    )
    return list(rows.scalars())


def _one(session: Session, condition: str, parameters: dict[str, object]) -> PaymentRow | None:
    statement = f"SELECT {_COLUMNS} FROM payments WHERE {condition}"  # noqa: S608  (constants above)
    row = session.execute(text(statement), parameters).one_or_none()
    return _row(*row) if row else None


def _row(*values: object) -> PaymentRow:
    row = PaymentRow(*values)  # type: ignore[arg-type]
    return row._replace(status=Status(row.status))
