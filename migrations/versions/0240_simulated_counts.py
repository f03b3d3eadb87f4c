"""Simulations go on from sales to what is counted, and say what of it history does not know."""

from __future__ import annotations

from alembic import op

revision = "0240"
down_revision = "0201"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`then_at`: how far it came behind the sales. `history`: what the record holds of that time."""
    op.execute(
        """
        ALTER TABLE plan_simulations
            ADD COLUMN IF NOT EXISTS then_at jsonb,
            ADD COLUMN IF NOT EXISTS history jsonb
        """
    )
