"""Payment providers' own records of money, held against the books day by day; what differs is a case."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0201"
down_revision = "0210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A movement is told once and stays; a case is closed once, by itself or by a person with a reason."""
    op.execute(
        """
        CREATE TABLE provider_movements (
            provider     text NOT NULL,
            ref          text NOT NULL,
            kind         text NOT NULL CONSTRAINT ck_provider_movements_kind
                CHECK (kind IN ('captured', 'refunded', 'disputed', 'dispute_won')),
            payment_ref  text NOT NULL,
            item         text,
            amount_minor bigint NOT NULL,
            currency     text NOT NULL,
            fee_minor    bigint NOT NULL,
            fee_currency text NOT NULL,
            fee_posted   boolean NOT NULL DEFAULT false,
            moved_at     timestamptz NOT NULL,
            heard_at     timestamptz NOT NULL,
            CONSTRAINT pk_provider_movements PRIMARY KEY (provider, ref)
        );
        CREATE INDEX ix_provider_movements_moved_at ON provider_movements (provider, moved_at);
        CREATE INDEX ix_provider_movements_payment_ref ON provider_movements (provider, payment_ref);
        CREATE INDEX ix_provider_movements_item ON provider_movements (provider, item) WHERE item IS NOT NULL;
        CREATE INDEX ix_provider_movements_fees ON provider_movements (provider)
            WHERE fee_minor <> 0 AND NOT fee_posted;
        CREATE TABLE provider_sweeps (
            provider    text CONSTRAINT pk_provider_sweeps PRIMARY KEY,
            swept_until timestamptz NOT NULL
        );
        CREATE TABLE reconciliations (
            provider    text NOT NULL,
            day         date NOT NULL,
            due_at      timestamptz NOT NULL,
            attempts    integer NOT NULL DEFAULT 0,
            done_at     timestamptz,
            compared    integer NOT NULL DEFAULT 0,
            differences integer NOT NULL DEFAULT 0,
            last_error  text,
            CONSTRAINT pk_reconciliations PRIMARY KEY (provider, day)
        );
        CREATE INDEX ix_reconciliations_due_at ON reconciliations (due_at) WHERE done_at IS NULL;
        CREATE INDEX ix_reconciliations_day ON reconciliations (day);
        CREATE TABLE reconciliation_cases (
            id           uuid CONSTRAINT pk_reconciliation_cases PRIMARY KEY,
            provider     text NOT NULL,
            kind         text NOT NULL CONSTRAINT ck_reconciliation_cases_kind
                CHECK (kind IN ('missing_here', 'missing_there', 'amount_differs')),
            item         text NOT NULL,
            day          date NOT NULL,
            about        text NOT NULL,
            theirs_minor bigint,
            ours_minor   bigint,
            currency     text NOT NULL,
            evidence     jsonb NOT NULL,
            state        text NOT NULL DEFAULT 'open' CONSTRAINT ck_reconciliation_cases_state
                CHECK (state IN ('open', 'healed', 'decided')),
            found_at     timestamptz NOT NULL,
            closed_at    timestamptz,
            decided_by   uuid,
            reason       text,
            CONSTRAINT uq_reconciliation_cases_provider_kind_item UNIQUE (provider, kind, item),
            CONSTRAINT ck_reconciliation_cases_closed_at CHECK ((state = 'open') = (closed_at IS NULL)),
            CONSTRAINT ck_reconciliation_cases_decided CHECK (
                (state = 'decided') = (decided_by IS NOT NULL AND reason IS NOT NULL AND reason <> ''))
        );
        CREATE INDEX ix_reconciliation_cases_open ON reconciliation_cases (provider, id) WHERE state = 'open';
        CREATE FUNCTION reconciliation_cases_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state <> 'open'
               OR to_jsonb(NEW) - '{state,closed_at,decided_by,reason}'::text[]
                IS DISTINCT FROM to_jsonb(OLD) - '{state,closed_at,decided_by,reason}'::text[] THEN
                RAISE EXCEPTION 'reconciliation case %: what was found and how it was closed stand', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER reconciliation_cases_check_change BEFORE UPDATE ON reconciliation_cases
            FOR EACH ROW EXECUTE FUNCTION reconciliation_cases_check_change();
        CREATE TRIGGER reconciliation_cases_never_removed BEFORE DELETE OR TRUNCATE ON reconciliation_cases
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER provider_movements_never_removed BEFORE DELETE OR TRUNCATE ON provider_movements
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE INDEX IF NOT EXISTS ix_ledger_entries_posted_at ON ledger_entries USING brin (posted_at)
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON reconciliation_cases FROM {role}")
    for_application_role("REVOKE UPDATE, DELETE, TRUNCATE ON provider_movements FROM {role}")
    for_application_role("GRANT UPDATE (fee_posted) ON provider_movements TO {role}")
