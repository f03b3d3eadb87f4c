"""A product is taken off sale and put back; its deals stand still meanwhile."""

from __future__ import annotations

from alembic import op

revision = "0170"
down_revision = "0136"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A deal whose product is off sale is over as any other, and marked: such a one goes on once the goods are back."""
    op.execute(
        """
        ALTER TABLE products ADD COLUMN IF NOT EXISTS off_sale_at timestamptz;
        ALTER TABLE deals ADD COLUMN IF NOT EXISTS off_sale boolean NOT NULL DEFAULT false
            CONSTRAINT ck_deals_off_sale CHECK (NOT off_sale OR ended_at IS NOT NULL)
        """
    )
