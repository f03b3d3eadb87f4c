"""Simulations of commission plans: what a plan would have paid of sales that were made."""

from __future__ import annotations

from alembic import op

revision = "0090"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A simulation keeps the document that it was asked about; its sums grow with each job until it is finished.

    `last_line` is where it ends, fixed as it begins; `through` how far it came. What single members would earn is
    kept only while it runs (`plan_simulation_earners`): its result has sums and counts alone.
    """
    op.execute(
        """
        CREATE TABLE plan_simulations (
            id           uuid CONSTRAINT pk_plan_simulations PRIMARY KEY,
            plan_id      uuid NOT NULL,
            document     jsonb NOT NULL,
            currency     text NOT NULL,
            sales_from   timestamptz NOT NULL,
            sales_to     timestamptz NOT NULL,
            budget_minor bigint CONSTRAINT ck_plan_simulations_budget_minor CHECK (budget_minor > 0),
            asked_by     uuid NOT NULL,
            asked_at     timestamptz NOT NULL,
            lines        bigint,
            last_line    uuid,
            through      uuid,
            done         bigint NOT NULL DEFAULT 0,
            result       jsonb,
            finished_at  timestamptz,
            CONSTRAINT ck_plan_simulations_span CHECK (sales_from < sales_to),
            CONSTRAINT ck_plan_simulations_finished CHECK ((finished_at IS NULL) = (result IS NULL))
        );
        CREATE INDEX ix_plan_simulations_plan_id ON plan_simulations (plan_id, id);
        CREATE TABLE plan_simulation_earners (
            simulation_id uuid NOT NULL CONSTRAINT fk_plan_simulation_earners_simulation_id
                REFERENCES plan_simulations (id) ON DELETE CASCADE,
            beneficiary   bigint NOT NULL,
            here_minor    bigint NOT NULL,
            there_minor   bigint NOT NULL,
            CONSTRAINT pk_plan_simulation_earners PRIMARY KEY (simulation_id, beneficiary)
        ) WITH (fillfactor = 70);
        CREATE TABLE plan_simulation_legs (
            simulation_id uuid NOT NULL CONSTRAINT fk_plan_simulation_legs_simulation_id
                REFERENCES plan_simulations (id) ON DELETE CASCADE,
            kind          text NOT NULL,
            level         smallint NOT NULL,
            here_minor    bigint NOT NULL,
            there_minor   bigint NOT NULL,
            here_rewards  bigint NOT NULL,
            there_rewards bigint NOT NULL,
            CONSTRAINT pk_plan_simulation_legs PRIMARY KEY (simulation_id, kind, level)
        );
        CREATE TABLE plan_simulation_days (
            simulation_id uuid NOT NULL CONSTRAINT fk_plan_simulation_days_simulation_id
                REFERENCES plan_simulations (id) ON DELETE CASCADE,
            sold_on       date NOT NULL,
            sales_minor   bigint NOT NULL,
            here_minor    bigint NOT NULL,
            there_minor   bigint NOT NULL,
            CONSTRAINT pk_plan_simulation_days PRIMARY KEY (simulation_id, sold_on)
        );
        """
    )
