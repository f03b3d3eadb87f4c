"""Answers kept under idempotency keys."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE idempotency_answers (
            actor_id     uuid NOT NULL,
            method       text NOT NULL,
            path         text NOT NULL,
            key          text NOT NULL,
            request_hash bytea NOT NULL,
            status       smallint NOT NULL,
            media_type   text NOT NULL,
            content      bytea NOT NULL,
            answered_at  timestamptz NOT NULL,
            CONSTRAINT pk_idempotency_answers PRIMARY KEY (actor_id, method, path, key)
        );
        CREATE INDEX ix_idempotency_answers_answered_at ON idempotency_answers (answered_at);
        """
    )
