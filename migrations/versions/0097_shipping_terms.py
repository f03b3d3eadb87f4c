"""What sending an order costs is a term of its deal, kept by its rooms."""

from __future__ import annotations

from alembic import op

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Null is the shop's own fee: of a deal as it is from time to time, of a room that was opened before this."""
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN shipping_minor bigint
            CONSTRAINT ck_deals_shipping_minor CHECK (shipping_minor BETWEEN 0 AND 1000000000000);
        ALTER TABLE rooms ADD COLUMN shipping_minor bigint
            CONSTRAINT ck_rooms_shipping_minor CHECK (shipping_minor BETWEEN 0 AND 1000000000000)
        """
    )
