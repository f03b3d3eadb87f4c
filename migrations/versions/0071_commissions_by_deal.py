"""A deal's own commission for its host: kept with the line that it is earned from, as the plan version is."""

from __future__ import annotations

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`perk` is the deal's promise as its room kept it; null where there is none, as of every line until now."""
    op.execute("ALTER TABLE accrued_lines ADD COLUMN perk jsonb")
