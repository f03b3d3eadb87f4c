"""What is taken off payouts is checked of the requests that were there before, in a transaction of its own."""

from __future__ import annotations

from alembic import op

revision = "0182"
down_revision = "0181"
branch_labels = None
depends_on = None

_CONSTRAINTS = ("ck_payout_requests_net", "fk_payout_requests_tax_table_id", "fk_payout_requests_fee_id")


def upgrade() -> None:
    """A check that holds lets nobody wait."""
    for constraint in _CONSTRAINTS:
        op.execute(
            f"""
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE payout_requests VALIDATE CONSTRAINT {constraint}
            """
        )
