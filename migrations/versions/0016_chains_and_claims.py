"""Events know the chain that they continue."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _chains_of_events()


def _chains_of_events() -> None:
    """Null for an event that began a chain, as for all from before. No foreign key: a chain may outlive its root."""
    op.execute("ALTER TABLE outbox_events ADD COLUMN root_id bigint")
