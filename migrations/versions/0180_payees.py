"""Who a member is by name, and the checks of that name that come before the first payout."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0180"
down_revision = "0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A check's id is the key of the call that asks for it; `due_at` is when somebody looks into it next."""
    op.execute(
        """
        CREATE TABLE payees (
            member_id  uuid CONSTRAINT pk_payees PRIMARY KEY
                CONSTRAINT fk_payees_member_id REFERENCES members (id),
            kind       text NOT NULL CONSTRAINT ck_payees_kind CHECK (kind IN ('person', 'business')),
            country    text CONSTRAINT ck_payees_country CHECK (country ~ '^[A-Z]{2}$'),
            real_name  text NOT NULL,
            status     text NOT NULL
                CONSTRAINT ck_payees_status CHECK (status IN ('checking', 'verified', 'mismatch', 'unclear')),
            check_id   uuid NOT NULL,
            changed_at timestamptz NOT NULL
        );
        CREATE INDEX ix_payees_status ON payees (status, member_id);
        CREATE TABLE payee_checks (
            id          uuid CONSTRAINT pk_payee_checks PRIMARY KEY,
            member_id   uuid NOT NULL CONSTRAINT fk_payee_checks_member_id REFERENCES members (id),
            status      text NOT NULL DEFAULT 'asked' CONSTRAINT ck_payee_checks_status
                CHECK (status IN ('asked', 'waiting', 'verified', 'mismatch', 'unclear', 'void')),
            reference   text,
            attempts    integer NOT NULL DEFAULT 0,
            asked_at    timestamptz NOT NULL,
            due_at      timestamptz,
            answered_at timestamptz,
            CONSTRAINT ck_payee_checks_due CHECK ((status IN ('asked', 'waiting')) = (due_at IS NOT NULL))
        );
        CREATE INDEX ix_payee_checks_member_id ON payee_checks (member_id, asked_at);
        CREATE INDEX ix_payee_checks_due_at ON payee_checks (due_at) WHERE status IN ('asked', 'waiting');
        CREATE TABLE payee_decisions (
            id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_payee_decisions PRIMARY KEY,
            check_id   uuid NOT NULL CONSTRAINT fk_payee_decisions_check_id REFERENCES payee_checks (id),
            member_id  uuid NOT NULL,
            decision   text NOT NULL
                CONSTRAINT ck_payee_decisions_decision CHECK (decision IN ('verified', 'mismatch')),
            decided_by uuid NOT NULL,
            decided_at timestamptz NOT NULL,
            reason     text NOT NULL CONSTRAINT ck_payee_decisions_reason CHECK (reason <> ''),
            CONSTRAINT ck_payee_decisions_by_another CHECK (decided_by <> member_id)
        );
        CREATE INDEX ix_payee_decisions_check_id ON payee_decisions (check_id)
        """
    )
    append_only("payee_decisions")
    for table in ("payees", "payee_checks"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")
    _no_name_is_verified_without_its_check()
    _nobody_is_paid_without_a_name()


def _no_name_is_verified_without_its_check() -> None:
    op.execute(
        """
        CREATE FUNCTION payee_check_status() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM payee_checks c
                WHERE c.id = NEW.check_id AND c.member_id = NEW.member_id AND c.status = 'verified'
            ) THEN
                RAISE EXCEPTION 'payee %: verified by no check', NEW.member_id USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payees_verified_by_a_check BEFORE INSERT OR UPDATE ON payees FOR EACH ROW
        WHEN (NEW.status = 'verified') EXECUTE FUNCTION payee_check_status()
        """
    )


def _nobody_is_paid_without_a_name() -> None:
    op.execute(
        """
        CREATE FUNCTION payee_is_verified(member bigint) RETURNS boolean STABLE LANGUAGE sql AS $$
            SELECT EXISTS (
                SELECT FROM payees p JOIN members m ON m.id = p.member_id
                WHERE m.number = member AND p.status = 'verified')
        $$;
        CREATE FUNCTION payout_check_payee() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT payee_is_verified(NEW.member_number) THEN
                RAISE EXCEPTION 'payout request %: the name of its member is not verified', NEW.id
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_requests_of_the_verified';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payout_requests_of_the_verified BEFORE UPDATE OF status ON payout_requests FOR EACH ROW
        WHEN (OLD.status <> 'batched' AND NEW.status = 'batched') EXECUTE FUNCTION payout_check_payee()
        """
    )
