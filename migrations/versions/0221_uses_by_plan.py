"""A benefit that was used says whether a plan gave it."""

from __future__ import annotations

from alembic import op

revision = "0221"
down_revision = "0241"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was used before this was told apart counts as a plan's, as it did then, but for tiers' own vouchers."""
    op.execute("ALTER TABLE benefit_uses ADD COLUMN IF NOT EXISTS by_plan boolean NOT NULL DEFAULT true")
