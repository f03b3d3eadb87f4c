"""A pause outlasts goods that go off sale."""

from __future__ import annotations

from alembic import op

revision = "0220"
down_revision = "0180"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A deal that is over as its goods are off sale keeps whether it was paused, and is so again once they are back."""
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN IF NOT EXISTS was_paused boolean NOT NULL DEFAULT false
            CONSTRAINT ck_deals_was_paused CHECK (NOT was_paused OR off_sale)
        """
    )
