"""What conditions, tiers and activity were decided from, whom a leg went by, and who was a newcomer."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0107"
down_revision = "0093"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lines of plans of plain shares have rows in none of these tables.

    `accrued_facts` is a part of the snapshot in `accrued_lines`: what the plan asked of the sale besides. A row of
    `accrual_terms` says where in the tree a beneficiary stands, where the leg alone does not, and the rate of a tier
    leg: its tier's less the highest below. `first_orders` is the claim that holds two orders at once apart.
    """
    op.execute(
        """
        ALTER TABLE accruals
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_accruals_kind,
            ADD CONSTRAINT ck_accruals_kind
                CHECK (kind IN ('sale', 'host', 'self', 'tier', 'lead', 'leader_margin')) NOT VALID;
        CREATE TABLE accrued_facts (
            order_line_id uuid CONSTRAINT pk_accrued_facts PRIMARY KEY
                CONSTRAINT fk_accrued_facts_order_line_id REFERENCES accrued_lines (order_line_id),
            facts         jsonb NOT NULL
        );
        CREATE TABLE accrual_terms (
            accrual_id uuid CONSTRAINT pk_accrual_terms PRIMARY KEY
                CONSTRAINT fk_accrual_terms_accrual_id REFERENCES accruals (id),
            depth      smallint NOT NULL CONSTRAINT ck_accrual_terms_depth CHECK (depth >= 0),
            rate_bps   integer CONSTRAINT ck_accrual_terms_rate_bps CHECK (rate_bps BETWEEN 1 AND 10000),
            below_bps  integer CONSTRAINT ck_accrual_terms_below_bps CHECK (below_bps BETWEEN 0 AND 10000),
            CONSTRAINT ck_accrual_terms_rates CHECK ((rate_bps IS NULL) = (below_bps IS NULL))
        );
        CREATE TABLE accrual_passes (
            order_line_id uuid NOT NULL
                CONSTRAINT fk_accrual_passes_order_line_id REFERENCES accrued_lines (order_line_id),
            leg           smallint NOT NULL CONSTRAINT ck_accrual_passes_leg CHECK (leg >= 0),
            kind          text NOT NULL,
            level         smallint NOT NULL CONSTRAINT ck_accrual_passes_level CHECK (level >= 1),
            member_number bigint NOT NULL,
            reason        text NOT NULL,
            CONSTRAINT pk_accrual_passes PRIMARY KEY (order_line_id, leg, level)
        );
        CREATE TABLE first_orders (
            buyer      bigint CONSTRAINT pk_first_orders PRIMARY KEY
                CONSTRAINT fk_first_orders_buyer REFERENCES members (number),
            order_id   uuid NOT NULL CONSTRAINT uq_first_orders_order_id UNIQUE
                CONSTRAINT fk_first_orders_order_id REFERENCES orders (id),
            claimed_at timestamptz NOT NULL
        );
        """
    )
    for table in ("accrued_facts", "accrual_terms", "accrual_passes", "first_orders"):
        append_only(table)
