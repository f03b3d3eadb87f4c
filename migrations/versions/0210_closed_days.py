"""Days and months of the books are closed: what is posted afterwards stands on the first open day."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0210"
down_revision = "0220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _days()
    _months()
    for table in ("ledger_closed_days", "ledger_closed_months"):
        append_only(table)
    # Entries come in the order of their instants but for moments, so the smallest of indexes finds a day of them.
    op.execute("CREATE INDEX IF NOT EXISTS ix_ledger_entries_posted_at ON ledger_entries USING brin (posted_at)")


def _days() -> None:
    """Days are closed one after another; each says when it ended, so that no other time zone moves it later.

    Whoever posts shares a lock until the transaction ends, and whoever closes holds it alone. The function reads after
    it has the lock, in a statement of its own: under READ COMMITTED that sees what was closed meanwhile, under any
    other level it would not, and there posting is refused.
    """
    op.execute(
        """
        CREATE TABLE ledger_closed_days (
            on_day     date CONSTRAINT pk_ledger_closed_days PRIMARY KEY,
            ends_at    timestamptz NOT NULL CONSTRAINT uq_ledger_closed_days_ends_at UNIQUE,
            entries    bigint NOT NULL CONSTRAINT ck_ledger_closed_days_entries CHECK (entries >= 0),
            closed_at  timestamptz NOT NULL,
            closed_by  uuid,
            CONSTRAINT ck_ledger_closed_days_over CHECK (ends_at <= closed_at)
        );
        CREATE FUNCTION ledger_open_from() RETURNS timestamptz LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger.days', 0));
            RETURN (SELECT max(ends_at) FROM ledger_closed_days);
        END $$;
        CREATE FUNCTION ledger_check_day() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            open_from timestamptz;
            early text;
        BEGIN
            IF current_setting('transaction_isolation') <> 'read committed' THEN
                RAISE EXCEPTION 'entries are posted under READ COMMITTED: no other level sees which days are closed'
                    USING ERRCODE = 'invalid_transaction_state';
            END IF;
            open_from := ledger_open_from();
            SELECT reference INTO early FROM added WHERE posted_at < open_from LIMIT 1;
            IF FOUND THEN
                RAISE EXCEPTION 'entry % is dated into a day that is closed', early
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER ledger_entries_day AFTER INSERT ON ledger_entries
            REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_day();
        CREATE FUNCTION ledger_check_closing() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            last record;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended('ledger.days', 0));
            SELECT on_day, ends_at INTO last FROM ledger_closed_days ORDER BY on_day DESC LIMIT 1;
            IF FOUND AND (NEW.on_day <> last.on_day + 1 OR NEW.ends_at <= last.ends_at) THEN
                RAISE EXCEPTION 'the day % does not follow %, the last that was closed', NEW.on_day, last.on_day
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER ledger_closed_days_in_a_row BEFORE INSERT ON ledger_closed_days
            FOR EACH ROW EXECUTE FUNCTION ledger_check_closing()
        """
    )


def _months() -> None:
    """A month has the hash of its entries and of the month before, and the shop's signature below a person's name."""
    op.execute(
        """
        CREATE TABLE ledger_closed_months (
            month         date CONSTRAINT pk_ledger_closed_months PRIMARY KEY
                CONSTRAINT ck_ledger_closed_months_month CHECK (EXTRACT(day FROM month) = 1),
            starts_at     timestamptz,
            ends_at       timestamptz NOT NULL
                CONSTRAINT fk_ledger_closed_months_ends_at REFERENCES ledger_closed_days (ends_at),
            entries       bigint NOT NULL CONSTRAINT ck_ledger_closed_months_entries CHECK (entries >= 0),
            previous_hash bytea NOT NULL,
            hash          bytea NOT NULL CONSTRAINT ck_ledger_closed_months_hash CHECK (length(hash) = 32),
            public_key    bytea NOT NULL,
            signature     bytea NOT NULL,
            closed_at     timestamptz NOT NULL,
            closed_by     uuid NOT NULL
        );
        CREATE FUNCTION ledger_check_month() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            last record;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended('ledger.days', 0));
            SELECT month, ends_at, hash INTO last FROM ledger_closed_months ORDER BY month DESC LIMIT 1;
            IF FOUND AND (
                NEW.month <> last.month + interval '1 month' OR NEW.starts_at IS DISTINCT FROM last.ends_at
                OR NEW.previous_hash <> last.hash
            ) THEN
                RAISE EXCEPTION 'the month % does not follow %, the last that was closed', NEW.month, last.month
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NOT EXISTS (
                SELECT FROM ledger_closed_days
                WHERE ends_at = NEW.ends_at AND on_day = NEW.month + interval '1 month' - interval '1 day'
            ) THEN
                RAISE EXCEPTION 'the month % has days that are open', NEW.month
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER ledger_closed_months_in_a_row BEFORE INSERT ON ledger_closed_months
            FOR EACH ROW EXECUTE FUNCTION ledger_check_month()
        """
    )
