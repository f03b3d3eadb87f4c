"""A leader's margin: what of a deal's price above the shop's own the leader keeps, as a leg of every line sold."""

from __future__ import annotations

from alembic import op

revision = "0104"
down_revision = "0094b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`leader_margin` of a deal is {unit: {supply_minor, share_bps}}; a line keeps its unit's, and the leader's number.

    Null wherever there is none, as of everything until now.
    """
    op.execute(
        """
        ALTER TABLE leader_goods ADD COLUMN IF NOT EXISTS supply_minor bigint,
            ADD COLUMN IF NOT EXISTS margin_bps integer;
        ALTER TABLE leader_goods
            -- A row a unit that the shop said something of: few, and written by admins alone.
            -- squawk-ignore constraint-missing-not-valid
            ADD CONSTRAINT ck_leader_goods_margin CHECK ((supply_minor IS NULL) = (margin_bps IS NULL)
                AND supply_minor >= 1 AND margin_bps BETWEEN 1 AND 10000);
        ALTER TABLE deals ADD COLUMN IF NOT EXISTS leader_margin jsonb;
        ALTER TABLE accrued_lines ADD COLUMN IF NOT EXISTS margin jsonb
        """
    )
