"""Paid memberships: offers as versioned data, subscriptions, the charges that pay terms, what is earned by day."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0034"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _offers()
    _subscriptions()
    _charges()
    _terms()
    _refunds()
    _payments()
    for table in ("plan_offers", "plan_versions", "plan_trials"):
        append_only(table)
    for table in ("plan_subscriptions", "plan_charges", "plan_terms", "plan_refunds", "payment_mandates"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")


def _offers() -> None:
    """An offer is never edited: a draft is one that no version names."""
    op.execute(
        """
        CREATE TABLE plan_offers (
            id         uuid CONSTRAINT pk_plan_offers PRIMARY KEY,
            plan       text NOT NULL CONSTRAINT ck_plan_offers_plan CHECK (plan ~ '^[a-z][a-z0-9_]{0,39}$'),
            document   jsonb NOT NULL CONSTRAINT ck_plan_offers_document CHECK (jsonb_typeof(document) = 'object'),
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL
        );
        CREATE TABLE plan_versions (
            plan         text NOT NULL,
            number       integer NOT NULL CONSTRAINT ck_plan_versions_number CHECK (number >= 1),
            offer_id     uuid NOT NULL CONSTRAINT uq_plan_versions_offer_id UNIQUE
                CONSTRAINT fk_plan_versions_offer_id REFERENCES plan_offers (id),
            effective_at timestamptz NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT pk_plan_versions PRIMARY KEY (plan, number),
            CONSTRAINT uq_plan_versions_effective_at UNIQUE (plan, effective_at)
        )
        """
    )


def _subscriptions() -> None:
    """`anchor_on` and the months paid through say when the term ends; `announced_at`: when the member heard what then.

    Whoever has one that lives has no other. A trial is had once.
    """
    op.execute(
        """
        CREATE TABLE plan_subscriptions (
            id               uuid CONSTRAINT pk_plan_subscriptions PRIMARY KEY,
            member           bigint NOT NULL CONSTRAINT fk_plan_subscriptions_member REFERENCES members (number),
            offer_id         uuid NOT NULL CONSTRAINT fk_plan_subscriptions_offer_id REFERENCES plan_offers (id),
            term             text NOT NULL CONSTRAINT ck_plan_subscriptions_term
                CHECK (term IN ('month', 'quarter', 'year')),
            status           text NOT NULL CONSTRAINT ck_plan_subscriptions_status
                CHECK (status IN ('pending', 'active', 'grace', 'ended', 'abandoned')),
            renews           boolean NOT NULL,
            mandate_id       uuid,
            number           integer NOT NULL DEFAULT 0,
            anchor_on        date,
            months_through   integer NOT NULL DEFAULT 0,
            ends_on          date,
            ends_at          timestamptz,
            announced_at     timestamptz,
            next_price_minor bigint CONSTRAINT ck_plan_subscriptions_next_price_minor CHECK (next_price_minor >= 1),
            next_growth      bigint,
            charge_at        timestamptz,
            attempts         integer NOT NULL DEFAULT 0,
            retry_at         timestamptz,
            grace_until      timestamptz,
            created_at       timestamptz NOT NULL,
            ended_at         timestamptz,
            ended_because    text CONSTRAINT ck_plan_subscriptions_ended_because
                CHECK (ended_because IN ('over', 'unpaid', 'cancelled', 'refunded', 'left')),
            CONSTRAINT ck_plan_subscriptions_begun CHECK ((number = 0) = (ends_at IS NULL)),
            CONSTRAINT ck_plan_subscriptions_ends CHECK ((ends_on IS NULL) = (ends_at IS NULL)),
            CONSTRAINT ck_plan_subscriptions_lives CHECK (status NOT IN ('active', 'grace') OR ends_at IS NOT NULL),
            CONSTRAINT ck_plan_subscriptions_grace CHECK ((status = 'grace') = (grace_until IS NOT NULL)),
            CONSTRAINT ck_plan_subscriptions_ended CHECK
                ((status = 'ended') = (ended_because IS NOT NULL) AND (status = 'ended') = (ended_at IS NOT NULL))
        ) WITH (fillfactor = 80);
        CREATE UNIQUE INDEX uq_plan_subscriptions_live ON plan_subscriptions (member)
            WHERE status IN ('pending', 'active', 'grace');
        CREATE INDEX ix_plan_subscriptions_member ON plan_subscriptions (member, id);
        CREATE INDEX ix_plan_subscriptions_ends_at ON plan_subscriptions (ends_at) WHERE status IN ('active', 'grace');
        CREATE TABLE plan_trials (
            member          bigint CONSTRAINT pk_plan_trials PRIMARY KEY
                CONSTRAINT fk_plan_trials_member REFERENCES members (number),
            subscription_id uuid NOT NULL CONSTRAINT fk_plan_trials_subscription_id REFERENCES plan_subscriptions (id),
            began_on        date NOT NULL
        )
        """
    )


def _charges() -> None:
    """What is paid once: `credit_minor` of the price comes from the unused days of the term before."""
    op.execute(
        """
        CREATE TABLE plan_charges (
            id              uuid CONSTRAINT pk_plan_charges PRIMARY KEY,
            payer           bigint NOT NULL CONSTRAINT fk_plan_charges_payer REFERENCES members (number),
            subscription_id uuid CONSTRAINT fk_plan_charges_subscription_id REFERENCES plan_subscriptions (id),
            kind            text NOT NULL CONSTRAINT ck_plan_charges_kind
                CHECK (kind IN ('start', 'renewal', 'upgrade', 'gift')),
            number          integer NOT NULL CONSTRAINT ck_plan_charges_number CHECK (number >= 1),
            offer_id        uuid NOT NULL CONSTRAINT fk_plan_charges_offer_id REFERENCES plan_offers (id),
            term            text NOT NULL CONSTRAINT ck_plan_charges_term CHECK (term IN ('month', 'quarter', 'year')),
            renews          boolean NOT NULL,
            growth          bigint NOT NULL,
            price_minor     bigint NOT NULL CONSTRAINT ck_plan_charges_price_minor CHECK (price_minor >= 1),
            credit_minor    bigint NOT NULL DEFAULT 0 CONSTRAINT ck_plan_charges_credit_minor
                CHECK (credit_minor >= 0 AND credit_minor < price_minor),
            refunded_minor  bigint NOT NULL DEFAULT 0 CONSTRAINT ck_plan_charges_refunded_minor
                CHECK (refunded_minor BETWEEN 0 AND price_minor - credit_minor),
            currency        text NOT NULL,
            status          text NOT NULL DEFAULT 'due'
                CONSTRAINT ck_plan_charges_status CHECK (status IN ('due', 'paid', 'void')),
            starts_on       date NOT NULL,
            expires_at      timestamptz,
            created_at      timestamptz NOT NULL,
            paid_at         timestamptz,
            CONSTRAINT ck_plan_charges_paid CHECK ((status = 'paid') = (paid_at IS NOT NULL)),
            CONSTRAINT ck_plan_charges_subscription CHECK (kind = 'gift' OR subscription_id IS NOT NULL)
        );
        CREATE UNIQUE INDEX uq_plan_charges_number ON plan_charges (subscription_id, number) WHERE status <> 'void';
        CREATE INDEX ix_plan_charges_payer ON plan_charges (payer, id);
        CREATE INDEX ix_plan_charges_subscription_id ON plan_charges (subscription_id);
        CREATE INDEX ix_plan_charges_expires_at ON plan_charges (expires_at)
            WHERE status = 'due' AND expires_at IS NOT NULL;
        """
    )


def _terms() -> None:
    """A term's price is earned day by day: `recognised_on` is the first day that is not, `kept_minor` what of a term
    that was cut short stays earned."""
    op.execute(
        """
        CREATE TABLE plan_terms (
            id               uuid CONSTRAINT pk_plan_terms PRIMARY KEY,
            subscription_id  uuid NOT NULL
                CONSTRAINT fk_plan_terms_subscription_id REFERENCES plan_subscriptions (id),
            number           integer NOT NULL,
            kind             text NOT NULL CONSTRAINT ck_plan_terms_kind CHECK (kind IN ('trial', 'paid')),
            charge_id        uuid CONSTRAINT uq_plan_terms_charge_id UNIQUE
                CONSTRAINT fk_plan_terms_charge_id REFERENCES plan_charges (id),
            offer_id         uuid NOT NULL CONSTRAINT fk_plan_terms_offer_id REFERENCES plan_offers (id),
            starts_on        date NOT NULL,
            ends_on          date NOT NULL,
            price_minor      bigint NOT NULL CONSTRAINT ck_plan_terms_price_minor CHECK (price_minor >= 0),
            currency         text NOT NULL,
            recognised_on    date NOT NULL,
            recognised_minor bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_plan_terms_recognised_minor CHECK (recognised_minor BETWEEN 0 AND price_minor),
            closed_at        timestamptz,
            CONSTRAINT uq_plan_terms_number UNIQUE (subscription_id, number),
            CONSTRAINT ck_plan_terms_days CHECK (starts_on < ends_on),
            CONSTRAINT ck_plan_terms_paid CHECK ((kind = 'paid') = (charge_id IS NOT NULL)),
            CONSTRAINT ck_plan_terms_trial CHECK ((kind = 'trial') = (price_minor = 0)),
            CONSTRAINT ck_plan_terms_recognised_on CHECK (recognised_on BETWEEN starts_on AND ends_on)
        ) WITH (fillfactor = 80);
        CREATE INDEX ix_plan_terms_recognised_on ON plan_terms (recognised_on)
            WHERE kind = 'paid' AND closed_at IS NULL AND recognised_on < ends_on
        """
    )


def _refunds() -> None:
    """One of a charge; its id is the payments' name of it. `rule` says why so much."""
    op.execute(
        """
        CREATE TABLE plan_refunds (
            id           uuid CONSTRAINT pk_plan_refunds PRIMARY KEY,
            charge_id    uuid NOT NULL CONSTRAINT fk_plan_refunds_charge_id REFERENCES plan_charges (id),
            amount_minor bigint NOT NULL CONSTRAINT ck_plan_refunds_amount_minor CHECK (amount_minor >= 1),
            currency     text NOT NULL,
            rule         text NOT NULL CONSTRAINT ck_plan_refunds_rule CHECK (rule IN ('whole', 'prorated', 'late')),
            status       text NOT NULL DEFAULT 'asked'
                CONSTRAINT ck_plan_refunds_status CHECK (status IN ('asked', 'paid', 'failed')),
            asked_at     timestamptz NOT NULL,
            ended_at     timestamptz,
            CONSTRAINT ck_plan_refunds_ended CHECK ((status = 'asked') = (ended_at IS NULL))
        );
        CREATE INDEX ix_plan_refunds_charge_id ON plan_refunds (charge_id)
        """
    )


