"""Points may buy a coupon: a reward that gives one, at once."""

from __future__ import annotations

from alembic import op

revision = "0094b"
down_revision = "0094"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE rewards ADD COLUMN IF NOT EXISTS coupon_id uuid,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS ck_rewards_kind,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS ck_rewards_coupon_id,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS fk_rewards_coupon_id;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE rewards ADD CONSTRAINT ck_rewards_kind CHECK (kind IN ('goods', 'coupon'));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE rewards ADD CONSTRAINT ck_rewards_coupon_id CHECK ((kind = 'coupon') = (coupon_id IS NOT NULL));
        -- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
        ALTER TABLE rewards ADD CONSTRAINT fk_rewards_coupon_id FOREIGN KEY (coupon_id) REFERENCES coupons (id)
        """
    )
