"""A deal may be for invited members alone: those of a segment, written down as the rounds of the day find them."""

from __future__ import annotations

from alembic import op

revision = "0094"
down_revision = "0098"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An invitation stands until its deal is long over. A segment has a round a day over all members."""
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN IF NOT EXISTS invited_only boolean NOT NULL DEFAULT false;
        CREATE TABLE IF NOT EXISTS deal_invitations (
            deal_id    uuid NOT NULL CONSTRAINT fk_deal_invitations_deal_id REFERENCES deals (id),
            member     bigint NOT NULL CONSTRAINT fk_deal_invitations_member REFERENCES members (number),
            invited_at timestamptz NOT NULL,
            CONSTRAINT pk_deal_invitations PRIMARY KEY (deal_id, member)
        );
        CREATE INDEX IF NOT EXISTS ix_deal_invitations_member ON deal_invitations (member);
        CREATE TABLE IF NOT EXISTS deal_segments (
            deal_id      uuid CONSTRAINT pk_deal_segments PRIMARY KEY
                CONSTRAINT fk_deal_segments_deal_id REFERENCES deals (id),
            segment      jsonb NOT NULL CONSTRAINT ck_deal_segments_segment CHECK (jsonb_typeof(segment) = 'object'),
            offered_by   uuid NOT NULL,
            offered_at   timestamptz NOT NULL,
            day          date,
            done_through bigint NOT NULL DEFAULT 0,
            finished_on  date
        )
        """
    )
