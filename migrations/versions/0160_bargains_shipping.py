"""What sending a bargain costs is a term of it, kept from its start."""

from __future__ import annotations

from alembic import op

revision = "0160"
down_revision = "0116"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Null is the shop's own fee: of a bargain that was started before this."""
    op.execute(
        """
        ALTER TABLE bargains ADD COLUMN IF NOT EXISTS shipping_minor bigint
            CONSTRAINT ck_bargains_shipping_minor CHECK (shipping_minor BETWEEN 0 AND 1000000000000)
        """
    )
