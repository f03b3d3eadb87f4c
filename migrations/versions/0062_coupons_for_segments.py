"""Coupons may be offered to a segment of the members."""

from __future__ import annotations

from alembic import op

revision = "0062"
down_revision = "0058b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The rule stands in the terms; such a coupon has one, and no other has."""
    op.execute(
        """
        ALTER TABLE coupons
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_coupons_way,
            ADD CONSTRAINT ck_coupons_way CHECK
                (way IN ('given', 'code', 'newcomer', 'monthly', 'birthday', 'member_day', 'segment')) NOT VALID,
            ADD CONSTRAINT ck_coupons_segment CHECK
                ((way = 'segment') = (coalesce(terms -> 'segment', 'null') <> 'null'::jsonb)) NOT VALID;
        """
    )
