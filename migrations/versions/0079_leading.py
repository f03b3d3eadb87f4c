"""Becoming a leader: applications that an admin decides, and goods that are open to leaders, above a floor."""

from __future__ import annotations

from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE leader_applications (
            id         uuid CONSTRAINT pk_leader_applications PRIMARY KEY,
            member     bigint NOT NULL CONSTRAINT fk_leader_applications_member REFERENCES members (number),
            words      text NOT NULL CONSTRAINT ck_leader_applications_words CHECK (length(words) <= 1000),
            channels   text NOT NULL CONSTRAINT ck_leader_applications_channels CHECK (length(channels) <= 300),
            status     text NOT NULL DEFAULT 'open'
                CONSTRAINT ck_leader_applications_status CHECK (status IN ('open', 'approved', 'rejected')),
            reason     text,
            made_at    timestamptz NOT NULL,
            decided_at timestamptz,
            CONSTRAINT ck_leader_applications_decided CHECK
                ((status = 'open') = (decided_at IS NULL) AND (status = 'open') = (reason IS NULL))
        );
        CREATE UNIQUE INDEX uq_leader_applications_open ON leader_applications (member) WHERE status = 'open';
        CREATE INDEX ix_leader_applications_member ON leader_applications (member, id);
        CREATE TABLE leader_goods (
            sku_id      uuid CONSTRAINT pk_leader_goods PRIMARY KEY
                CONSTRAINT fk_leader_goods_sku_id REFERENCES skus (id),
            open_to     text NOT NULL CONSTRAINT ck_leader_goods_open_to CHECK (open_to IN ('all', 'chosen', 'none')),
            floor_minor bigint CONSTRAINT ck_leader_goods_floor_minor CHECK (floor_minor >= 1)
        );
        CREATE TABLE leader_goods_chosen (
            sku_id uuid NOT NULL CONSTRAINT fk_leader_goods_chosen_sku_id REFERENCES leader_goods (sku_id),
            leader bigint NOT NULL CONSTRAINT fk_leader_goods_chosen_leader REFERENCES members (number),
            CONSTRAINT pk_leader_goods_chosen PRIMARY KEY (sku_id, leader)
        )
        """
    )
