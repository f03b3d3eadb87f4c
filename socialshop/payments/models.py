"""Tables of payments."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from socialshop.infra.db import Base


class Payment(Base):
    """The payment of an order, or of a charge: a fee that no order is behind.

    `claimed_minor` counts refunds asked for and paid; `look_at`: when to ask the provider; `capture_before`: until when
    it lets held money be taken; `hand_over`: the sealed secret by which its buyer pays at the provider.
    """

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("order_id"),
        UniqueConstraint("charge_id"),
        UniqueConstraint("provider", "provider_ref"),
        CheckConstraint(
            "(order_id IS NULL) <> (charge_id IS NULL) AND (order_id IS NULL) = (escrow_id IS NULL)", name="about"
        ),
        CheckConstraint("charge_id IS NOT NULL OR NOT keeps_mandate", name="keeps_mandate"),
        CheckConstraint("provider ~ '^[a-z][a-z0-9_]{0,39}$'", name="provider"),
        CheckConstraint("amount_minor BETWEEN 1 AND 1000000000000", name="amount_minor"),
        CheckConstraint(
            "status IN ('created', 'failed', 'authorized', 'released', 'captured', 'refunded')", name="status"
        ),
        CheckConstraint("captured_minor BETWEEN 0 AND amount_minor", name="captured_minor"),
        CheckConstraint("claimed_minor BETWEEN 0 AND captured_minor", name="claimed_minor"),
        CheckConstraint("refunded_minor BETWEEN 0 AND claimed_minor", name="refunded_minor"),
        CheckConstraint("status = 'created' OR provider_ref IS NOT NULL", name="known"),
        CheckConstraint("hand_over IS NULL OR status IN ('created', 'failed')", name="hand_over"),
        CheckConstraint("(status IN ('captured', 'refunded')) = (captured_minor > 0)", name="captured"),
        CheckConstraint(
            "(status = 'refunded') = (captured_minor > 0 AND refunded_minor = captured_minor)", name="refunded"
        ),
        Index("ix_payments_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("orders.id", deferrable=True, initially="DEFERRED"))
    charge_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("plan_charges.id", deferrable=True, initially="DEFERRED")
    )
    payer: Mapped[int] = mapped_column(BigInteger, ForeignKey("members.number"))
    escrow_id: Mapped[uuid.UUID | None]
    keeps_mandate: Mapped[bool] = mapped_column(server_default=text("false"))
    provider: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str | None] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=text("'created'"))
    captured_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    claimed_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    refunded_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    capture_before: Mapped[datetime | None]
    hand_over: Mapped[bytes | None] = mapped_column(LargeBinary)
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(server_default=text("0"))


class PaymentMandate(Base):
    """A member's leave to be charged again, given with a payment; an ended one is never charged.

    `asked_at` is when the provider was asked to end it too.
    """

    __tablename__ = "payment_mandates"
    __table_args__ = (
        UniqueConstraint("provider", "provider_ref"),
        Index("ix_payment_mandates_payer", "payer"),
        Index(
            "ix_payment_mandates_unasked",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL AND asked_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payments.id"))
    payer: Mapped[int] = mapped_column(BigInteger, ForeignKey("members.number"))
    provider: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]


class PaymentTransition(Base):
    """A declared step of a payment's life, for the trigger; the pairs of rules.py."""

    __tablename__ = "payment_transitions"

    before: Mapped[str] = mapped_column(Text, primary_key=True)
    after: Mapped[str] = mapped_column(Text, primary_key=True)


