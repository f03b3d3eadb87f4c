"""The ways on which coupons reach members: codes in batches, and what the schedule gives, a row a coupon and day."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0032"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE coupons ADD COLUMN way text NOT NULL DEFAULT 'given' CONSTRAINT ck_coupons_way
            CHECK (way IN ('given', 'code', 'newcomer', 'monthly', 'birthday', 'member_day'));
        CREATE INDEX ix_coupons_way ON coupons (way) WHERE way <> 'given';
        CREATE TABLE coupon_codes (
            hash       bytea CONSTRAINT pk_coupon_codes PRIMARY KEY
                CONSTRAINT ck_coupon_codes_hash CHECK (octet_length(hash) = 32),
            coupon_id  uuid NOT NULL CONSTRAINT fk_coupon_codes_coupon_id REFERENCES coupons (id),
            made_at    timestamptz NOT NULL,
            member     bigint CONSTRAINT fk_coupon_codes_member REFERENCES members (number),
            claimed_at timestamptz,
            CONSTRAINT ck_coupon_codes_claimed CHECK ((member IS NULL) = (claimed_at IS NULL))
        ) WITH (fillfactor = 90);
        CREATE INDEX ix_coupon_codes_coupon_id ON coupon_codes (coupon_id, made_at);
        CREATE INDEX ix_coupon_codes_member ON coupon_codes (member) WHERE member IS NOT NULL;
        CREATE TRIGGER coupon_codes_claimed_once BEFORE UPDATE ON coupon_codes FOR EACH ROW
        WHEN (OLD.member IS NOT NULL OR (OLD.hash, OLD.coupon_id, OLD.made_at) IS DISTINCT FROM
            (NEW.hash, NEW.coupon_id, NEW.made_at))
        EXECUTE FUNCTION refuse_change();
        CREATE TABLE coupon_rounds (
            coupon_id    uuid NOT NULL CONSTRAINT fk_coupon_rounds_coupon_id REFERENCES coupons (id),
            day          date NOT NULL,
            done_through bigint NOT NULL DEFAULT 0,
            finished_at  timestamptz,
            CONSTRAINT pk_coupon_rounds PRIMARY KEY (coupon_id, day)
        ) WITH (fillfactor = 70)
        """
    )
    for table in ("coupon_codes", "coupon_rounds"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")
