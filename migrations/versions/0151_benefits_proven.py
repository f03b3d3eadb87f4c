"""Checks on vouchers and coupons that were added without reading what stood already are proven."""

from __future__ import annotations

from alembic import op

revision = "0151"
down_revision = "0150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Proving reads a table whole, and lets others read and write it meanwhile."""
    for table, constraint in (("partner_vouchers", "ck_partner_vouchers_given"), ("coupons", "ck_coupons_way")):
        op.execute(
            f"""
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}
            """
        )
