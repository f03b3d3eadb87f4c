"""Rooms that the shop ends: cancelled by an admin for a reason, or filled by a subsidy with a budget."""

from __future__ import annotations

from alembic import op

revision = "0075"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A budget has a row of its own: whoever claims a seat moves the deal's row, and need not wait for a fill."""
    op.execute(
        """
        ALTER TABLE rooms ADD COLUMN cancel_reason text
            CONSTRAINT ck_rooms_cancel_reason CHECK (cancel_reason IS NULL OR status = 'cancelled');
        ALTER TABLE rooms ADD COLUMN seats_subsidised integer NOT NULL DEFAULT 0
            CONSTRAINT ck_rooms_seats_subsidised CHECK
                (seats_subsidised = 0 OR (status = 'filled' AND seats_subsidised BETWEEN 1 AND size - 1));
        CREATE TABLE IF NOT EXISTS deal_subsidies (
            deal_id      uuid CONSTRAINT pk_deal_subsidies PRIMARY KEY
                CONSTRAINT fk_deal_subsidies_deal_id REFERENCES deals (id),
            from_seats   integer NOT NULL CONSTRAINT ck_deal_subsidies_from_seats CHECK (from_seats >= 1),
            budget_minor bigint NOT NULL CONSTRAINT ck_deal_subsidies_budget_minor
                CHECK (budget_minor BETWEEN 1 AND 1000000000000),
            spent_minor  bigint NOT NULL DEFAULT 0 CONSTRAINT ck_deal_subsidies_spent_minor
                CHECK (spent_minor BETWEEN 0 AND budget_minor)
        )
        """
    )
