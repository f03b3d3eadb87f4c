"""The sponsor tree, its audited corrections, and what imported members said when they came."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

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

        CREATE TABLE sponsor_corrections (
            id            bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_sponsor_corrections PRIMARY KEY,
            member_number bigint NOT NULL
                CONSTRAINT fk_sponsor_corrections_member_number REFERENCES referral_nodes (member_number),
            from_sponsor  bigint
                CONSTRAINT fk_sponsor_corrections_from_sponsor REFERENCES referral_nodes (member_number),
            to_sponsor    bigint
                CONSTRAINT fk_sponsor_corrections_to_sponsor REFERENCES referral_nodes (member_number),
            reason        text NOT NULL CONSTRAINT ck_sponsor_corrections_reason CHECK (reason <> ''),
            corrected_by  text NOT NULL,
            corrected_at  timestamptz NOT NULL,
            CONSTRAINT ck_sponsor_corrections_change CHECK (from_sponsor IS DISTINCT FROM to_sponsor)
        );
        CREATE INDEX ix_sponsor_corrections_member_number_id ON sponsor_corrections (member_number, id);

        CREATE TABLE member_imports (
            member_number bigint CONSTRAINT pk_member_imports PRIMARY KEY
                CONSTRAINT fk_member_imports_member_number REFERENCES members (number),
            content_hash  bytea NOT NULL CONSTRAINT ck_member_imports_content_hash CHECK (length(content_hash) = 32)
        );
        """
    )
    append_only("sponsor_corrections")
    append_only("member_imports")
