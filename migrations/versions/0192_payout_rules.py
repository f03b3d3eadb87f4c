"""How payouts are reviewed, as versions: how long each may wait, and which the shop approves by itself, if any."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0192"
down_revision = "0202"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rules()
    _a_rule_says_once_and_is_signed_by_another()
    _decisions_without_a_person()
    _which_the_rule_admits()
    _approved_by_a_person_or_by_the_rule()


def _rules() -> None:
    op.execute(
        """
        CREATE TABLE payout_rules (
            version      integer CONSTRAINT pk_payout_rules PRIMARY KEY
                CONSTRAINT ck_payout_rules_version CHECK (version >= 1),
            document     jsonb NOT NULL CONSTRAINT ck_payout_rules_document CHECK (jsonb_typeof(document) = 'object'),
            note         text NOT NULL CONSTRAINT ck_payout_rules_note CHECK (note <> ''),
            published_by uuid NOT NULL,
            published_at timestamptz NOT NULL,
            signed_by    uuid,
            signed_at    timestamptz,
            stopped_by   uuid,
            stopped_at   timestamptz,
            CONSTRAINT ck_payout_rules_four_eyes CHECK (signed_by <> published_by),
            CONSTRAINT ck_payout_rules_signed CHECK ((signed_by IS NULL) = (signed_at IS NULL)),
            CONSTRAINT ck_payout_rules_stopped CHECK ((stopped_by IS NULL) = (stopped_at IS NULL))
        )
        """
    )
    for_application_role("REVOKE UPDATE, DELETE, TRUNCATE ON payout_rules FROM {role}")
    for_application_role("GRANT UPDATE (signed_by, signed_at, stopped_by, stopped_at) ON payout_rules TO {role}")


def _a_rule_says_once_and_is_signed_by_another() -> None:
    """Published unsigned, signed once, stopped once; whoever publishes or signs has shown a code."""
    op.execute(
        """
        CREATE FUNCTION payout_check_rule() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF NEW.signed_by IS NOT NULL OR NEW.stopped_by IS NOT NULL THEN
                    RAISE EXCEPTION 'rule %: signed by another, after it was published', NEW.version
                        USING ERRCODE = 'restrict_violation';
                END IF;
                PERFORM payout_check_step_up(NEW.published_by, NEW.published_at);
                RETURN NEW;
            END IF;
            IF (OLD.version, OLD.document, OLD.note, OLD.published_by, OLD.published_at)
                    IS DISTINCT FROM (NEW.version, NEW.document, NEW.note, NEW.published_by, NEW.published_at)
                OR (OLD.signed_by IS NOT NULL
                    AND (OLD.signed_by, OLD.signed_at) IS DISTINCT FROM (NEW.signed_by, NEW.signed_at))
                OR (OLD.stopped_by IS NOT NULL
                    AND (OLD.stopped_by, OLD.stopped_at) IS DISTINCT FROM (NEW.stopped_by, NEW.stopped_at))
                OR (OLD.signed_by IS NULL AND NEW.signed_by IS NOT NULL AND NEW.stopped_by IS NOT NULL) THEN
                RAISE EXCEPTION 'rule %: what was said stays', OLD.version USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.signed_by IS NULL AND NEW.signed_by IS NOT NULL THEN
                PERFORM payout_check_step_up(NEW.signed_by, NEW.signed_at);
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payout_rules_said_once BEFORE INSERT OR UPDATE ON payout_rules FOR EACH ROW
        EXECUTE FUNCTION payout_check_rule();
        CREATE TRIGGER payout_rules_never_removed BEFORE DELETE OR TRUNCATE ON payout_rules
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )


def _decisions_without_a_person() -> None:
    """An automatic approval names no person but the version of the rule, and keeps the facts that it saw."""
    op.execute(
        """
        ALTER TABLE payout_decisions ADD COLUMN IF NOT EXISTS rule_version integer;
        ALTER TABLE payout_decisions ADD COLUMN IF NOT EXISTS saw jsonb;
        -- squawk-ignore ban-drop-not-null
        ALTER TABLE payout_decisions ALTER COLUMN decided_by DROP NOT NULL;
        ALTER TABLE payout_decisions ADD CONSTRAINT fk_payout_decisions_rule_version
            FOREIGN KEY (rule_version) REFERENCES payout_rules (version) NOT VALID;
        ALTER TABLE payout_decisions ADD CONSTRAINT ck_payout_decisions_by CHECK (
            (decided_by IS NULL) = (rule_version IS NOT NULL) AND (rule_version IS NULL) = (saw IS NULL)
            AND (rule_version IS NULL OR decision = 'approved')
        ) NOT VALID;
        CREATE INDEX IF NOT EXISTS ix_payout_decisions_automatic ON payout_decisions (decided_at)
            WHERE rule_version IS NOT NULL
        """
    )


