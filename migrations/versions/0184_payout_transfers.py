"""Payouts that a provider pays item by item: the key of each call, written before the first."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0184"
down_revision = "0222"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`due_at` is when a transfer is asked for or looked at next; what has ended is not."""
    op.execute(
        """
        CREATE TABLE payout_transfers (
            request_id uuid CONSTRAINT pk_payout_transfers PRIMARY KEY
                CONSTRAINT fk_payout_transfers_request_id REFERENCES payout_requests (id),
            batch_id   uuid NOT NULL CONSTRAINT fk_payout_transfers_batch_id REFERENCES payout_batches (id),
            key        uuid NOT NULL CONSTRAINT uq_payout_transfers_key UNIQUE,
            status     text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_payout_transfers_status
                CHECK (status IN ('waiting', 'sent', 'unknown', 'paid', 'failed')),
            reference  text,
            last_error text,
            attempts   integer NOT NULL DEFAULT 0,
            asked_at   timestamptz NOT NULL,
            due_at     timestamptz,
            CONSTRAINT ck_payout_transfers_due CHECK ((status IN ('paid', 'failed')) = (due_at IS NULL))
        );
        CREATE INDEX ix_payout_transfers_due_at ON payout_transfers (due_at) WHERE due_at IS NOT NULL;
        CREATE FUNCTION refuse_transfer_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'transfer of %: what was asked for stays, and what has ended', OLD.request_id
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER payout_transfers_stay BEFORE UPDATE ON payout_transfers FOR EACH ROW
        WHEN (
            (OLD.request_id, OLD.batch_id, OLD.key, OLD.asked_at)
            IS DISTINCT FROM (NEW.request_id, NEW.batch_id, NEW.key, NEW.asked_at)
            OR OLD.status IN ('paid', 'failed')
        )
        EXECUTE FUNCTION refuse_transfer_change();
        CREATE TRIGGER payout_transfers_never_removed BEFORE DELETE OR TRUNCATE ON payout_transfers
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON payout_transfers FROM {role}")
