"""After the sale: refunds, when commission matures after receipt, what is clawed back, and drafts of plans."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# How an accrual may move on (0007), and besides: it may learn once when it matures, and lose ever more to refunds.
_MOVES = """
    (OLD.status, NEW.status) IN (
        ('held', 'settled'), ('held', 'reversed'), ('held', 'rejected'),
        ('settled', 'paid_out'), ('settled', 'reversed'), ('settled', 'rejected')
    )
"""


def upgrade() -> None:
    _refunds()
    _maturities()
    _clawbacks()
    _accruals_move_only_forward()
    _drafts()
    # A member's own entries are read by account.
    op.execute("CREATE INDEX ix_ledger_postings_account_id ON ledger_postings (account_id, entry_id)")
    # What members owe is looked for at every settlement. The index names no column that a settlement writes.
    op.execute("CREATE INDEX ix_ledger_balances_debts ON ledger_balances (account_id) WHERE sign = -1")
    for table in ("refund_lines", "accrued_receipts", "clawed_refunds", "clawbacks"):
        append_only(table)


def _refunds() -> None:
    """A refund's lines say what of each order line goes back: money, and units (0 for a mere concession)."""
    op.execute(
        """
        CREATE TABLE refunds (
            id               uuid CONSTRAINT pk_refunds PRIMARY KEY,
            order_id         uuid NOT NULL CONSTRAINT fk_refunds_order_id REFERENCES orders (id),
            buyer            bigint NOT NULL CONSTRAINT fk_refunds_buyer REFERENCES members (number),
            reason           text NOT NULL,
            amount_minor     bigint NOT NULL
                CONSTRAINT ck_refunds_amount_minor CHECK (amount_minor BETWEEN 1 AND 1000000000000),
            currency         text NOT NULL,
            in_window        boolean NOT NULL,
            status           text NOT NULL DEFAULT 'requested' CONSTRAINT ck_refunds_status
                CHECK (status IN ('requested', 'approved', 'rejected', 'refunded')),
            requested_at     timestamptz NOT NULL,
            decided_at       timestamptz,
            decision_reason  text,
            failed_at        timestamptz,
            refunded_at      timestamptz,
            CONSTRAINT ck_refunds_decided CHECK ((status = 'requested') = (decided_at IS NULL)),
            CONSTRAINT ck_refunds_rejected CHECK (status <> 'rejected' OR decision_reason IS NOT NULL),
            CONSTRAINT ck_refunds_refunded CHECK ((status = 'refunded') = (refunded_at IS NOT NULL))
        );
        CREATE INDEX ix_refunds_order_id ON refunds (order_id);
        CREATE INDEX ix_refunds_open ON refunds (order_id) WHERE status IN ('requested', 'approved');
        CREATE TABLE refund_lines (
            refund_id     uuid NOT NULL CONSTRAINT fk_refund_lines_refund_id REFERENCES refunds (id),
            order_line_id uuid NOT NULL CONSTRAINT fk_refund_lines_order_line_id REFERENCES order_lines (id),
            amount_minor  bigint NOT NULL CONSTRAINT ck_refund_lines_amount_minor CHECK (amount_minor >= 0),
            quantity      bigint NOT NULL CONSTRAINT ck_refund_lines_quantity CHECK (quantity >= 0),
            CONSTRAINT pk_refund_lines PRIMARY KEY (refund_id, order_line_id)
        );
        CREATE FUNCTION refuse_refund_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'refund %: from % to % refused', OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'restrict_violation',
                      HINT = 'requested to approved to refunded, or to rejected; a failed refund is requested again';
        END $$;
        CREATE TRIGGER refunds_move_forward BEFORE UPDATE ON refunds FOR EACH ROW
        WHEN (
            (OLD.status, NEW.status) NOT IN (
                ('requested', 'approved'), ('requested', 'rejected'),
                ('approved', 'refunded'), ('approved', 'requested')
            )
            OR (OLD.id, OLD.order_id, OLD.buyer, OLD.reason, OLD.amount_minor, OLD.currency, OLD.in_window,
                OLD.requested_at)
            IS DISTINCT FROM
               (NEW.id, NEW.order_id, NEW.buyer, NEW.reason, NEW.amount_minor, NEW.currency, NEW.in_window,
                NEW.requested_at)
        )
        EXECUTE FUNCTION refuse_refund_change();
        CREATE TRIGGER refunds_never_removed BEFORE DELETE OR TRUNCATE ON refunds
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON refunds FROM {role}")


def _maturities() -> None:
    """From when an order's commission is held, learnt after it accrued: receipt and the window to send back.

    What the books refuse to settle is set aside, so that the rest goes on.
    """
    op.execute(
        """
        CREATE TABLE accrued_receipts (
            order_id    uuid CONSTRAINT pk_accrued_receipts PRIMARY KEY,
            held_from   timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL
        );
        ALTER TABLE accrual_maturities ADD COLUMN set_aside_at timestamptz, ADD COLUMN set_aside_because text,
            ADD CONSTRAINT ck_accrual_maturities_set_aside
                CHECK ((set_aside_at IS NULL) = (set_aside_because IS NULL))
        """
    )


def _clawbacks() -> None:
    """`clawed_refunds` is the claim: a refund claws back once. What it took, and where from, is a row an accrual."""
    op.execute(
        """
        CREATE TABLE clawed_refunds (
            refund_id uuid CONSTRAINT pk_clawed_refunds PRIMARY KEY
                CONSTRAINT fk_clawed_refunds_refund_id REFERENCES refunds (id),
            order_id  uuid NOT NULL,
            clawed_at timestamptz NOT NULL
        );
        CREATE INDEX ix_clawed_refunds_order_id ON clawed_refunds (order_id);
        CREATE TABLE clawbacks (
            id            uuid CONSTRAINT pk_clawbacks PRIMARY KEY,
            accrual_id    uuid NOT NULL CONSTRAINT fk_clawbacks_accrual_id REFERENCES accruals (id),
            refund_id     uuid NOT NULL CONSTRAINT fk_clawbacks_refund_id REFERENCES clawed_refunds (refund_id),
            amount_minor  bigint NOT NULL CONSTRAINT ck_clawbacks_amount_minor CHECK (amount_minor > 0),
            pending_minor bigint NOT NULL CONSTRAINT ck_clawbacks_pending_minor CHECK (pending_minor >= 0),
            wallet_minor  bigint NOT NULL CONSTRAINT ck_clawbacks_wallet_minor CHECK (wallet_minor >= 0),
            owed_minor    bigint NOT NULL CONSTRAINT ck_clawbacks_owed_minor CHECK (owed_minor >= 0),
            clawed_at     timestamptz NOT NULL,
            CONSTRAINT uq_clawbacks_accrual_id_refund_id UNIQUE (accrual_id, refund_id),
            CONSTRAINT ck_clawbacks_whole CHECK (pending_minor + wallet_minor + owed_minor = amount_minor)
        );
        """
    )


def _accruals_move_only_forward() -> None:
    """`clawed_minor` sums an accrual's claw backs; at the full amount it is reversed, unless it was paid out."""
    op.execute(
        f"""
        ALTER TABLE accruals ADD COLUMN clawed_minor bigint NOT NULL DEFAULT 0
            CONSTRAINT ck_accruals_clawed_minor CHECK (clawed_minor BETWEEN 0 AND amount_minor);
        DROP TRIGGER accruals_move_forward ON accruals;
        CREATE TRIGGER accruals_move_forward BEFORE UPDATE ON accruals FOR EACH ROW
        WHEN (
            NOT (
                {_MOVES}
                OR (OLD.status = NEW.status
                    AND (OLD.matures_at IS DISTINCT FROM NEW.matures_at OR OLD.clawed_minor <> NEW.clawed_minor))
            )
            OR (OLD.id, OLD.order_line_id, OLD.beneficiary, OLD.kind, OLD.level, OLD.leg, OLD.amount_minor,
                OLD.currency, OLD.accrued_at)
            IS DISTINCT FROM
               (NEW.id, NEW.order_line_id, NEW.beneficiary, NEW.kind, NEW.level, NEW.leg, NEW.amount_minor,
                NEW.currency, NEW.accrued_at)
            OR (OLD.matures_at IS NOT NULL AND OLD.matures_at IS DISTINCT FROM NEW.matures_at)
            OR OLD.clawed_minor > NEW.clawed_minor
            OR (OLD.status <> 'settled' AND NEW.status = 'settled') <> (NEW.settled_at IS DISTINCT FROM OLD.settled_at)
        )
        EXECUTE FUNCTION refuse_accrual_change();
        DROP TRIGGER accruals_leave_maturities ON accruals;
        CREATE TRIGGER accruals_leave_maturities AFTER UPDATE ON accruals FOR EACH ROW
        WHEN (OLD.status = 'held' AND NEW.status NOT IN ('held', 'settled') AND OLD.matures_at IS NOT NULL)
        EXECUTE FUNCTION leave_maturities();
        DROP TRIGGER accruals_born_held ON accruals;
        CREATE TRIGGER accruals_born_held BEFORE INSERT ON accruals FOR EACH ROW
        WHEN (NEW.status <> 'held' OR NEW.settled_at IS NOT NULL OR NEW.clawed_minor <> 0)
        EXECUTE FUNCTION refuse_accrual_birth()
        """
    )
    for_application_role("GRANT UPDATE (status, settled_at, matures_at, clawed_minor) ON accruals TO {role}")


def _drafts() -> None:
    """A draft is the document of a plan before anybody earns by it; once published it names its version."""
    op.execute(
        """
        CREATE TABLE commission_plan_drafts (
            id         uuid CONSTRAINT pk_commission_plan_drafts PRIMARY KEY,
            name       text NOT NULL,
            currency   text NOT NULL,
            document   jsonb NOT NULL,
            created_by uuid NOT NULL,
            created_at timestamptz NOT NULL,
            version_id uuid
                CONSTRAINT fk_commission_plan_drafts_version_id REFERENCES commission_plan_versions (id)
        )
        """
    )