def _which_the_rule_admits() -> None:
    """Why a version of the rule does not approve a request; NULL where it does. The one place that says so: the
    service chooses by it, and the trigger holds every automatic decision to it.
    """
    op.execute(
        """
        CREATE FUNCTION payout_automatic_today(at timestamptz, OUT requests bigint, OUT amount bigint)
        STABLE LANGUAGE sql AS $$
            SELECT count(*), CAST(coalesce(sum(r.amount_minor), 0) AS bigint)
            FROM payout_decisions d JOIN payout_requests r ON r.id = d.request_id
            WHERE d.rule_version IS NOT NULL
                AND d.decided_at >= date_trunc('day', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
        $$;
        CREATE FUNCTION payout_rule_refusal(rule integer, request uuid, at timestamptz) RETURNS text
        STABLE LANGUAGE sql AS $$
            SELECT CASE
                WHEN v.version IS NULL OR v.signed_at IS NULL OR v.stopped_at IS NOT NULL
                    OR v.version <> (SELECT max(version) FROM payout_rules WHERE signed_at IS NOT NULL)
                    OR NOT CAST(a.auto ->> 'on' AS boolean) THEN 'off'
                WHEN m.role NOT IN ('member', 'leader') OR m.id IN (v.published_by, v.signed_by) THEN 'staff'
                WHEN EXISTS (SELECT FROM payout_decisions d WHERE d.request_id = r.id) THEN 'decided'
                WHEN r.submitted_at > at - make_interval(mins => CAST(a.auto ->> 'wait_minutes' AS integer))
                    THEN 'early'
                WHEN r.currency <> a.auto ->> 'currency' THEN 'currency'
                WHEN r.amount_minor > CAST(a.auto ->> 'ceiling_minor' AS bigint) THEN 'ceiling'
                WHEN EXISTS (SELECT FROM payout_findings(r.id, r.member_number)) OR money_is_held(r.member_number)
                    THEN 'finding'
                WHEN NOT payee_is_verified(r.member_number) THEN 'unverified'
                WHEN NOT CAST(a.auto ->> 'first_too' AS boolean) AND NOT EXISTS (
                    SELECT FROM payout_requests e WHERE e.member_id = r.member_id AND e.status = 'paid') THEN 'first'
                WHEN p.created_at > at - make_interval(days => CAST(a.auto ->> 'account_days' AS integer))
                    THEN 'account'
                WHEN w.reversed * 10000 > w.accruals * CAST(a.auto ->> 'most_reversed_bps' AS bigint) THEN 'returns'
                WHEN today.requests + 1 > CAST(a.auto ->> 'daily_count' AS bigint)
                    OR today.amount + r.amount_minor > CAST(a.auto ->> 'daily_minor' AS bigint) THEN 'cap'
            END
            FROM payout_requests r
            JOIN members m ON m.id = r.member_id
            JOIN payout_destinations p ON p.id = r.destination_id
            LEFT JOIN payout_rules v ON v.version = rule
            CROSS JOIN LATERAL (SELECT v.document -> 'auto' AS auto) a
            CROSS JOIN LATERAL (
                SELECT count(*) AS accruals,
                       count(*) FILTER (WHERE x.clawed_minor > 0 OR x.status = 'rejected') AS reversed
                FROM accruals x WHERE x.beneficiary = r.member_number AND x.currency = r.currency
            ) w
            CROSS JOIN LATERAL payout_automatic_today(at) AS today
            WHERE r.id = request
        $$
        """
    )


def _approved_by_a_person_or_by_the_rule() -> None:
    """By whoever has shown a code, or by the rule in force of what it admits: there is no third way.

    The rule's row is locked, so that caps are counted one after the other and a stop comes wholly before or after.
    """
    op.execute(
        """
        CREATE OR REPLACE FUNCTION payout_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE refusal text;
        BEGIN
            IF NEW.rule_version IS NULL THEN
                PERFORM payout_check_step_up(NEW.decided_by, NEW.decided_at);
                RETURN NEW;
            END IF;
            PERFORM FROM payout_rules WHERE version = NEW.rule_version FOR UPDATE;
            refusal := payout_rule_refusal(NEW.rule_version, NEW.request_id, NEW.decided_at);
            IF refusal IS NOT NULL
                OR NOT EXISTS (SELECT FROM payout_requests WHERE id = NEW.request_id AND status = 'approved') THEN
                RAISE EXCEPTION 'payout request %: the rule does not approve it (%)', NEW.request_id, refusal
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_decisions_by_the_rule';
            END IF;
            RETURN NEW;
        END $$
        """
    )
