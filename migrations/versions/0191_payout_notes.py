"""What who decides about a payout notes for colleagues: kept inside, beside the reason that the member reads."""

from __future__ import annotations

from alembic import op

revision = "0191"
down_revision = "0240"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Reasons are of a published list from now on; older decisions keep their words."""
    op.execute("ALTER TABLE payout_decisions ADD COLUMN IF NOT EXISTS note text")
