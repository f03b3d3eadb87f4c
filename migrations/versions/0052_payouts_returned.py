"""A payout that was paid may come back from the bank: the request says so, and its commissions are paid out again."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0052"
down_revision = "0030"
branch_labels = None
depends_on = None

_PAYOUT_MOVES = """
    (OLD.status, NEW.status) IN (
        ('submitted', 'approved'), ('submitted', 'held'), ('submitted', 'rejected'), ('submitted', 'cancelled'),
        ('held', 'approved'), ('held', 'rejected'), ('held', 'cancelled'),
        ('approved', 'held'), ('approved', 'rejected'), ('approved', 'batched'),
        ('batched', 'paid'), ('batched', 'failed'), ('paid', 'returned')
    )
"""
_ACCRUAL_MOVES = """
    (OLD.status, NEW.status) IN (
        ('held', 'settled'), ('held', 'reversed'), ('held', 'rejected'),
        ('settled', 'paid_out'), ('settled', 'reversed'), ('settled', 'rejected'), ('paid_out', 'settled')
    )
"""


def upgrade() -> None:
    _requests_may_be_returned()
    _what_a_returned_payout_took()
    _accruals_may_be_paid_out_again()


def _requests_may_be_returned() -> None:
    op.execute(
        f"""
        ALTER TABLE payout_requests
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_payout_requests_status,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_payout_requests_batch,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_payout_requests_ended,
            ADD CONSTRAINT ck_payout_requests_status CHECK (status IN (
                'submitted', 'approved', 'held', 'rejected', 'cancelled', 'batched', 'paid', 'failed', 'returned'
            )),
            ADD CONSTRAINT ck_payout_requests_batch CHECK (
                (status IN ('batched', 'paid', 'failed', 'returned')) = (batch_id IS NOT NULL)
            ),
            ADD CONSTRAINT ck_payout_requests_ended CHECK (
                (status IN ('rejected', 'cancelled', 'paid', 'failed', 'returned')) = (ended_at IS NOT NULL)
            );
        CREATE INDEX IF NOT EXISTS ix_payout_requests_returned ON payout_requests (member_number, currency)
            WHERE status = 'returned';
        DROP TRIGGER payout_requests_move_forward ON payout_requests;
        CREATE TRIGGER payout_requests_move_forward BEFORE UPDATE ON payout_requests FOR EACH ROW
        WHEN (
            NOT {_PAYOUT_MOVES}
            OR (OLD.id, OLD.member_id, OLD.member_number, OLD.destination_id, OLD.channel, OLD.amount_minor,
                OLD.currency, OLD.submitted_at)
            IS DISTINCT FROM
               (NEW.id, NEW.member_id, NEW.member_number, NEW.destination_id, NEW.channel, NEW.amount_minor,
                NEW.currency, NEW.submitted_at)
            OR (OLD.batch_id IS NOT NULL AND OLD.batch_id IS DISTINCT FROM NEW.batch_id)
        )
        EXECUTE FUNCTION refuse_payout_change()
        """
    )


def _what_a_returned_payout_took() -> None:
    """Beside what settled, this may be paid out: parts of commissions that a payout took and that came back."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS returned_commissions (
            accrual_id   uuid NOT NULL CONSTRAINT fk_returned_commissions_accrual_id REFERENCES accruals (id),
            subject_id   uuid NOT NULL,
            amount_minor bigint NOT NULL CONSTRAINT ck_returned_commissions_amount_minor CHECK (amount_minor > 0),
            returned_at  timestamptz NOT NULL,
            CONSTRAINT pk_returned_commissions PRIMARY KEY (accrual_id, subject_id)
        )
        """
    )
    append_only("returned_commissions")


def _accruals_may_be_paid_out_again() -> None:
    """What settled keeps the instant at which it did, however often it is paid out."""
    op.execute(
        f"""
        DROP TRIGGER accruals_move_forward ON accruals;
        CREATE TRIGGER accruals_move_forward BEFORE UPDATE ON accruals FOR EACH ROW
        WHEN (
            NOT (
                {_ACCRUAL_MOVES}
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
            OR (OLD.status = 'held' AND NEW.status = 'settled') <> (NEW.settled_at IS DISTINCT FROM OLD.settled_at)
        )
        EXECUTE FUNCTION refuse_accrual_change()
        """
    )
