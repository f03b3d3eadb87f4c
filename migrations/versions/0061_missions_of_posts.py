"""Missions may count reviews and notes that were published."""

from __future__ import annotations

from alembic import op

revision = "0061"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE missions
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_missions_kind,
            ADD CONSTRAINT ck_missions_kind
                CHECK (kind IN ('order', 'friend', 'check_in', 'share', 'survey', 'review', 'note')) NOT VALID;
        """
    )
