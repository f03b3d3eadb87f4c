"""Charges: what is paid for a term, once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

# Whoever opens a payment and walks away keeps the price for so long.
OPEN_FOR = timedelta(minutes=30)
_COLUMNS = (
    "id, payer, subscription_id, kind, number, offer_id, term, renews, growth, price_minor, credit_minor,"
    " refunded_minor, currency, status, starts_on"
)


class ChargeRow(NamedTuple):
    """A charge; `starts_on` is the day that its term begins.

    Who pays it agreed by `renews` that the terms after it are charged.
    """

    id: uuid.UUID
    payer: int
    subscription_id: uuid.UUID | None
    kind: str
    number: int
    offer_id: uuid.UUID
    term: str
    renews: bool
    growth: int
    price_minor: int
    credit_minor: int
    refunded_minor: int
    currency: str
    status: str
    starts_on: date

    @property
    def amount_minor(self) -> int:
        """What is paid."""
        return self.price_minor - self.credit_minor


def add_all(session: Session, charges: Sequence[ChargeRow], now: datetime, expires_at: datetime | None) -> None:
    """Open charges. Of a subscription's term that has one that stands, nothing may be charged twice. One statement."""
    if not charges:
        return
    columns = dict(zip(ChargeRow._fields, map(list, zip(*charges, strict=True)), strict=True))
    session.execute(
        text(
            """
            INSERT INTO plan_charges (id, payer, subscription_id, kind, number, offer_id, term, renews, growth,
                price_minor, credit_minor, currency, starts_on, created_at, expires_at)
            SELECT *, :now, :expires_at FROM unnest(CAST(:id AS uuid[]), CAST(:payer AS bigint[]),
                CAST(:subscription_id AS uuid[]), CAST(:kind AS text[]), CAST(:number AS integer[]),
                CAST(:offer_id AS uuid[]), CAST(:term AS text[]), CAST(:renews AS boolean[]), CAST(:growth AS bigint[]),
                CAST(:price_minor AS bigint[]), CAST(:credit_minor AS bigint[]), CAST(:currency AS text[]),
                CAST(:starts_on AS date[]))
            """
        ),
        {**columns, "now": now, "expires_at": expires_at},
    )


def lock_due(session: Session, charge_ids: Collection[uuid.UUID]) -> list[ChargeRow]:
    """Of these charges, those that are to be paid, for this transaction alone to change."""
    return _rows(session, "id = ANY(:ids) AND status = 'due' ORDER BY id FOR NO KEY UPDATE", {"ids": list(charge_ids)})


def named(session: Session, charge_ids: Collection[uuid.UUID]) -> list[ChargeRow]:
    """These charges, whatever became of them."""
    return _rows(session, "id = ANY(:ids) ORDER BY id", {"ids": list(charge_ids)})


def due_of(session: Session, subscription_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, ChargeRow]:
    """The charge that each of these subscriptions is to pay, by subscription."""
    found = _rows(session, "subscription_id = ANY(:ids) AND status = 'due'", {"ids": list(subscription_ids)})
    return {row.subscription_id: row for row in found if row.subscription_id is not None}


def paid_of(session: Session, subscription_id: uuid.UUID) -> list[ChargeRow]:
    """What was paid for this subscription, the newest first."""
    return _rows(
        session,
        "subscription_id = :id AND status = 'paid' ORDER BY number DESC FOR NO KEY UPDATE",
        {"id": subscription_id},
    )


def hold(session: Session, charge_ids: Collection[uuid.UUID]) -> None:
    """Their money is held: they no longer run out of time."""
    session.execute(
        text("UPDATE plan_charges SET expires_at = NULL WHERE id = ANY(:ids) AND status = 'due'"),
        {"ids": list(charge_ids)},
    )


def run_out(session: Session, charge_ids: Collection[uuid.UUID], at: datetime) -> None:
    """Nothing holds their money any more: those that nobody collects run out then."""
    session.execute(
        text(
            "UPDATE plan_charges SET expires_at = :at"
            " WHERE id = ANY(:ids) AND status = 'due' AND kind <> 'renewal' AND expires_at IS NULL"
        ),
        {"ids": list(charge_ids), "at": at},
    )


