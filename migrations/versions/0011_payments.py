"""Payments, the calls made about them, and the notices that their providers sent."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _payments()
    _transitions()
    _calls()
    _notices()


def _payments() -> None:
    # The order may be written after its payment in the same transaction, so its key is looked up at the commit.
    # `claimed_minor` counts refunds asked for and paid: no more is ever asked for than was captured.
    op.execute(
        """
        CREATE TABLE payments (
            id             uuid CONSTRAINT pk_payments PRIMARY KEY,
            order_id       uuid NOT NULL CONSTRAINT uq_payments_order_id UNIQUE
                CONSTRAINT fk_payments_order_id REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
            payer          bigint NOT NULL CONSTRAINT fk_payments_payer REFERENCES members (number),
            escrow_id      uuid NOT NULL,
            provider       text NOT NULL CONSTRAINT ck_payments_provider CHECK (provider ~ '^[a-z][a-z0-9_]{0,39}$'),
            provider_ref   text,
            amount_minor   bigint NOT NULL
                CONSTRAINT ck_payments_amount_minor CHECK (amount_minor BETWEEN 1 AND 1000000000000),
            currency       text NOT NULL,
            status         text NOT NULL DEFAULT 'created' CONSTRAINT ck_payments_status CHECK
                (status IN ('created', 'failed', 'authorized', 'released', 'captured', 'refunded')),
            captured_minor bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_payments_captured_minor CHECK (captured_minor BETWEEN 0 AND amount_minor),
            claimed_minor  bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_payments_claimed_minor CHECK (claimed_minor BETWEEN 0 AND captured_minor),
            refunded_minor bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_payments_refunded_minor CHECK (refunded_minor BETWEEN 0 AND claimed_minor),
            created_at     timestamptz NOT NULL,
            changed_at     timestamptz NOT NULL,
            look_at        timestamptz,
            looks          integer NOT NULL DEFAULT 0,
            CONSTRAINT uq_payments_provider_provider_ref UNIQUE (provider, provider_ref),
            CONSTRAINT ck_payments_known CHECK (status = 'created' OR provider_ref IS NOT NULL),
            CONSTRAINT ck_payments_captured CHECK ((status IN ('captured', 'refunded')) = (captured_minor > 0)),
            CONSTRAINT ck_payments_refunded CHECK
                ((status = 'refunded') = (captured_minor > 0 AND refunded_minor = captured_minor))
        ) WITH (fillfactor = 70);
        CREATE INDEX ix_payments_look_at ON payments (look_at) WHERE look_at IS NOT NULL;
        """
    )


def _transitions() -> None:
    """The pairs of payments/rules.py; what was agreed at the creation stays, and money never flows backwards."""
    op.execute(
        """
        CREATE TABLE payment_transitions (
            before text NOT NULL,
            after  text NOT NULL,
            CONSTRAINT pk_payment_transitions PRIMARY KEY (before, after)
        );
        INSERT INTO payment_transitions (before, after) VALUES
            ('created', 'authorized'), ('created', 'failed'), ('created', 'released'),
            ('failed', 'authorized'), ('failed', 'released'),
            ('authorized', 'captured'), ('authorized', 'released'),
            ('captured', 'refunded');

        CREATE FUNCTION payments_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.status <> OLD.status AND NOT EXISTS (
                SELECT FROM payment_transitions WHERE before = OLD.status AND after = NEW.status
            ) THEN
                RAISE EXCEPTION 'payment %: % does not become %', OLD.id, OLD.status, NEW.status
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF (NEW.id, NEW.order_id, NEW.payer, NEW.escrow_id, NEW.provider, NEW.amount_minor, NEW.currency)
                IS DISTINCT FROM
               (OLD.id, OLD.order_id, OLD.payer, OLD.escrow_id, OLD.provider, OLD.amount_minor, OLD.currency)
               OR NEW.provider_ref IS DISTINCT FROM coalesce(OLD.provider_ref, NEW.provider_ref)
               OR NEW.captured_minor < OLD.captured_minor OR NEW.refunded_minor < OLD.refunded_minor THEN
                RAISE EXCEPTION 'payment %: what was agreed or has flowed is not changed', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payments_check_change BEFORE UPDATE ON payments
            FOR EACH ROW EXECUTE FUNCTION payments_check_change();
        """
    )


def _calls() -> None:
    """A call is at first `intended`; its outcome is told once. One hold is captured or released, never both."""
    op.execute(
        """
        CREATE TABLE payment_calls (
            id            uuid CONSTRAINT pk_payment_calls PRIMARY KEY,
            payment_id    uuid NOT NULL CONSTRAINT fk_payment_calls_payment_id REFERENCES payments (id),
            kind          text NOT NULL
                CONSTRAINT ck_payment_calls_kind CHECK (kind IN ('pay', 'capture', 'release', 'refund')),
            key           text NOT NULL CONSTRAINT uq_payment_calls_key UNIQUE,
            amount_minor  bigint NOT NULL CONSTRAINT ck_payment_calls_amount_minor CHECK (amount_minor >= 1),
            refund_id     uuid
                CONSTRAINT ck_payment_calls_refund_id CHECK ((kind = 'refund') = (refund_id IS NOT NULL)),
            outcome       text CONSTRAINT ck_payment_calls_outcome CHECK ((kind = 'pay') = (outcome IS NOT NULL)),
            reason        text,
            status        text NOT NULL DEFAULT 'intended' CONSTRAINT ck_payment_calls_status CHECK
                (status IN ('intended', 'unknown', 'succeeded', 'failed')),
            attempts      integer NOT NULL DEFAULT 0,
            created_at    timestamptz NOT NULL,
            due_at        timestamptz NOT NULL,
            claimed_until timestamptz,
            finished_at   timestamptz
                CONSTRAINT ck_payment_calls_finished_at CHECK
                ((status IN ('succeeded', 'failed')) = (finished_at IS NOT NULL)),
            last_error    text
        ) WITH (fillfactor = 70);
        CREATE INDEX ix_payment_calls_payment_id ON payment_calls (payment_id);
        CREATE INDEX ix_payment_calls_due_at ON payment_calls (due_at) WHERE status IN ('intended', 'unknown');
        CREATE UNIQUE INDEX uq_payment_calls_paying ON payment_calls (payment_id)
            WHERE kind = 'pay' AND status IN ('intended', 'unknown');
        CREATE UNIQUE INDEX uq_payment_calls_hold ON payment_calls (payment_id)
            WHERE kind IN ('capture', 'release') AND status <> 'failed';
        CREATE UNIQUE INDEX uq_payment_calls_refund ON payment_calls (refund_id) WHERE status <> 'failed';

        CREATE FUNCTION payment_calls_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.status IN ('succeeded', 'failed') OR NEW.status = 'intended' AND OLD.status <> 'intended'
               OR (NEW.payment_id, NEW.kind, NEW.key, NEW.amount_minor, NEW.refund_id, NEW.outcome)
                IS DISTINCT FROM
                  (OLD.payment_id, OLD.kind, OLD.key, OLD.amount_minor, OLD.refund_id, OLD.outcome) THEN
                RAISE EXCEPTION 'payment call %: its intent and its outcome stand', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payment_calls_check_change BEFORE UPDATE ON payment_calls
            FOR EACH ROW EXECUTE FUNCTION payment_calls_check_change();
        """
    )


def _notices() -> None:
    op.execute(
        """
        CREATE TABLE payment_notices (
            id          uuid CONSTRAINT pk_payment_notices PRIMARY KEY,
            provider    text NOT NULL,
            event_id    text NOT NULL,
            ref         text NOT NULL,
            kind        text NOT NULL,
            received_at timestamptz NOT NULL,
            due_at      timestamptz NOT NULL,
            attempts    integer NOT NULL DEFAULT 0,
            applied_at  timestamptz,
            outcome     text CONSTRAINT ck_payment_notices_outcome CHECK (
                outcome IN ('applied', 'ignored') AND applied_at IS NOT NULL
                OR outcome IS NULL AND applied_at IS NULL),
            CONSTRAINT uq_payment_notices_provider_event_id UNIQUE (provider, event_id)
        );
        CREATE INDEX ix_payment_notices_due_at ON payment_notices (due_at) WHERE applied_at IS NULL;
        """
    )
