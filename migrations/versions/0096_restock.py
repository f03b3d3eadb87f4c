"""Whether the goods of a refund come back into stock."""

from __future__ import annotations

from alembic import op

revision = "0096"
down_revision = "0114"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Said with the approval; of refunds before that nobody said it, and nothing came back."""
    op.execute(
        """
        ALTER TABLE refunds ADD COLUMN restock boolean
            CONSTRAINT ck_refunds_restock CHECK (restock IS NULL OR status IN ('approved', 'refunded'))
        """
    )