def pay(session: Session, charge_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Their money was taken."""
    session.execute(
        text("UPDATE plan_charges SET status = 'paid', paid_at = :now, expires_at = NULL WHERE id = ANY(:ids)"),
        {"ids": list(charge_ids), "now": now},
    )


def void_due(session: Session, subscription_ids: Collection[uuid.UUID]) -> None:
    """Nothing is asked for these subscriptions any more; money that comes all the same goes back."""
    session.execute(
        text(
            "UPDATE plan_charges SET status = 'void', expires_at = NULL"
            " WHERE subscription_id = ANY(:ids) AND status = 'due'"
        ),
        {"ids": list(subscription_ids)},
    )


def void(session: Session, charge_ids: Collection[uuid.UUID]) -> None:
    """These no longer stand."""
    session.execute(
        text("UPDATE plan_charges SET status = 'void', expires_at = NULL WHERE id = ANY(:ids) AND status = 'due'"),
        {"ids": list(charge_ids)},
    )


def out_of_time(session: Session, now: datetime, limit: int) -> list[ChargeRow]:
    """Up to `limit` charges that nobody paid in time; unlocked."""
    return _rows(
        session, "status = 'due' AND expires_at <= :now ORDER BY expires_at LIMIT :limit", {"now": now, "limit": limit}
    )


def expire(session: Session, charge_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Void those of these charges that are still out of time."""
    session.execute(
        text(
            "UPDATE plan_charges SET status = 'void', expires_at = NULL"
            " WHERE id = ANY(:ids) AND status = 'due' AND expires_at <= :now"
        ),
        {"ids": list(charge_ids), "now": now},
    )


class RefundRow(NamedTuple):
    """A refund of a charge."""

    id: uuid.UUID
    charge_id: uuid.UUID
    amount_minor: int
    currency: str
    rule: str


def add_refunds(session: Session, refunds: Sequence[RefundRow], now: datetime) -> None:
    """Ask for refunds: what each takes of its charge is not there for another. Two statements."""
    columns = dict(zip(RefundRow._fields, map(list, zip(*refunds, strict=True)), strict=True))
    session.execute(
        text(
            """
            INSERT INTO plan_refunds (id, charge_id, amount_minor, currency, rule, asked_at)
            SELECT *, :now FROM unnest(CAST(:id AS uuid[]), CAST(:charge_id AS uuid[]),
                CAST(:amount_minor AS bigint[]), CAST(:currency AS text[]), CAST(:rule AS text[]))
            """
        ),
        {**columns, "now": now},
    )
    session.execute(
        text(
            """
            UPDATE plan_charges c SET refunded_minor = c.refunded_minor + g.amount_minor
            FROM unnest(CAST(:charge_id AS uuid[]), CAST(:amount_minor AS bigint[])) AS g (charge_id, amount_minor)
            WHERE c.id = g.charge_id
            """
        ),
        {"charge_id": columns["charge_id"], "amount_minor": columns["amount_minor"]},
    )


def end_refunds(session: Session, refund_ids: Collection[uuid.UUID], status: str, now: datetime) -> list[Any]:
    """These refunds were `paid` or `failed`; returns those that were open: payer, id, amount, currency."""
    rows = session.execute(
        text(
            """
            UPDATE plan_refunds r SET status = :status, ended_at = :now FROM plan_charges c
            WHERE c.id = r.charge_id AND r.id = ANY(:ids) AND r.status = 'asked'
            RETURNING c.payer, r.id, r.amount_minor, r.currency
            """
        ),
        {"ids": list(refund_ids), "status": status, "now": now},
    )
    return list(rows)


def reopen_refunds(session: Session, subscription_id: uuid.UUID) -> list[RefundRow]:
    """The refunds of a subscription that the provider refused, now asked for again."""
    rows = session.execute(
        text(
            """
            UPDATE plan_refunds r SET status = 'asked', ended_at = NULL FROM plan_charges c
            WHERE c.id = r.charge_id AND c.subscription_id = :id AND r.status = 'failed'
            RETURNING r.id, r.charge_id, r.amount_minor, r.currency, r.rule
            """
        ),
        {"id": subscription_id},
    )
    return [RefundRow(*row) for row in rows]


def reopen_failed(session: Session, before: datetime, limit: int) -> list[RefundRow]:
    """Up to `limit` refunds that the provider refused before then, whatever they are of, now asked for again."""
    rows = session.execute(
        text(
            """
            UPDATE plan_refunds r SET status = 'asked', ended_at = NULL WHERE id IN (
                SELECT id FROM plan_refunds WHERE status = 'failed' AND ended_at <= :before
                ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING r.id, r.charge_id, r.amount_minor, r.currency, r.rule
            """
        ),
        {"before": before, "limit": limit},
    )
    return [RefundRow(*row) for row in rows]


def refunds_of(session: Session, subscription_ids: Collection[uuid.UUID]) -> list[Any]:
    """Refunds of these subscriptions: subscription_id, amount_minor, currency, rule, status, asked_at."""
    return list(
        session.execute(
            text(
                """
                SELECT c.subscription_id, r.amount_minor, r.currency, r.rule, r.status, r.asked_at
                FROM plan_refunds r JOIN plan_charges c ON c.id = r.charge_id
                WHERE c.subscription_id = ANY(:ids) ORDER BY r.asked_at, c.number DESC
                """
            ),
            {"ids": list(subscription_ids)},
        )
    )


def _rows(session: Session, condition: str, parameters: dict[str, Any]) -> list[ChargeRow]:
    statement = f"SELECT {_COLUMNS} FROM plan_charges WHERE {condition}"  # noqa: S608 - constants
    return [ChargeRow(*row) for row in session.execute(text(statement), parameters)]
