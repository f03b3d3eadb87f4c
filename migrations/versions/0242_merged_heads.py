"""A place of an account that was merged into another is no head of its own."""

from __future__ import annotations

from alembic import op

revision = "0242"
down_revision = "0183"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Its place stays, a leaf from which what it sold hangs. Everybody above is counted again."""
    op.execute(
        """
        ALTER TABLE referral_nodes ADD COLUMN IF NOT EXISTS is_merged boolean NOT NULL DEFAULT false;
        UPDATE referral_nodes n SET is_merged = true
        FROM member_merges g JOIN members m ON m.id = g.gone
        WHERE g.status = 'merged' AND n.member_number = m.number AND NOT n.is_merged;
        UPDATE team_figures f SET levels = NULL
        FROM referral_nodes n WHERE n.member_number = f.member_number AND n.is_merged
        """
    )
