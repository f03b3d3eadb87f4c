"""Invite links: every member's own one first."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE invite_links (
            id         uuid CONSTRAINT pk_invite_links PRIMARY KEY,
            code       text NOT NULL CONSTRAINT uq_invite_links_code UNIQUE,
            kind       text NOT NULL CONSTRAINT ck_invite_links_kind CHECK (kind IN ('member')),
            owner_id   uuid NOT NULL CONSTRAINT fk_invite_links_owner_id REFERENCES members (id) ON DELETE CASCADE,
            created_at timestamptz NOT NULL
        );
        CREATE UNIQUE INDEX uq_invite_links_member ON invite_links (owner_id) WHERE kind = 'member';
        """
    )
