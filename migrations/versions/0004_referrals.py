"""The sponsor tree."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE referral_nodes (
            member_number bigint CONSTRAINT pk_referral_nodes PRIMARY KEY
                CONSTRAINT fk_referral_nodes_member_number REFERENCES members (number),
            sponsor       bigint CONSTRAINT fk_referral_nodes_sponsor REFERENCES referral_nodes (member_number)
                CONSTRAINT ck_referral_nodes_sponsor CHECK (sponsor <> member_number),
            depth         integer NOT NULL CONSTRAINT ck_referral_nodes_depth CHECK (depth >= 0),
            uplines       bigint[] NOT NULL CONSTRAINT ck_referral_nodes_uplines CHECK (cardinality(uplines) <= 8),
            placed_at     timestamptz NOT NULL
        );
        CREATE INDEX ix_referral_nodes_sponsor ON referral_nodes (sponsor);
        """
    )
