"""Deals for newcomers, and days to send back of a deal's own."""

from __future__ import annotations

from alembic import op

revision = "0072"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A seat that only a newcomer could take says so, and a member has one of them at a time, in whatever room.

    That holds two joins at once apart: neither sees the other's order, but they meet in this index.
    """
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN newcomer_only boolean NOT NULL DEFAULT false, ADD COLUMN return_days integer
            CONSTRAINT ck_deals_return_days CHECK (return_days BETWEEN 0 AND 365);
        ALTER TABLE rooms ADD COLUMN newcomer_only boolean NOT NULL DEFAULT false;
        ALTER TABLE seats ADD COLUMN newcomer boolean NOT NULL DEFAULT false;
        CREATE UNIQUE INDEX uq_seats_newcomer ON seats (member)
            WHERE newcomer AND status IN ('held', 'paid', 'confirmed')
        """
    )
