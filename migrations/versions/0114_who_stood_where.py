"""Who stood below somebody at an instant: corrections are found by the sponsor who lost, places by their instant."""

from __future__ import annotations

from alembic import op

revision = "0114"
down_revision = "0113"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX ix_sponsor_corrections_from_sponsor ON sponsor_corrections (from_sponsor);
        CREATE INDEX ix_referral_nodes_placed_at ON referral_nodes (placed_at)
        """
    )
