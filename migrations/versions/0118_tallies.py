"""What was counted and pays: tallies of clicks and views, their accruals, and what was disallowed of them."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0118"
down_revision = "0117"
branch_labels = None
depends_on = None

_MOVES = """
    (OLD.status, NEW.status) IN (
        ('held', 'settled'), ('held', 'reversed'), ('held', 'rejected'),
        ('settled', 'paid_out'), ('settled', 'reversed'), ('settled', 'rejected'), ('paid_out', 'settled')
    )
"""


def upgrade() -> None:
    _tallies()
    _accruals_of_tallies()
    _accruals_move_only_forward()
    _disallowances()
    for table in ("tallies", "tally_skips", "disallowances", "disallowed_tallies"):
        append_only(table)


def _tallies() -> None:
    """A tally is both the claim and the snapshot: `counted` of a link's day, behind `before` that were taken already.

    Its facts are those by which its legs were decided.
    """
    op.execute(
        """
        CREATE TABLE tallies (
            id              uuid CONSTRAINT pk_tallies PRIMARY KEY,
            kind            text NOT NULL CONSTRAINT ck_tallies_kind CHECK (kind IN ('click', 'view', 'milestone')),
            member          bigint NOT NULL CONSTRAINT fk_tallies_member REFERENCES members (number),
            plan_version_id uuid NOT NULL
                CONSTRAINT fk_tallies_plan_version_id REFERENCES commission_plan_versions (id),
            link_id         uuid,
            on_day          date NOT NULL,
            counted         bigint NOT NULL CONSTRAINT ck_tallies_counted CHECK (counted > 0),
            before          bigint NOT NULL CONSTRAINT ck_tallies_before CHECK (before >= 0),
            held_from       timestamptz NOT NULL,
            facts           jsonb NOT NULL,
            tallied_at      timestamptz NOT NULL,
            CONSTRAINT uq_tallies_natural UNIQUE (link_id, kind, on_day, before),
            CONSTRAINT ck_tallies_link CHECK ((kind = 'milestone') = (link_id IS NULL))
        );
        CREATE INDEX ix_tallies_member ON tallies (member, on_day);
        CREATE TABLE tally_skips (
            tally_id uuid NOT NULL CONSTRAINT fk_tally_skips_tally_id REFERENCES tallies (id),
            leg      smallint NOT NULL CONSTRAINT ck_tally_skips_leg CHECK (leg >= 0),
            reason   text NOT NULL,
            CONSTRAINT pk_tally_skips PRIMARY KEY (tally_id, leg)
        )
        """
    )


def _accruals_of_tallies() -> None:
    """An accrual is of an order's line or of a tally, and of one of them."""
    op.execute(
        """
        ALTER TABLE accruals
            -- squawk-ignore ban-drop-not-null
            ALTER COLUMN order_line_id DROP NOT NULL,
            ADD COLUMN tally_id uuid,
            ADD CONSTRAINT fk_accruals_tally_id FOREIGN KEY (tally_id) REFERENCES tallies (id) NOT VALID,
            ADD CONSTRAINT ck_accruals_ground CHECK (num_nonnulls(order_line_id, tally_id) = 1) NOT VALID,
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_accruals_kind,
            ADD CONSTRAINT ck_accruals_kind CHECK (kind IN (
                'sale', 'host', 'self', 'tier', 'lead', 'leader_margin', 'click', 'view', 'milestone')) NOT VALID;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX uq_accruals_tally_id ON accruals (tally_id, leg) WHERE tally_id IS NOT NULL
        """
    )


def _accruals_move_only_forward() -> None:
    """As it was; the tally is as fixed as all else."""
    op.execute(
        f"""
        DROP TRIGGER accruals_move_forward ON accruals;
        CREATE TRIGGER accruals_move_forward BEFORE UPDATE ON accruals FOR EACH ROW
        WHEN (
            NOT (
                {_MOVES}
                OR (OLD.status = NEW.status
                    AND (OLD.matures_at IS DISTINCT FROM NEW.matures_at OR OLD.clawed_minor <> NEW.clawed_minor))
            )
            OR (OLD.id, OLD.order_line_id, OLD.tally_id, OLD.beneficiary, OLD.kind, OLD.level, OLD.leg,
                OLD.amount_minor, OLD.currency, OLD.accrued_at)
            IS DISTINCT FROM
               (NEW.id, NEW.order_line_id, NEW.tally_id, NEW.beneficiary, NEW.kind, NEW.level, NEW.leg,
                NEW.amount_minor, NEW.currency, NEW.accrued_at)
            OR (OLD.matures_at IS NOT NULL AND OLD.matures_at IS DISTINCT FROM NEW.matures_at)
            OR OLD.clawed_minor > NEW.clawed_minor
            OR (OLD.status = 'held' AND NEW.status = 'settled') <> (NEW.settled_at IS DISTINCT FROM OLD.settled_at)
        )
        EXECUTE FUNCTION refuse_accrual_change()
        """
    )


def _disallowances() -> None:
    """Somebody found counted clicks or views to be none: of which tallies, and why. It claws back as refunds do."""
    op.execute(
        """
        CREATE TABLE disallowances (
            id            uuid CONSTRAINT pk_disallowances PRIMARY KEY,
            member        bigint NOT NULL CONSTRAINT fk_disallowances_member REFERENCES members (number),
            kind          text NOT NULL CONSTRAINT ck_disallowances_kind CHECK (kind IN ('click', 'view')),
            first_day     date NOT NULL,
            last_day      date NOT NULL,
            link_id       uuid,
            reason        text NOT NULL CONSTRAINT ck_disallowances_reason CHECK (length(reason) BETWEEN 1 AND 500),
            disallowed_at timestamptz NOT NULL,
            CONSTRAINT ck_disallowances_days CHECK (last_day >= first_day)
        );
        CREATE INDEX ix_disallowances_member ON disallowances (member, id);
        CREATE TABLE disallowed_tallies (
            tally_id        uuid NOT NULL CONSTRAINT fk_disallowed_tallies_tally_id REFERENCES tallies (id),
            disallowance_id uuid NOT NULL
                CONSTRAINT fk_disallowed_tallies_disallowance_id REFERENCES disallowances (id),
            counted         bigint NOT NULL CONSTRAINT ck_disallowed_tallies_counted CHECK (counted > 0),
            CONSTRAINT pk_disallowed_tallies PRIMARY KEY (tally_id, disallowance_id)
        );
        ALTER TABLE clawbacks
            -- squawk-ignore ban-drop-not-null
            ALTER COLUMN refund_id DROP NOT NULL,
            ADD COLUMN disallowance_id uuid,
            ADD CONSTRAINT fk_clawbacks_disallowance_id FOREIGN KEY (disallowance_id)
                REFERENCES disallowances (id) NOT VALID,
            ADD CONSTRAINT ck_clawbacks_cause CHECK (num_nonnulls(refund_id, disallowance_id) = 1) NOT VALID;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX uq_clawbacks_disallowance_id ON clawbacks (accrual_id, disallowance_id)
            WHERE disallowance_id IS NOT NULL
        """
    )
