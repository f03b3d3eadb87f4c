"""From how few on a reward is low is said of each, as of units of goods."""

from __future__ import annotations

from alembic import op

revision = "0161"
down_revision = "0145"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Ten unless said otherwise, which is what held for all of them."""
    op.execute(
        """
        ALTER TABLE rewards ADD COLUMN IF NOT EXISTS low_stock_at bigint NOT NULL DEFAULT 10
            CONSTRAINT ck_rewards_low_stock_at CHECK (low_stock_at BETWEEN 0 AND 1000000000)
        """
    )
