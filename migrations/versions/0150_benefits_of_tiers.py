"""A tier may give partners' vouchers, and a tier or plan coupons on birthdays."""

from __future__ import annotations

from alembic import op

revision = "0150"
down_revision = "0119"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A voucher is of a plan's month, or of one of the shop's; of such a month a member has a partner's once."""
    op.execute(
        """
        ALTER TABLE partner_vouchers ADD COLUMN IF NOT EXISTS month_on date;
        ALTER TABLE partner_vouchers
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_partner_vouchers_given,
            ADD CONSTRAINT ck_partner_vouchers_given CHECK
                ((given_at IS NULL) = (member IS NULL) AND (subscription_id IS NULL) = (number IS NULL)
                AND num_nonnulls(subscription_id, month_on) = (given_at IS NOT NULL)::integer) NOT VALID;
        ALTER TABLE coupons
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_coupons_way,
            ADD CONSTRAINT ck_coupons_way CHECK
                (way IN ('given', 'code', 'newcomer', 'monthly', 'birthday', 'birthday_benefit', 'member_day',
                'segment')) NOT VALID;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX IF NOT EXISTS uq_partner_vouchers_month_on
            ON partner_vouchers (partner, member, month_on) WHERE month_on IS NOT NULL
        """
    )
