"""A phone to sign in by, and the one-time codes that are sent to it."""

from __future__ import annotations

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A code is made when it is sent and kept as its Argon2 hash: six digits alone would be guessed from a plain one.

    `expires_at` counts from the sending on; `attempts` is the guard behind the conditional UPDATE that counts them.
    """
    op.execute(
        """
        CREATE TABLE member_phones (
            member_id   uuid CONSTRAINT pk_member_phones PRIMARY KEY
                CONSTRAINT fk_member_phones_member_id REFERENCES members (id) ON DELETE CASCADE,
            phone       text NOT NULL CONSTRAINT uq_member_phones_phone UNIQUE
                CONSTRAINT ck_member_phones_phone CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
            verified_at timestamptz NOT NULL
        );
        CREATE TABLE phone_codes (
            id         uuid CONSTRAINT pk_phone_codes PRIMARY KEY,
            member_id  uuid NOT NULL
                CONSTRAINT fk_phone_codes_member_id REFERENCES members (id) ON DELETE CASCADE,
            purpose    text NOT NULL CONSTRAINT ck_phone_codes_purpose CHECK (purpose IN ('link', 'sign_in')),
            phone      text NOT NULL CONSTRAINT ck_phone_codes_phone CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
            status     text NOT NULL CONSTRAINT ck_phone_codes_status
                CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'used', 'void')),
            code_hash  text,
            attempts   smallint NOT NULL DEFAULT 0 CONSTRAINT ck_phone_codes_attempts CHECK (attempts BETWEEN 0 AND 5),
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            CONSTRAINT ck_phone_codes_made CHECK ((status = 'queued') = (code_hash IS NULL)),
            CONSTRAINT ck_phone_codes_expires CHECK ((code_hash IS NULL) = (expires_at IS NULL))
        );
        CREATE INDEX ix_phone_codes_phone ON phone_codes (phone, created_at);
        CREATE INDEX ix_phone_codes_member_id ON phone_codes (member_id, created_at);
        CREATE INDEX ix_phone_codes_created_at ON phone_codes (created_at);
        CREATE INDEX ix_phone_codes_queued ON phone_codes (id) WHERE status = 'queued'
        """
    )
