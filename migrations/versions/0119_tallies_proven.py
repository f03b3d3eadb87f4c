"""Checks and keys that were added without reading what stood already are proven."""

from __future__ import annotations

from alembic import op

revision = "0119"
down_revision = "0118"
branch_labels = None
depends_on = None

_UNPROVEN = (
    ("accruals", "fk_accruals_tally_id"),
    ("accruals", "ck_accruals_ground"),
    ("accruals", "ck_accruals_kind"),
    ("clawbacks", "fk_clawbacks_disallowance_id"),
    ("clawbacks", "ck_clawbacks_cause"),
)


def upgrade() -> None:
    """Proving reads a table whole, and lets others read and write it meanwhile (0116)."""
    for table, constraint in _UNPROVEN:
        op.execute(
            f"""
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}
            """
        )
