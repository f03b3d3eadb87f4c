"""Channels of publishers that an admin has looked at: those alone meet the conditions of plans."""

from __future__ import annotations

from alembic import op

revision = "0241"
down_revision = "0182"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A channel is listed from an instant on, until it is taken off; the audit record keeps who did it and why."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS publisher_channels (
            member    bigint NOT NULL CONSTRAINT fk_publisher_channels_member REFERENCES members (number),
            channel   text NOT NULL CONSTRAINT ck_publisher_channels_channel CHECK (length(channel) BETWEEN 1 AND 40),
            listed_at timestamptz NOT NULL,
            ended_at  timestamptz CONSTRAINT ck_publisher_channels_ended CHECK (ended_at >= listed_at),
            CONSTRAINT pk_publisher_channels PRIMARY KEY (member, channel, listed_at)
        );
        CREATE UNIQUE INDEX IF NOT EXISTS uq_publisher_channels_open ON publisher_channels (member, channel)
            WHERE ended_at IS NULL
        """
    )