class PaymentCall(Base):
    """A call to the provider: its intent and key before, its outcome after; `due_at` is when the poller drives it."""

    __tablename__ = "payment_calls"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("kind IN ('pay', 'charge', 'capture', 'release', 'refund', 'end_mandate')", name="kind"),
        CheckConstraint("amount_minor >= 1", name="amount_minor"),
        CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL)", name="refund_id"),
        CheckConstraint("(kind = 'pay') = (outcome IS NOT NULL)", name="outcome"),
        CheckConstraint("(kind IN ('charge', 'end_mandate')) = (mandate_id IS NOT NULL)", name="mandate_id"),
        CheckConstraint("status IN ('intended', 'unknown', 'succeeded', 'failed')", name="status"),
        CheckConstraint("(status IN ('succeeded', 'failed')) = (finished_at IS NOT NULL)", name="finished_at"),
        Index("ix_payment_calls_payment_id", "payment_id"),
        Index("ix_payment_calls_due_at", "due_at", postgresql_where=text("status IN ('intended', 'unknown')")),
        Index(
            "uq_payment_calls_paying",
            "payment_id",
            unique=True,
            postgresql_where=text("kind = 'pay' AND status IN ('intended', 'unknown')"),
        ),
        Index(
            "uq_payment_calls_charging",
            "payment_id",
            unique=True,
            postgresql_where=text("kind = 'charge' AND status IN ('intended', 'unknown')"),
        ),
        Index(
            "uq_payment_calls_hold",
            "payment_id",
            unique=True,
            postgresql_where=text("kind IN ('capture', 'release') AND status <> 'failed'"),
        ),
        Index(
            "uq_payment_calls_mandate_ended",
            "mandate_id",
            unique=True,
            postgresql_where=text("kind = 'end_mandate'"),
        ),
        Index("uq_payment_calls_refund", "refund_id", unique=True, postgresql_where=text("status <> 'failed'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payments.id"))
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    refund_id: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    card: Mapped[str | None] = mapped_column(Text)
    mandate_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment_mandates.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=text("'intended'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class PaymentDispute(Base):
    """Money that a buyer's bank took back, until it is decided: won or lost, once.

    An answer is due until `due_at`, where the provider says; `heard_at` is when the shop first heard of it.
    """

    __tablename__ = "payment_disputes"
    __table_args__ = (
        UniqueConstraint("provider", "provider_ref"),
        CheckConstraint("amount_minor BETWEEN 1 AND 1000000000000", name="amount_minor"),
        CheckConstraint("status IN ('open', 'won', 'lost')", name="status"),
        CheckConstraint("(status = 'open') = (closed_at IS NULL)", name="closed_at"),
        Index("ix_payment_disputes_payment_id", "payment_id"),
        Index("ix_payment_disputes_open", "due_at", "id", postgresql_where=text("status = 'open'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payments.id"))
    provider: Mapped[str] = mapped_column(Text)
    provider_ref: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=text("'open'"))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    heard_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class PaymentDisputeNote(Base):
    """What somebody of the shop noted of a dispute: what evidence there is, what was sent; only added to."""

    __tablename__ = "payment_dispute_notes"
    __table_args__ = (
        CheckConstraint("note <> ''", name="note"),
        Index("ix_payment_dispute_notes_dispute_id", "dispute_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    dispute_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment_disputes.id"))
    noted_by: Mapped[uuid.UUID]
    noted_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)


class PaymentNotice(Base):
    """A verified webhook, stored once; it says that something happened, never what is believed."""

    __tablename__ = "payment_notices"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        CheckConstraint(
            "outcome IN ('applied', 'ignored') AND applied_at IS NOT NULL OR outcome IS NULL AND applied_at IS NULL",
            name="outcome",
        ),
        Index("ix_payment_notices_due_at", "due_at", postgresql_where=text("applied_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(Text)
    ref: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    applied_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)


class ProviderMovement(Base):
    """Money that moved at a provider, as its own records have it; `fee_posted`: its fee stands in the books."""

    __tablename__ = "provider_movements"
    __table_args__ = (
        CheckConstraint("kind IN ('captured', 'refunded', 'disputed', 'dispute_won')", name="kind"),
        Index("ix_provider_movements_moved_at", "provider", "moved_at"),
        Index("ix_provider_movements_payment_ref", "provider", "payment_ref"),
        Index("ix_provider_movements_item", "provider", "item", postgresql_where=text("item IS NOT NULL")),
        Index("ix_provider_movements_fees", "provider", postgresql_where=text("fee_minor <> 0 AND NOT fee_posted")),
    )

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    ref: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    payment_ref: Mapped[str] = mapped_column(Text)
    item: Mapped[str | None] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    fee_currency: Mapped[str] = mapped_column(Text)
    fee_posted: Mapped[bool] = mapped_column(server_default=text("false"))
    moved_at: Mapped[datetime]
    heard_at: Mapped[datetime]


class ProviderSweep(Base):
    """Until when a provider's records have been read for what no notice told of."""

    __tablename__ = "provider_sweeps"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    swept_until: Mapped[datetime]


class Reconciliation(Base):
    """A provider's day (UTC) held against the books; `due_at` is when it is tried next, until `done_at`."""

    __tablename__ = "reconciliations"
    __table_args__ = (
        Index("ix_reconciliations_due_at", "due_at", postgresql_where=text("done_at IS NULL")),
        Index("ix_reconciliations_day", "day"),
    )

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    done_at: Mapped[datetime | None]
    compared: Mapped[int] = mapped_column(server_default=text("0"))
    differences: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None] = mapped_column(Text)


class ReconciliationCase(Base):
    """Something that provider and books do not agree about; `item` is the movement, or the entry's reference."""

    __tablename__ = "reconciliation_cases"
    __table_args__ = (
        UniqueConstraint("provider", "kind", "item"),
        CheckConstraint("kind IN ('missing_here', 'missing_there', 'amount_differs')", name="kind"),
        CheckConstraint("state IN ('open', 'healed', 'decided')", name="state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at"),
        CheckConstraint(
            "(state = 'decided') = (decided_by IS NOT NULL AND reason IS NOT NULL AND reason <> '')", name="decided"
        ),
        Index("ix_reconciliation_cases_open", "provider", "id", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    item: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    about: Mapped[str] = mapped_column(Text)
    theirs_minor: Mapped[int | None] = mapped_column(BigInteger)
    ours_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default=text("'open'"))
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None]
    reason: Mapped[str | None] = mapped_column(Text)
