"""Plans whose members are to hear of the end: found by an index, however many were told the same night."""

from __future__ import annotations

from alembic import op

revision = "0065"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_plan_subscriptions_unannounced ON plan_subscriptions (ends_at)
            WHERE status = 'active' AND announced_at IS NULL
        """
    )
