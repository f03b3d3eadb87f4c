"""When a counter of a cap was last moved: one that stands at nothing for long is forgotten."""

from __future__ import annotations

from alembic import op

revision = "0127"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that stand already count from today."""
    op.execute("ALTER TABLE commission_counters ADD COLUMN moved_at timestamptz NOT NULL DEFAULT now()")
