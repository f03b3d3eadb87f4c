"""How far the records of each spool file were taken into their tables."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A row a file while it is there; moved in the transaction that takes the records, so each is taken once."""
    op.execute(
        """
        CREATE TABLE spool_files (
            id    uuid CONSTRAINT pk_spool_files PRIMARY KEY,
            taken bigint NOT NULL CONSTRAINT ck_spool_files_taken CHECK (taken >= 0)
        ) WITH (fillfactor = 50)
        """
    )
