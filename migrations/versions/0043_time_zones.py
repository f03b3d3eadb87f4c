"""A member's time zone is the shop's until the member chooses another."""

from __future__ import annotations

from alembic import op

revision = "0043"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What stands in a profile stays: nobody can tell any more whether it was chosen."""
    op.execute(
        """
        -- squawk-ignore ban-drop-default
        ALTER TABLE member_profiles ALTER COLUMN time_zone DROP DEFAULT;
        -- squawk-ignore ban-drop-not-null
        ALTER TABLE member_profiles ALTER COLUMN time_zone DROP NOT NULL
        """
    )
