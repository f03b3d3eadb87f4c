"""Counters of what the caps of commission plans have let through, and what a cap cut off an accrual."""

from __future__ import annotations

from alembic import op

revision = "0108"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A counter belongs to a plan, whatever its version; `key` says of whom and of which period it counts.

    What simulations count is theirs, and gone with the run.
    """
    op.execute(
        """
        CREATE TABLE commission_counters (
            plan_id    uuid NOT NULL CONSTRAINT fk_commission_counters_plan_id REFERENCES commission_plans (id),
            key        text NOT NULL,
            used_minor bigint NOT NULL CONSTRAINT ck_commission_counters_used_minor CHECK (used_minor >= 0),
            CONSTRAINT pk_commission_counters PRIMARY KEY (plan_id, key)
        ) WITH (fillfactor = 70);
        ALTER TABLE accrual_terms
            ADD COLUMN asked_minor bigint,
            ADD COLUMN cap smallint,
            ADD CONSTRAINT ck_accrual_terms_cap CHECK ((asked_minor IS NULL) = (cap IS NULL)) NOT VALID;
        CREATE TABLE plan_simulation_counters (
            simulation_id uuid NOT NULL CONSTRAINT fk_plan_simulation_counters_simulation_id
                REFERENCES plan_simulations (id) ON DELETE CASCADE,
            key           text NOT NULL,
            used_minor    bigint NOT NULL,
            CONSTRAINT pk_plan_simulation_counters PRIMARY KEY (simulation_id, key)
        ) WITH (fillfactor = 70);
        """
    )
