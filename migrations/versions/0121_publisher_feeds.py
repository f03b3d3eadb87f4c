"""The key of a publisher's feed: what is kept of it."""

from __future__ import annotations

from alembic import op

revision = "0121"
down_revision = "0170"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The key is told once; its SHA-256 is kept."""
    op.execute(
        """
        ALTER TABLE publishers ADD COLUMN feed_key_hash bytea;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX uq_publishers_feed_key_hash ON publishers (feed_key_hash)
        """
    )
