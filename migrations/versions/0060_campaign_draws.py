"""A campaign's groups are drawn by a job, a span of members after the other."""

from __future__ import annotations

from alembic import op

revision = "0060"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`draw_began_at`: from then on its plan stands; the lot falls over members 1 to `draw_last`.

    `drawn_through`: up to which number it has fallen; `drawn_at` is set with the last of them.
    """
    op.execute(
        """
        ALTER TABLE campaigns
            ADD COLUMN draw_began_at timestamptz,
            ADD COLUMN draw_last bigint,
            ADD COLUMN drawn_through bigint NOT NULL DEFAULT 0;
        ALTER TABLE campaigns DISABLE TRIGGER campaigns_refuse_change;
        UPDATE campaigns SET draw_began_at = drawn_at, draw_last = 0 WHERE drawn_at IS NOT NULL;
        ALTER TABLE campaigns ENABLE TRIGGER campaigns_refuse_change;
        ALTER TABLE campaigns
            ADD CONSTRAINT ck_campaigns_draw_began
                CHECK ((draw_began_at IS NULL) = (draw_last IS NULL)) NOT VALID,
            ADD CONSTRAINT ck_campaigns_draw_ended
                CHECK (drawn_at IS NULL OR (draw_began_at <= drawn_at AND drawn_through >= draw_last)) NOT VALID;
        """
    )
