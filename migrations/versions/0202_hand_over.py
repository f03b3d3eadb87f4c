"""By what a buyer pays at the provider itself, sealed, until that is over."""

from __future__ import annotations

from alembic import op

revision = "0202"
down_revision = "0184"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only while there is something to pay."""
    op.execute(
        """
        ALTER TABLE payments ADD COLUMN IF NOT EXISTS hand_over bytea
            CONSTRAINT ck_payments_hand_over CHECK (hand_over IS NULL OR status IN ('created', 'failed'))
        """
    )
