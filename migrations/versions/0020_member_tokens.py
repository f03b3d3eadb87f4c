"""One-time tokens that are sent to an e-mail address, and since when an address is known to be its member's."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only a token's SHA-256 is kept, with the address that it was made for: a changed address makes it worthless."""
    op.execute(
        """
        ALTER TABLE member_profiles ADD COLUMN email_verified_at timestamptz;
        CREATE TABLE member_tokens (
            token_hash bytea CONSTRAINT pk_member_tokens PRIMARY KEY
                CONSTRAINT ck_member_tokens_token_hash CHECK (length(token_hash) = 32),
            member_id  uuid NOT NULL
                CONSTRAINT fk_member_tokens_member_id REFERENCES members (id) ON DELETE CASCADE,
            purpose    text NOT NULL CONSTRAINT ck_member_tokens_purpose
                CHECK (purpose IN ('email_verification', 'password_reset')),
            email      text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL CONSTRAINT ck_member_tokens_expires_at CHECK (expires_at > created_at),
            used_at    timestamptz
        );
        CREATE INDEX ix_member_tokens_member_id ON member_tokens (member_id, purpose);
        CREATE INDEX ix_member_tokens_expires_at ON member_tokens (expires_at);
        """
    )
