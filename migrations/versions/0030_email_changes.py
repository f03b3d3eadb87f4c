"""A changed e-mail address waits until whoever reads it has said so."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The address that waits need not be unique: several may ask, and the first who reads it has it."""
    op.execute(
        """
        ALTER TABLE member_profiles ADD COLUMN pending_email text;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE member_tokens DROP CONSTRAINT ck_member_tokens_purpose;
        ALTER TABLE member_tokens ADD CONSTRAINT ck_member_tokens_purpose
            CHECK (purpose IN ('email_verification', 'password_reset', 'email_change'))
        """
    )
