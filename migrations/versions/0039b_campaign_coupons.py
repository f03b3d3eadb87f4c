"""A campaign may give its treated a coupon."""

from __future__ import annotations

from alembic import op

revision = "0039b"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`coupon_at`: when one of the treated had the turn; where the coupon's limit was reached, without getting one."""
    op.execute(
        """
        ALTER TABLE campaigns ADD COLUMN coupon_id uuid
            -- squawk-ignore adding-foreign-key-constraint
            CONSTRAINT fk_campaigns_coupon_id REFERENCES coupons (id);
        ALTER TABLE campaign_members ADD COLUMN coupon_at timestamptz;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_campaign_members_no_coupon ON campaign_members (campaign_id, member)
            WHERE treated AND coupon_at IS NULL;
        """
    )
