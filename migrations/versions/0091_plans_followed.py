"""A plan may be followed by a smaller one, chosen for after the term; what is over is found by an index."""

from __future__ import annotations

from alembic import op

revision = "0091"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE plan_subscriptions ADD COLUMN IF NOT EXISTS next_offer_id uuid,
            ADD COLUMN IF NOT EXISTS next_term text,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS fk_plan_subscriptions_next_offer_id,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS ck_plan_subscriptions_next;
        -- Of columns that are empty there is little to check.
        -- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
        ALTER TABLE plan_subscriptions ADD CONSTRAINT fk_plan_subscriptions_next_offer_id
            FOREIGN KEY (next_offer_id) REFERENCES plan_offers (id);
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE plan_subscriptions ADD CONSTRAINT ck_plan_subscriptions_next CHECK
            ((next_offer_id IS NULL) = (next_term IS NULL) AND (next_offer_id IS NULL OR renews));
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX IF NOT EXISTS ix_plan_subscriptions_ending ON plan_subscriptions (ends_at)
            WHERE status = 'active' AND NOT renews
        """
    )
