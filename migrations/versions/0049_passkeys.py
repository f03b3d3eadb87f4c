"""Passkeys: public keys that sign in, and the challenges that wait to be signed."""

from __future__ import annotations

from alembic import op

revision = "0049"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of a challenge the SHA-256 is kept, once and for minutes; `credential` is the key as WebAuthn attests it."""
    op.execute(
        """
        CREATE TABLE member_passkeys (
            id            uuid CONSTRAINT pk_member_passkeys PRIMARY KEY,
            member_id     uuid NOT NULL
                CONSTRAINT fk_member_passkeys_member_id REFERENCES members (id) ON DELETE CASCADE,
            credential_id bytea NOT NULL CONSTRAINT uq_member_passkeys_credential_id UNIQUE
                CONSTRAINT ck_member_passkeys_credential_id CHECK (length(credential_id) BETWEEN 1 AND 1023),
            credential    bytea NOT NULL,
            sign_count    bigint NOT NULL CONSTRAINT ck_member_passkeys_sign_count CHECK (sign_count >= 0),
            name          text NOT NULL CONSTRAINT ck_member_passkeys_name CHECK (name <> ''),
            created_at    timestamptz NOT NULL,
            last_used_at  timestamptz
        );
        CREATE INDEX ix_member_passkeys_member_id ON member_passkeys (member_id, id);
        CREATE TABLE passkey_challenges (
            challenge_hash bytea CONSTRAINT pk_passkey_challenges PRIMARY KEY
                CONSTRAINT ck_passkey_challenges_challenge_hash CHECK (length(challenge_hash) = 32),
            member_id      uuid
                CONSTRAINT fk_passkey_challenges_member_id REFERENCES members (id) ON DELETE CASCADE,
            expires_at     timestamptz NOT NULL
        );
        CREATE INDEX ix_passkey_challenges_expires_at ON passkey_challenges (expires_at)
        """
    )
