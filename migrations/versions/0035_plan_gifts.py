"""Plans that are given, families that share one, months and what they bring, partners' vouchers."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _gifts()
    _families()
    _months()
    _vouchers()
    append_only("plan_months")
    for table in ("plan_gifts", "plan_family_links", "plan_seats", "partner_vouchers"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")


def _gifts() -> None:
    """A gift is paid by one member and redeemed by another, once, with a token of which the hash alone is kept."""
    op.execute(
        """
        CREATE TABLE plan_gifts (
            id              uuid CONSTRAINT pk_plan_gifts PRIMARY KEY,
            giver           bigint NOT NULL CONSTRAINT fk_plan_gifts_giver REFERENCES members (number),
            charge_id       uuid NOT NULL CONSTRAINT uq_plan_gifts_charge_id UNIQUE
                CONSTRAINT fk_plan_gifts_charge_id REFERENCES plan_charges (id),
            status          text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_plan_gifts_status
                CHECK (status IN ('waiting', 'ready', 'redeemed', 'returned')),
            token_hash      bytea CONSTRAINT uq_plan_gifts_token_hash UNIQUE,
            subscription_id uuid CONSTRAINT uq_plan_gifts_subscription_id UNIQUE
                CONSTRAINT fk_plan_gifts_subscription_id REFERENCES plan_subscriptions (id),
            created_at      timestamptz NOT NULL,
            redeemed_at     timestamptz,
            CONSTRAINT ck_plan_gifts_redeemed CHECK
                ((status = 'redeemed') = (subscription_id IS NOT NULL)
                AND (status = 'redeemed') = (redeemed_at IS NOT NULL))
        );
        CREATE INDEX ix_plan_gifts_giver ON plan_gifts (giver, id);
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE plan_terms DROP CONSTRAINT ck_plan_terms_kind;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE plan_terms ADD CONSTRAINT ck_plan_terms_kind CHECK (kind IN ('trial', 'paid', 'gift'));
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE plan_terms DROP CONSTRAINT ck_plan_terms_paid;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE plan_terms ADD CONSTRAINT ck_plan_terms_paid
            CHECK ((kind = 'trial') = (charge_id IS NULL));
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX ix_plan_terms_recognised_on;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_plan_terms_recognised_on ON plan_terms (recognised_on)
            WHERE kind <> 'trial' AND closed_at IS NULL AND recognised_on < ends_on
        """
    )


def _families() -> None:
    """An owner's link brings members in as long as there are seats; whoever sits in one family sits in no other."""
    op.execute(
        """
        CREATE TABLE plan_family_links (
            subscription_id uuid CONSTRAINT pk_plan_family_links PRIMARY KEY
                CONSTRAINT fk_plan_family_links_subscription_id REFERENCES plan_subscriptions (id),
            token_hash      bytea NOT NULL CONSTRAINT uq_plan_family_links_token_hash UNIQUE,
            made_at         timestamptz NOT NULL
        );
        CREATE TABLE plan_seats (
            id              uuid CONSTRAINT pk_plan_seats PRIMARY KEY,
            subscription_id uuid NOT NULL
                CONSTRAINT fk_plan_seats_subscription_id REFERENCES plan_subscriptions (id),
            member          bigint NOT NULL CONSTRAINT fk_plan_seats_member REFERENCES members (number),
            joined_at       timestamptz NOT NULL,
            left_at         timestamptz
        );
        CREATE UNIQUE INDEX uq_plan_seats_member ON plan_seats (member) WHERE left_at IS NULL;
        CREATE INDEX ix_plan_seats_subscription_id ON plan_seats (subscription_id) WHERE left_at IS NULL;
        """
    )


def _months() -> None:
    """Months are counted from where the first paid term began, whatever follows it; each brings its benefits once."""
    op.execute(
        """
        ALTER TABLE plan_subscriptions ADD COLUMN months_from date,
            ADD COLUMN months_issued integer NOT NULL DEFAULT 0;
        UPDATE plan_subscriptions SET months_from = anchor_on WHERE months_through > 0;
        CREATE TABLE plan_months (
            subscription_id uuid NOT NULL
                CONSTRAINT fk_plan_months_subscription_id REFERENCES plan_subscriptions (id),
            member          bigint NOT NULL CONSTRAINT fk_plan_months_member REFERENCES members (number),
            number          integer NOT NULL CONSTRAINT ck_plan_months_number CHECK (number >= 1),
            begins_on       date NOT NULL,
            issued_at       timestamptz NOT NULL,
            CONSTRAINT pk_plan_months PRIMARY KEY (subscription_id, number, member)
        );
        CREATE INDEX ix_plan_months_member ON plan_months (member);
        """
    )


def _vouchers() -> None:
    """A partner's code is given to one member for one month, and never to another."""
    op.execute(
        """
        CREATE TABLE partner_vouchers (
            id              uuid CONSTRAINT pk_partner_vouchers PRIMARY KEY,
            partner         text NOT NULL CONSTRAINT ck_partner_vouchers_partner
                CHECK (partner ~ '^[a-z][a-z0-9_]{0,39}$'),
            code            text NOT NULL,
            loaded_at       timestamptz NOT NULL,
            subscription_id uuid,
            member          bigint,
            number          integer,
            given_at        timestamptz,
            CONSTRAINT uq_partner_vouchers_code UNIQUE (partner, code),
            CONSTRAINT uq_partner_vouchers_month UNIQUE (partner, subscription_id, number, member),
            CONSTRAINT fk_partner_vouchers_month FOREIGN KEY (subscription_id, number, member)
                REFERENCES plan_months (subscription_id, number, member),
            CONSTRAINT ck_partner_vouchers_given CHECK
                ((given_at IS NULL) = (member IS NULL) AND (given_at IS NULL) = (subscription_id IS NULL)
                AND (given_at IS NULL) = (number IS NULL))
        );
        CREATE INDEX ix_partner_vouchers_left ON partner_vouchers (partner, id) WHERE given_at IS NULL;
        CREATE INDEX ix_partner_vouchers_member ON partner_vouchers (member)
        """
    )
