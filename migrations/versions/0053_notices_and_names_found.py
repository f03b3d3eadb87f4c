"""Indexes: provider notices by when they were done with, members by how a name or e-mail begins, and by browser."""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Notices are forgotten by age; admins look a member up by how the name begins, in any letter case."""
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_payment_notices_applied_at ON payment_notices (applied_at)
            WHERE applied_at IS NOT NULL;
        CREATE INDEX IF NOT EXISTS ix_member_profiles_display_name
            ON member_profiles (lower(display_name) text_pattern_ops);
        CREATE INDEX IF NOT EXISTS ix_member_profiles_email ON member_profiles (lower(email) text_pattern_ops);
        CREATE INDEX IF NOT EXISTS ix_invite_visitors_member_id ON invite_visitors (member_id)
        """
    )
