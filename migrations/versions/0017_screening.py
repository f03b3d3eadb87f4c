"""Findings: what the shop itself noticed about something, with its evidence."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`subject` is a public id. `occasion` is what was noticed: told of it again, it is the same finding."""
    op.execute(
        """
        CREATE TABLE findings (
            id       uuid CONSTRAINT pk_findings PRIMARY KEY,
            subject  text NOT NULL,
            code     text NOT NULL,
            occasion text NOT NULL,
            severity text NOT NULL
                CONSTRAINT ck_findings_severity CHECK (severity IN ('info', 'warning', 'severe')),
            evidence jsonb NOT NULL CONSTRAINT ck_findings_evidence CHECK (jsonb_typeof(evidence) = 'object'),
            found_at timestamptz NOT NULL,
            CONSTRAINT uq_findings_subject_code_occasion UNIQUE (subject, code, occasion)
        )
        """
    )
    append_only("findings")
