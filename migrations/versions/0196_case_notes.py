"""Notes on cases of payouts: what colleagues tell each other without deciding anything."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0196"
down_revision = "0195"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A note is never changed; it goes with the member whom it is about, or in its time."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS payout_notes (
            id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_payout_notes PRIMARY KEY,
            request_id uuid NOT NULL
                CONSTRAINT fk_payout_notes_request_id REFERENCES payout_requests (id),
            noted_by   uuid NOT NULL
                CONSTRAINT fk_payout_notes_noted_by REFERENCES members (id),
            noted_at   timestamptz NOT NULL,
            note       text NOT NULL CONSTRAINT ck_payout_notes_note CHECK (length(note) BETWEEN 1 AND 500)
        );
        CREATE INDEX IF NOT EXISTS ix_payout_notes_request_id ON payout_notes (request_id);
        CREATE INDEX IF NOT EXISTS ix_payout_notes_noted_at ON payout_notes (noted_at);
        CREATE OR REPLACE TRIGGER payout_notes_never_changed BEFORE UPDATE OR TRUNCATE ON payout_notes
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    for_application_role("REVOKE UPDATE, TRUNCATE ON payout_notes FROM {role}")
