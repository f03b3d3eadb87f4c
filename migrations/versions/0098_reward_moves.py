"""What the shop added to the stock of rewards and took from it; what members took is their redemptions."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0098"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is left of a reward is the sum of these less the redemptions that were not refused, where it has an end."""
    op.execute(
        """
        CREATE TABLE reward_stock_moves (
            id        uuid CONSTRAINT pk_reward_stock_moves PRIMARY KEY,
            reward_id uuid NOT NULL CONSTRAINT fk_reward_stock_moves_reward_id REFERENCES rewards (id),
            reason    text NOT NULL CONSTRAINT ck_reward_stock_moves_reason
                CHECK (reason IN ('first', 'received', 'counted', 'damaged', 'corrected', 'limited')),
            quantity  bigint NOT NULL CONSTRAINT ck_reward_stock_moves_quantity
                CHECK (quantity <> 0 AND abs(quantity) <= 1000000000000),
            note      text NOT NULL DEFAULT '',
            moved_at  timestamptz NOT NULL
        );
        CREATE INDEX ix_reward_stock_moves_reward_id ON reward_stock_moves (reward_id, id);
        INSERT INTO reward_stock_moves (id, reward_id, reason, quantity, moved_at)
        SELECT w.id, w.id, 'first', w.left_stock + taken.number, w.created_at
        FROM rewards w CROSS JOIN LATERAL (
            SELECT count(*) AS number FROM reward_redemptions r WHERE r.reward_id = w.id AND r.status <> 'refused'
        ) taken
        WHERE w.left_stock + taken.number > 0
        """
    )
    append_only("reward_stock_moves")
