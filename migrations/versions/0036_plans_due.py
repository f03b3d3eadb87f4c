"""What the schedule looks for among plans, it finds by an index: a shop of a million looks every minute."""

from __future__ import annotations

from alembic import op

revision = "0036"
down_revision = "0039b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_plan_subscriptions_charge_at ON plan_subscriptions (charge_at)
            WHERE status = 'active' AND charge_at IS NOT NULL;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_plan_subscriptions_retry_at ON plan_subscriptions (retry_at) WHERE retry_at IS NOT NULL;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_plan_subscriptions_grace_until ON plan_subscriptions (grace_until)
            WHERE grace_until IS NOT NULL;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_plan_subscriptions_next_month ON plan_subscriptions
            ((months_from + make_interval(months => months_issued)))
            WHERE status IN ('active', 'grace') AND months_from IS NOT NULL
        """
    )
