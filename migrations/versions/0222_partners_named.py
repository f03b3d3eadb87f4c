"""Partners have names, in Chinese and English."""

from __future__ import annotations

from alembic import op

revision = "0222"
down_revision = "0242"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What a partner is called; one that has no row is called by its code."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS partners (
            code     text CONSTRAINT pk_partners PRIMARY KEY
                CONSTRAINT ck_partners_code CHECK (code ~ '^[a-z][a-z0-9_]{0,39}$'),
            title_zh text NOT NULL CONSTRAINT ck_partners_title_zh CHECK (length(title_zh) BETWEEN 1 AND 60),
            title_en text NOT NULL CONSTRAINT ck_partners_title_en CHECK (length(title_en) BETWEEN 1 AND 60),
            named_at timestamptz NOT NULL
        )
        """
    )
