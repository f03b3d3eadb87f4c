"""No language until a member chooses one; the rules of behaviour address their reader as every other text does."""

from __future__ import annotations

from alembic import op

revision = "0058"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rules come as a new version, since versions never change; only where the shop has published none of its own."""
    # Code of before reads a language that is not there as English.
    op.execute(
        """
        -- squawk-ignore ban-drop-not-null, ban-drop-default
        ALTER TABLE member_profiles ALTER COLUMN locale DROP NOT NULL, ALTER COLUMN locale DROP DEFAULT
        """
    )
    op.execute(
        """
        INSERT INTO behaviour_rules (version, text_zh, text_en, published_at)
        SELECT 2, replace(text_zh, '您', '你'), text_en, now()
        FROM behaviour_rules
        WHERE version = 1 AND published_by IS NULL AND text_zh LIKE '%您%'
          AND NOT EXISTS (SELECT FROM behaviour_rules WHERE version > 1)
        """
    )
