"""Mandates that nobody needs are ended at their provider: a call of the payment that gave it."""

from __future__ import annotations

from alembic import op

revision = "0092"
down_revision = "0095"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`asked_at` is when the provider was asked: those that ended without it are found by the poller."""
    op.execute(
        """
        ALTER TABLE payment_mandates ADD COLUMN IF NOT EXISTS asked_at timestamptz;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX IF NOT EXISTS ix_payment_mandates_unasked ON payment_mandates (ended_at)
            WHERE ended_at IS NOT NULL AND asked_at IS NULL;
        -- Whatever kind a call has, there is none of the new kind yet.
        ALTER TABLE payment_calls
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS ck_payment_calls_kind,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS ck_payment_calls_mandate_id;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE payment_calls ADD CONSTRAINT ck_payment_calls_kind
            CHECK (kind IN ('pay', 'charge', 'capture', 'release', 'refund', 'end_mandate'));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE payment_calls ADD CONSTRAINT ck_payment_calls_mandate_id
            CHECK ((kind IN ('charge', 'end_mandate')) = (mandate_id IS NOT NULL));
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX IF NOT EXISTS uq_payment_calls_mandate_ended ON payment_calls (mandate_id)
            WHERE kind = 'end_mandate'
        """
    )
