"""Two accounts of one person become one: one admin asks for it, another decides."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0126"
down_revision = "0161"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`gone` is merged into `kept`. An account goes once, and waits to go in one request at a time."""
    op.execute(
        """
        CREATE TABLE member_merges (
            id         uuid CONSTRAINT pk_member_merges PRIMARY KEY,
            gone       uuid NOT NULL CONSTRAINT fk_member_merges_gone REFERENCES members (id),
            kept       uuid NOT NULL CONSTRAINT fk_member_merges_kept REFERENCES members (id),
            status     text NOT NULL DEFAULT 'open'
                CONSTRAINT ck_member_merges_status CHECK (status IN ('open', 'merged', 'rejected')),
            reason     text NOT NULL CONSTRAINT ck_member_merges_reason CHECK (reason <> ''),
            asked_by   uuid NOT NULL,
            asked_at   timestamptz NOT NULL,
            decided_by uuid,
            decided_at timestamptz,
            CONSTRAINT ck_member_merges_two CHECK (gone <> kept),
            CONSTRAINT ck_member_merges_another CHECK (status <> 'merged' OR decided_by <> asked_by),
            CONSTRAINT ck_member_merges_decided
                CHECK ((status = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL))
        );
        CREATE UNIQUE INDEX uq_member_merges_gone ON member_merges (gone) WHERE status <> 'rejected';
        CREATE INDEX ix_member_merges_kept ON member_merges (kept)
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON member_merges FROM {role}")
