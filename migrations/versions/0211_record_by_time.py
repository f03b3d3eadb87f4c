"""The record is looked through by time."""

from __future__ import annotations

from alembic import op

revision = "0211"
down_revision = "0221"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Entries come in the order of their instants but for moments, so the smallest of indexes finds a day of them."""
    op.execute(
        """
        CREATE INDEX IF NOT EXISTS ix_audit_entries_recorded_at ON audit_entries USING brin (recorded_at);
        CREATE INDEX IF NOT EXISTS ix_data_looks_viewer ON data_looks (viewer, id)
        """
    )
