"""Commission plans and their published versions, accruals, and who got nothing and why."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# How an accrual may move on. Everything else about it is said once and for good.
_MOVES = """
    (OLD.status, NEW.status) IN (
        ('held', 'settled'), ('held', 'reversed'), ('held', 'rejected'),
        ('settled', 'paid_out'), ('settled', 'reversed'), ('settled', 'rejected')
    )
"""


def upgrade() -> None:
    _plans()
    _accruals()
    _accruals_move_only_forward()
    for table in ("commission_plan_versions", "accrued_lines", "accrual_skips"):
        append_only(table)


def _plans() -> None:
    op.execute(
        """
        CREATE TABLE commission_plans (
            id         uuid CONSTRAINT pk_commission_plans PRIMARY KEY,
            name       text NOT NULL,
            currency   text NOT NULL,
            created_at timestamptz NOT NULL,
            CONSTRAINT uq_commission_plans_currency_name UNIQUE (currency, name)
        );
        CREATE TABLE commission_plan_versions (
            id            uuid CONSTRAINT pk_commission_plan_versions PRIMARY KEY,
            plan_id       uuid NOT NULL
                CONSTRAINT fk_commission_plan_versions_plan_id REFERENCES commission_plans (id),
            number        integer NOT NULL CONSTRAINT ck_commission_plan_versions_number CHECK (number >= 1),
            currency      text NOT NULL,
            document      jsonb NOT NULL,
            document_hash bytea NOT NULL
                CONSTRAINT ck_commission_plan_versions_document_hash CHECK (length(document_hash) = 32),
            country       text NOT NULL,
            findings      jsonb NOT NULL,
            sign_off      jsonb,
            effective_at  timestamptz NOT NULL,
            published_at  timestamptz NOT NULL,
            CONSTRAINT uq_commission_plan_versions_currency_effective_at UNIQUE (currency, effective_at),
            CONSTRAINT uq_commission_plan_versions_plan_id_number UNIQUE (plan_id, number)
        );
        """
    )


def _accruals() -> None:
    """`accrued_lines` is both the claim (a line accrues once) and the snapshot that the decision was made from.

    A skip's leg is the position in the plan's list, -1 where the whole line was skipped. `level` is 0 for legs that
    climb no tree. An accrual's order, base and plan version are its line's: written once, there.

    No index covers an accrual's status, and half of each page is left free, so that settling a row touches no index;
    what is to be settled next stands in `accrual_maturities`, whose rows are removed as their accruals leave `held`.
    Measured on 500,000 rows: 5.6 µs an accrual against 21.9 µs with an index over those held.
    """
    op.execute(
        """
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
            received_at     timestamptz,
            accrued_at      timestamptz NOT NULL
        );
        CREATE TABLE accruals (
            id            uuid CONSTRAINT pk_accruals PRIMARY KEY,
            order_line_id uuid NOT NULL
                CONSTRAINT fk_accruals_order_line_id REFERENCES accrued_lines (order_line_id),
            beneficiary   bigint NOT NULL CONSTRAINT fk_accruals_beneficiary REFERENCES members (number),
            kind          text NOT NULL CONSTRAINT ck_accruals_kind CHECK (kind IN ('sale', 'host', 'self')),
            level         smallint NOT NULL,
            leg           smallint NOT NULL,
            amount_minor  bigint NOT NULL CONSTRAINT ck_accruals_amount_minor CHECK (amount_minor > 0),
            currency      text NOT NULL,
            status        text NOT NULL DEFAULT 'held' CONSTRAINT ck_accruals_status
                CHECK (status IN ('held', 'settled', 'paid_out', 'reversed', 'rejected')),
            accrued_at    timestamptz NOT NULL,
            matures_at    timestamptz,
            settled_at    timestamptz,
            CONSTRAINT uq_accruals_natural UNIQUE (order_line_id, beneficiary, level, kind)
        ) WITH (fillfactor = 50);
        CREATE INDEX ix_accruals_beneficiary ON accruals (beneficiary, accrued_at);
        CREATE TABLE accrual_maturities (
            matures_at timestamptz NOT NULL,
            accrual_id uuid NOT NULL,
            CONSTRAINT pk_accrual_maturities PRIMARY KEY (matures_at, accrual_id)
        );
        CREATE TABLE accrual_skips (
            order_line_id uuid NOT NULL
                CONSTRAINT fk_accrual_skips_order_line_id REFERENCES accrued_lines (order_line_id),
            leg           smallint NOT NULL CONSTRAINT ck_accrual_skips_leg CHECK (leg >= -1),
            kind          text,
            level         smallint NOT NULL,
            member_number bigint,
            reason        text NOT NULL,
            CONSTRAINT pk_accrual_skips PRIMARY KEY (order_line_id, leg)
        );
        """
    )


def _accruals_move_only_forward() -> None:
    """The moves stand in the trigger's condition: a lawful update of a million rows then calls no function at all.

    Settlement takes its rows out of `accrual_maturities` itself; who leaves `held` by another way is taken out here.
    """
    op.execute(
        f"""
        CREATE FUNCTION refuse_accrual_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'accrual %: % from % to % refused', OLD.id, TG_OP, OLD.status, NEW.status
                USING ERRCODE = 'restrict_violation',
                      HINT = 'only the status moves: held to settled to paid_out, or out by reversed or rejected';
        END $$;
        CREATE FUNCTION refuse_accrual_birth() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'accrual %: born % refused', NEW.id, NEW.status
                USING ERRCODE = 'restrict_violation', HINT = 'an accrual is born held';
        END $$;
        CREATE TRIGGER accruals_move_forward BEFORE UPDATE ON accruals FOR EACH ROW
        WHEN (
            NOT {_MOVES}
            OR (OLD.id, OLD.order_line_id, OLD.beneficiary, OLD.kind, OLD.level, OLD.leg, OLD.amount_minor,
                OLD.currency, OLD.accrued_at)
            IS DISTINCT FROM
               (NEW.id, NEW.order_line_id, NEW.beneficiary, NEW.kind, NEW.level, NEW.leg, NEW.amount_minor,
                NEW.currency, NEW.accrued_at)
            OR OLD.matures_at IS DISTINCT FROM NEW.matures_at
            OR (NEW.status = 'settled') <> (NEW.settled_at IS DISTINCT FROM OLD.settled_at)
        )
        EXECUTE FUNCTION refuse_accrual_change();
        CREATE TRIGGER accruals_born_held BEFORE INSERT ON accruals FOR EACH ROW
        WHEN (NEW.status <> 'held' OR NEW.settled_at IS NOT NULL)
        EXECUTE FUNCTION refuse_accrual_birth();
        CREATE FUNCTION leave_maturities() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM accrual_maturities WHERE matures_at = OLD.matures_at AND accrual_id = OLD.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER accruals_leave_maturities AFTER UPDATE ON accruals FOR EACH ROW
        WHEN (OLD.status = 'held' AND NEW.status <> 'settled' AND OLD.matures_at IS NOT NULL)
        EXECUTE FUNCTION leave_maturities();
        CREATE TRIGGER accruals_never_removed BEFORE DELETE OR TRUNCATE ON accruals
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    for_application_role("REVOKE UPDATE, DELETE, TRUNCATE ON accruals FROM {role}")
    for_application_role("GRANT UPDATE (status, settled_at) ON accruals TO {role}")