def _payments() -> None:
    """A payment is an order's, or a charge's. A mandate is a member's leave to be charged again."""
    op.execute(
        """
        -- squawk-ignore ban-drop-not-null
        ALTER TABLE payments ALTER COLUMN order_id DROP NOT NULL;
        -- squawk-ignore ban-drop-not-null
        ALTER TABLE payments ALTER COLUMN escrow_id DROP NOT NULL;
        ALTER TABLE payments ADD COLUMN charge_id uuid, ADD COLUMN keeps_mandate boolean NOT NULL DEFAULT false;
        -- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
        ALTER TABLE payments ADD CONSTRAINT fk_payments_charge_id FOREIGN KEY (charge_id)
            REFERENCES plan_charges (id) DEFERRABLE INITIALLY DEFERRED;
        -- squawk-ignore constraint-missing-not-valid, disallowed-unique-constraint
        ALTER TABLE payments ADD CONSTRAINT uq_payments_charge_id UNIQUE (charge_id);
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE payments ADD CONSTRAINT ck_payments_about CHECK
            ((order_id IS NULL) <> (charge_id IS NULL) AND (order_id IS NULL) = (escrow_id IS NULL));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE payments ADD CONSTRAINT ck_payments_keeps_mandate
            CHECK (charge_id IS NOT NULL OR NOT keeps_mandate);

        CREATE TABLE payment_mandates (
            id           uuid CONSTRAINT pk_payment_mandates PRIMARY KEY,
            payment_id   uuid NOT NULL CONSTRAINT fk_payment_mandates_payment_id REFERENCES payments (id),
            payer        bigint NOT NULL CONSTRAINT fk_payment_mandates_payer REFERENCES members (number),
            provider     text NOT NULL,
            provider_ref text NOT NULL,
            given_at     timestamptz NOT NULL,
            ended_at     timestamptz,
            CONSTRAINT uq_payment_mandates_provider_provider_ref UNIQUE (provider, provider_ref)
        );
        CREATE INDEX ix_payment_mandates_payer ON payment_mandates (payer);
        CREATE INDEX ix_payment_mandates_payment_id ON payment_mandates (payment_id);
        -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
        ALTER TABLE plan_subscriptions ADD CONSTRAINT fk_plan_subscriptions_mandate_id
            FOREIGN KEY (mandate_id) REFERENCES payment_mandates (id);

        ALTER TABLE payment_calls ADD COLUMN mandate_id uuid;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE payment_calls DROP CONSTRAINT ck_payment_calls_kind;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE payment_calls ADD CONSTRAINT ck_payment_calls_kind
            CHECK (kind IN ('pay', 'charge', 'capture', 'release', 'refund'));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE payment_calls ADD CONSTRAINT ck_payment_calls_mandate_id
            CHECK ((kind = 'charge') = (mandate_id IS NOT NULL));
        -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
        ALTER TABLE payment_calls ADD CONSTRAINT fk_payment_calls_mandate_id
            FOREIGN KEY (mandate_id) REFERENCES payment_mandates (id);
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX uq_payment_calls_charging ON payment_calls (payment_id)
            WHERE kind = 'charge' AND status IN ('intended', 'unknown');

        CREATE OR REPLACE FUNCTION payments_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.status <> OLD.status AND NOT EXISTS (
                SELECT FROM payment_transitions WHERE before = OLD.status AND after = NEW.status
            ) THEN
                RAISE EXCEPTION 'payment %: % does not become %', OLD.id, OLD.status, NEW.status
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF (NEW.id, NEW.order_id, NEW.charge_id, NEW.payer, NEW.escrow_id, NEW.provider, NEW.amount_minor,
                NEW.currency, NEW.keeps_mandate)
                IS DISTINCT FROM
               (OLD.id, OLD.order_id, OLD.charge_id, OLD.payer, OLD.escrow_id, OLD.provider, OLD.amount_minor,
                OLD.currency, OLD.keeps_mandate)
               OR NEW.provider_ref IS DISTINCT FROM coalesce(OLD.provider_ref, NEW.provider_ref)
               OR NEW.captured_minor < OLD.captured_minor OR NEW.refunded_minor < OLD.refunded_minor THEN
                RAISE EXCEPTION 'payment %: what was agreed or has flowed is not changed', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
