"""Findings about members that a person decides: whom each names, what it holds, what was decided and why."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0136"
down_revision = "0127"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`findings` says what was noticed and never changes; what became of it stands here, and `state` alone moves on.

    `rules_version` 0 is the rules that the shop begins with. What holds money does not expire.
    """
    op.execute(
        """
        CREATE TABLE risk_rules (
            version      integer CONSTRAINT pk_risk_rules PRIMARY KEY
                CONSTRAINT ck_risk_rules_version CHECK (version >= 1),
            document     jsonb NOT NULL CONSTRAINT ck_risk_rules_document CHECK (jsonb_typeof(document) = 'object'),
            note         text NOT NULL,
            published_by uuid NOT NULL,
            published_at timestamptz NOT NULL
        );
        CREATE TABLE finding_cases (
            finding_id    uuid CONSTRAINT pk_finding_cases PRIMARY KEY
                CONSTRAINT fk_finding_cases_finding_id REFERENCES findings (id),
            rules_version integer NOT NULL,
            shadow        boolean NOT NULL,
            holds         boolean NOT NULL,
            state         text NOT NULL DEFAULT 'open' CONSTRAINT ck_finding_cases_state
                CHECK (state IN ('open', 'confirmed', 'dismissed', 'expired', 'replaced')),
            seen_at       timestamptz NOT NULL,
            expires_at    timestamptz,
            CONSTRAINT ck_finding_cases_shadow CHECK (NOT (shadow AND holds)),
            CONSTRAINT ck_finding_cases_expiry CHECK (holds = (expires_at IS NULL))
        );
        CREATE INDEX ix_finding_cases_state ON finding_cases (state, finding_id);
        CREATE TABLE finding_members (
            finding_id    uuid NOT NULL
                CONSTRAINT fk_finding_members_finding_id REFERENCES finding_cases (finding_id),
            member_number bigint NOT NULL
                CONSTRAINT fk_finding_members_member_number REFERENCES members (number),
            CONSTRAINT pk_finding_members PRIMARY KEY (finding_id, member_number)
        );
        CREATE INDEX ix_finding_members_member_number ON finding_members (member_number);
        CREATE TABLE finding_decisions (
            id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_finding_decisions PRIMARY KEY,
            finding_id uuid NOT NULL
                CONSTRAINT fk_finding_decisions_finding_id REFERENCES finding_cases (finding_id),
            decision   text NOT NULL
                CONSTRAINT ck_finding_decisions_decision CHECK (decision IN ('confirmed', 'dismissed')),
            decided_by uuid NOT NULL,
            decided_at timestamptz NOT NULL,
            reason     text NOT NULL CONSTRAINT ck_finding_decisions_reason CHECK (reason <> '')
        );
        CREATE INDEX ix_finding_decisions_finding_id ON finding_decisions (finding_id)
        """
    )
    for table in ("risk_rules", "finding_members", "finding_decisions"):
        append_only(table)
    for_application_role("REVOKE UPDATE, DELETE, TRUNCATE ON finding_cases FROM {role}")
    for_application_role("GRANT UPDATE (state, seen_at, expires_at) ON finding_cases TO {role}")
    _decided_by_another()
    _held_money_does_not_move()


def _decided_by_another() -> None:
    """No state of decision without a decision, by somebody whom the finding does not name."""
    op.execute(
        """
        CREATE FUNCTION finding_check_decision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM finding_members f JOIN members m ON m.number = f.member_number
                WHERE f.finding_id = NEW.finding_id AND m.id = NEW.decided_by
            ) THEN
                RAISE EXCEPTION 'finding %: decided by one whom it names', NEW.finding_id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER finding_decisions_by_another BEFORE INSERT ON finding_decisions FOR EACH ROW
        EXECUTE FUNCTION finding_check_decision();

        CREATE FUNCTION finding_check_state() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT coalesce(
                (OLD.state = 'open' AND NEW.state = 'replaced')
                OR (OLD.state = 'open' AND NEW.state = 'expired' AND NOT OLD.holds)
                OR (OLD.state IN ('open', 'confirmed', 'dismissed') AND NEW.state = (
                    SELECT decision FROM finding_decisions WHERE finding_id = NEW.finding_id ORDER BY id DESC LIMIT 1)),
                false
            ) THEN
                RAISE EXCEPTION 'finding %: from % to % refused', OLD.finding_id, OLD.state, NEW.state
                    USING ERRCODE = 'restrict_violation', HINT = 'a person decides, and the decision is written first';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER finding_cases_state_moves BEFORE UPDATE ON finding_cases FOR EACH ROW
        WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION finding_check_state();

        CREATE FUNCTION refuse_finding_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'finding %: what it was raised with stays', OLD.finding_id
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER finding_cases_stay BEFORE UPDATE ON finding_cases FOR EACH ROW
        WHEN ((OLD.finding_id, OLD.rules_version, OLD.shadow, OLD.holds)
            IS DISTINCT FROM (NEW.finding_id, NEW.rules_version, NEW.shadow, NEW.holds))
        EXECUTE FUNCTION refuse_finding_change();
        CREATE TRIGGER finding_cases_never_removed BEFORE DELETE OR TRUNCATE ON finding_cases
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )


def _held_money_does_not_move() -> None:
    """A finding that holds lets no request of whom it names be approved, claimed into a batch, or released."""
    op.execute(
        """
        CREATE FUNCTION money_is_held(member bigint) RETURNS boolean STABLE LANGUAGE sql AS $$
            SELECT EXISTS (
                SELECT FROM finding_members f JOIN finding_cases c ON c.finding_id = f.finding_id
                WHERE f.member_number = member AND c.holds AND c.state IN ('open', 'confirmed'))
        $$;
        CREATE FUNCTION payout_check_held() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF money_is_held(NEW.member_number) THEN
                RAISE EXCEPTION 'payout request %: a finding holds the money of its member', NEW.id
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_requests_not_while_held';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payout_requests_not_while_held BEFORE INSERT OR UPDATE OF status ON payout_requests
        FOR EACH ROW WHEN (NEW.status IN ('approved', 'batched')) EXECUTE FUNCTION payout_check_held();
        CREATE FUNCTION payout_check_held_batch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM payout_requests r WHERE r.batch_id = NEW.id AND money_is_held(r.member_number)) THEN
                RAISE EXCEPTION 'batch %: a finding holds money of it', NEW.id
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_batches_not_while_held';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payout_batches_not_while_held BEFORE UPDATE ON payout_batches FOR EACH ROW
        WHEN (OLD.status = 'frozen' AND NEW.status = 'released') EXECUTE FUNCTION payout_check_held_batch()
        """
    )
