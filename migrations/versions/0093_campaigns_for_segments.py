"""A campaign may be for a segment: a rule about members, evaluated for each span of its draw."""

from __future__ import annotations

from alembic import op

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was planned is changed by nobody once it is drawn, the segment neither."""
    op.execute(
        """
        ALTER TABLE campaigns ADD COLUMN IF NOT EXISTS segment jsonb,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS ck_campaigns_audience,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT IF EXISTS ck_campaigns_segment;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE campaigns ADD CONSTRAINT ck_campaigns_audience
            CHECK (audience IN ('all', 'tier', 'newcomers', 'members', 'segment'));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE campaigns ADD CONSTRAINT ck_campaigns_segment CHECK ((audience = 'segment') = (segment IS NOT NULL))
        """
    )
