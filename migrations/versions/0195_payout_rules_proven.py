"""Prove what 0192 added about who decides on payouts, by a person or by a rule."""

from __future__ import annotations

from alembic import op

revision = "0195"
down_revision = "0192"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Reads what was decided before, and locks no writer out."""
    for constraint in ("fk_payout_decisions_rule_version", "ck_payout_decisions_by"):
        op.execute(
            f"""
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE payout_decisions VALIDATE CONSTRAINT {constraint}
            """
        )
