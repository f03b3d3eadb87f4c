"""Events know the chain that they continue; imported members claim their account."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _chains_of_events()
    _claims()


def _chains_of_events() -> None:
    """Null for an event that began a chain, as for all from before. No foreign key: a chain may outlive its root."""
    op.execute("ALTER TABLE outbox_events ADD COLUMN root_id bigint")


def _claims() -> None:
    """One a member: an e-mail attached anew makes the token before worth nothing. Only its SHA-256 is kept."""
    op.execute(
        """
        CREATE TABLE member_claims (
            member_id  uuid CONSTRAINT pk_member_claims PRIMARY KEY
                CONSTRAINT fk_member_claims_member_id REFERENCES members (id) ON DELETE CASCADE,
            token_hash bytea NOT NULL CONSTRAINT uq_member_claims_token_hash UNIQUE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL
        )
        """
    )
