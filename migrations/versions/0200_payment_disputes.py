"""Disputes of payments: what a buyer's bank takes back, until it is decided; and what a sandbox buyer pays with."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0200"
down_revision = "0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A dispute is opened, then won or lost, once; what it is about stays. What people note of it is only added to."""
    op.execute(
        """
        CREATE TABLE payment_disputes (
            id           uuid CONSTRAINT pk_payment_disputes PRIMARY KEY,
            payment_id   uuid NOT NULL CONSTRAINT fk_payment_disputes_payment_id REFERENCES payments (id),
            provider     text NOT NULL,
            provider_ref text NOT NULL,
            amount_minor bigint NOT NULL
                CONSTRAINT ck_payment_disputes_amount_minor CHECK (amount_minor BETWEEN 1 AND 1000000000000),
            currency     text NOT NULL,
            reason       text NOT NULL,
            status       text NOT NULL DEFAULT 'open'
                CONSTRAINT ck_payment_disputes_status CHECK (status IN ('open', 'won', 'lost')),
            opened_at    timestamptz NOT NULL,
            due_at       timestamptz,
            heard_at     timestamptz NOT NULL,
            closed_at    timestamptz,
            CONSTRAINT uq_payment_disputes_provider_provider_ref UNIQUE (provider, provider_ref),
            CONSTRAINT ck_payment_disputes_closed_at CHECK ((status = 'open') = (closed_at IS NULL))
        );
        CREATE INDEX ix_payment_disputes_payment_id ON payment_disputes (payment_id);
        CREATE INDEX ix_payment_disputes_open ON payment_disputes (due_at, id) WHERE status = 'open';
        CREATE FUNCTION payment_disputes_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status <> 'open'
               OR (NEW.id, NEW.payment_id, NEW.provider, NEW.provider_ref, NEW.amount_minor, NEW.currency,
                   NEW.opened_at, NEW.heard_at)
                IS DISTINCT FROM
                  (OLD.id, OLD.payment_id, OLD.provider, OLD.provider_ref, OLD.amount_minor, OLD.currency,
                   OLD.opened_at, OLD.heard_at) THEN
                RAISE EXCEPTION 'dispute %: what it is about and how it ended stand', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payment_disputes_check_change BEFORE UPDATE ON payment_disputes
            FOR EACH ROW EXECUTE FUNCTION payment_disputes_check_change();
        CREATE TRIGGER payment_disputes_never_removed BEFORE DELETE OR TRUNCATE ON payment_disputes
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TABLE payment_dispute_notes (
            id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_payment_dispute_notes PRIMARY KEY,
            dispute_id uuid NOT NULL
                CONSTRAINT fk_payment_dispute_notes_dispute_id REFERENCES payment_disputes (id),
            noted_by   uuid NOT NULL,
            noted_at   timestamptz NOT NULL,
            note       text NOT NULL CONSTRAINT ck_payment_dispute_notes_note CHECK (note <> '')
        );
        CREATE INDEX ix_payment_dispute_notes_dispute_id ON payment_dispute_notes (dispute_id);
        ALTER TABLE payment_calls ADD COLUMN IF NOT EXISTS card text
        """
    )
    append_only("payment_dispute_notes")
    for_application_role("REVOKE DELETE, TRUNCATE ON payment_disputes FROM {role}")
