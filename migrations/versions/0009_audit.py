"""The audit record: who did what, append-only, sealed in chained blocks as the ledger is."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The columns are those that `infra/chain` expects of every chain; `sums` counts a block's entries by action.

    The actor is a bare id: no foreign key, for what was done stays said when the person is gone.
    """
    op.execute(
        """
        CREATE TABLE audit_entries (
            id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_entries PRIMARY KEY,
            recorded_at  timestamptz NOT NULL,
            actor        uuid,
            action       text NOT NULL,
            target       text NOT NULL,
            facts        jsonb NOT NULL
                CONSTRAINT ck_audit_entries_facts CHECK (jsonb_typeof(facts) = 'object'),
            content_hash bytea NOT NULL CONSTRAINT ck_audit_entries_content_hash CHECK (length(content_hash) = 32)
        );
        CREATE INDEX ix_audit_entries_target ON audit_entries (target, id);
        CREATE INDEX ix_audit_entries_actor ON audit_entries (actor, id);
        CREATE TABLE audit_seal_queue (
            entry_id       bigint CONSTRAINT pk_audit_seal_queue PRIMARY KEY,
            transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
        );
        CREATE TABLE audit_blocks (
            number        bigint CONSTRAINT pk_audit_blocks PRIMARY KEY
                CONSTRAINT ck_audit_blocks_number CHECK (number >= 1),
            sealed_at     timestamptz NOT NULL,
            entry_count   integer NOT NULL CONSTRAINT ck_audit_blocks_entry_count CHECK (entry_count >= 1),
            sums          jsonb NOT NULL,
            previous_hash bytea NOT NULL,
            hash          bytea NOT NULL CONSTRAINT ck_audit_blocks_hash CHECK (length(hash) = 32)
        );
        CREATE TABLE audit_block_entries (
            entry_id     bigint CONSTRAINT pk_audit_block_entries PRIMARY KEY,
            block_number bigint NOT NULL
        );
        """
    )
    for table in ("audit_entries", "audit_blocks", "audit_block_entries"):
        append_only(table)
