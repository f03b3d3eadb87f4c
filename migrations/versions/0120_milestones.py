"""Milestones: what is counted towards them, and which of them were reached."""

from __future__ import annotations

from alembic import op

revision = "0120"
down_revision = "0162"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`milestone_orders` has the orders of plans that have milestones, under the sponsor whom they count for.

    A milestone stands until its figure falls below it; reached again, it is another round.
    """
    op.execute(
        """
        CREATE TABLE milestone_orders (
            order_id        uuid CONSTRAINT pk_milestone_orders PRIMARY KEY
                CONSTRAINT fk_milestone_orders_order_id REFERENCES orders (id),
            plan_id         uuid NOT NULL CONSTRAINT fk_milestone_orders_plan_id REFERENCES commission_plans (id),
            plan_version_id uuid NOT NULL,
            member          bigint NOT NULL CONSTRAINT fk_milestone_orders_member REFERENCES members (number),
            buyer           bigint NOT NULL CONSTRAINT fk_milestone_orders_buyer REFERENCES members (number),
            sold_at         timestamptz NOT NULL,
            on_day          date NOT NULL,
            net_minor       bigint NOT NULL CONSTRAINT ck_milestone_orders_net_minor CHECK (net_minor >= 0)
        );
        CREATE INDEX ix_milestone_orders_member ON milestone_orders (member, plan_id, on_day);
        CREATE TABLE milestones (
            tally_id        uuid CONSTRAINT pk_milestones PRIMARY KEY
                CONSTRAINT fk_milestones_tally_id REFERENCES tallies (id),
            plan_id         uuid NOT NULL CONSTRAINT fk_milestones_plan_id REFERENCES commission_plans (id),
            member          bigint NOT NULL CONSTRAINT fk_milestones_member REFERENCES members (number),
            counts          text NOT NULL CONSTRAINT ck_milestones_counts CHECK (counts IN ('sales', 'buyers')),
            reaches         bigint NOT NULL CONSTRAINT ck_milestones_reaches CHECK (reaches >= 1),
            min_order_minor bigint NOT NULL CONSTRAINT ck_milestones_min_order_minor CHECK (min_order_minor >= 1),
            first_day       date NOT NULL,
            last_day        date NOT NULL,
            is_kept         boolean NOT NULL,
            round           integer NOT NULL CONSTRAINT ck_milestones_round CHECK (round >= 1),
            fallen_at       timestamptz,
            CONSTRAINT uq_milestones_natural
                UNIQUE (member, plan_id, counts, reaches, min_order_minor, first_day, last_day, round)
        );
        CREATE UNIQUE INDEX uq_milestones_standing
            ON milestones (member, plan_id, counts, reaches, min_order_minor, first_day, last_day)
            WHERE fallen_at IS NULL
        """
    )
