"""Commission plans, their published versions, accruals, and who got nothing and why."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE commission_plans (
            id         uuid CONSTRAINT pk_commission_plans PRIMARY KEY,
            name       text NOT NULL,
            currency   text NOT NULL,
            document   jsonb NOT NULL,
            created_at timestamptz NOT NULL
        );
        CREATE TABLE commission_plan_versions (
            id            uuid CONSTRAINT pk_commission_plan_versions PRIMARY KEY,
            plan_id       uuid NOT NULL
                CONSTRAINT fk_commission_plan_versions_plan_id REFERENCES commission_plans (id),
            number        integer NOT NULL,
            currency      text NOT NULL,
            document      jsonb NOT NULL,
            document_hash bytea NOT NULL,
            country       text NOT NULL,
            findings      jsonb NOT NULL,
            sign_off      jsonb,
            effective_at  timestamptz NOT NULL,
            published_at  timestamptz NOT NULL,
            CONSTRAINT uq_commission_plan_versions_currency_effective_at UNIQUE (currency, effective_at),
            CONSTRAINT uq_commission_plan_versions_plan_id_number UNIQUE (plan_id, number)
        );
        CREATE TABLE accrued_lines (
            order_line_id   uuid CONSTRAINT pk_accrued_lines PRIMARY KEY
                CONSTRAINT fk_accrued_lines_order_line_id REFERENCES order_lines (id),
            order_id        uuid NOT NULL,
            plan_version_id uuid CONSTRAINT fk_accrued_lines_plan_version_id REFERENCES commission_plan_versions (id),
            buyer           bigint NOT NULL,
            host            bigint,
            uplines         bigint[] NOT NULL,
            base_minor      bigint NOT NULL,
            quantity        bigint NOT NULL,
            currency        text NOT NULL,
            sale_at         timestamptz NOT NULL,
            accrued_at      timestamptz NOT NULL
        );
        CREATE INDEX ix_accrued_lines_order_id ON accrued_lines (order_id);
        CREATE TABLE accruals (
            id              uuid CONSTRAINT pk_accruals PRIMARY KEY,
            order_id        uuid NOT NULL,
            order_line_id   uuid NOT NULL
                CONSTRAINT fk_accruals_order_line_id REFERENCES accrued_lines (order_line_id),
            beneficiary     bigint NOT NULL CONSTRAINT fk_accruals_beneficiary REFERENCES members (number),
            kind            text NOT NULL,
            level           smallint NOT NULL,
            leg             smallint NOT NULL,
            base_minor      bigint NOT NULL,
            amount_minor    bigint NOT NULL CONSTRAINT ck_accruals_amount_minor CHECK (amount_minor > 0),
            currency        text NOT NULL,
            status          text NOT NULL CONSTRAINT ck_accruals_status
                CHECK (status IN ('held', 'settled', 'paid_out', 'reversed', 'rejected')),
            accrued_at      timestamptz NOT NULL,
            matures_at      timestamptz,
            settled_at      timestamptz,
            CONSTRAINT uq_accruals_natural UNIQUE (order_line_id, beneficiary, level, kind)
        );
        CREATE INDEX ix_accruals_due ON accruals (matures_at, id) WHERE status = 'held';
        CREATE INDEX ix_accruals_beneficiary ON accruals (beneficiary, accrued_at);
        CREATE INDEX ix_accruals_order_id ON accruals (order_id);
        CREATE TABLE accrual_skips (
            order_line_id uuid NOT NULL
                CONSTRAINT fk_accrual_skips_order_line_id REFERENCES accrued_lines (order_line_id),
            leg           smallint NOT NULL,
            kind          text NOT NULL,
            level         smallint NOT NULL,
            member_number bigint,
            reason        text NOT NULL,
            CONSTRAINT pk_accrual_skips PRIMARY KEY (order_line_id, leg)
        );
        """
    )
    for table in ("commission_plan_versions", "accrued_lines", "accrual_skips"):
        append_only(table)
