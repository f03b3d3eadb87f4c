"""Deals can be paused and ended before their time; the channel may say why it did not pay."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _deals()
    _results()
    op.execute("CREATE INDEX ix_invite_visitors_seen_at ON invite_visitors (seen_at)")


def _deals() -> None:
    """A draft is neither paused nor ended: nobody can have joined it."""
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN paused_at timestamptz, ADD COLUMN ended_at timestamptz,
            ADD CONSTRAINT ck_deals_draft CHECK (NOT draft OR (paused_at IS NULL AND ended_at IS NULL)),
            ADD CONSTRAINT ck_deals_paused_at CHECK (paused_at IS NULL OR ended_at IS NULL);
        CREATE INDEX ix_deals_opened_by ON deals (opened_by, id)
        """
    )


def _results() -> None:
    """Beside `reason`, which is of whoever decided about the request."""
    op.execute("ALTER TABLE payout_requests ADD COLUMN result_reason text")
    for_application_role("GRANT UPDATE (result_reason) ON payout_requests TO {role}")
