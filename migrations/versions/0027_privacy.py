"""Privacy: consents that are given and withdrawn, people who have left, and who looked at whose data."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0027"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _consents()
    _erasures()
    _own_words_may_be_blotted_out()
    _looks()


def _consents() -> None:
    """A row a decision. Being named, and goods chosen for oneself, stand with the terms until they are withdrawn."""
    op.execute(
        """
        ALTER TABLE member_consents ADD COLUMN given boolean NOT NULL DEFAULT true;
        ALTER TABLE member_consents
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT pk_member_consents,
            -- squawk-ignore adding-serial-primary-key-field,disallowed-unique-constraint
            ADD CONSTRAINT pk_member_consents PRIMARY KEY (member_id, document, accepted_at);
        CREATE FUNCTION consent_stands(member uuid, asked text) RETURNS boolean STABLE LANGUAGE sql AS $$
            SELECT coalesce(
                (SELECT c.given FROM member_consents c WHERE c.member_id = member AND c.document = asked
                 ORDER BY c.accepted_at DESC LIMIT 1),
                asked IN ('names', 'personalisation') AND EXISTS (
                    SELECT FROM member_consents c WHERE c.member_id = member AND c.document = 'terms'))
        $$
        """
    )
    append_only("member_consents")


def _erasures() -> None:
    """Who has left. `finished_at`: erased once more, for what was on its way when the person left."""
    op.execute(
        """
        CREATE TABLE erasures (
            member_id   uuid CONSTRAINT pk_erasures PRIMARY KEY
                CONSTRAINT fk_erasures_member_id REFERENCES members (id),
            erased_at   timestamptz NOT NULL,
            finished_at timestamptz
        );
        CREATE INDEX ix_erasures_unfinished ON erasures (erased_at) WHERE finished_at IS NULL
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON erasures FROM {role}")


def _own_words_may_be_blotted_out() -> None:
    """What was frozen stays frozen, but for a person's own words and account, which may become nothing.

    A refund's reason is blotted out whatever its status; a destination keeps its row, for requests point at it.
    """
    op.execute(
        """
        DROP TRIGGER refunds_move_forward ON refunds;
        CREATE TRIGGER refunds_move_forward BEFORE UPDATE ON refunds FOR EACH ROW
        WHEN (
            NOT (NEW.reason = '' AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason')
            AND (
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
        )
        EXECUTE FUNCTION refuse_refund_change();
        DROP TRIGGER payout_destinations_append_only ON payout_destinations;
        CREATE TRIGGER payout_destinations_never_removed BEFORE DELETE OR TRUNCATE ON payout_destinations
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER payout_destinations_never_changed BEFORE UPDATE ON payout_destinations FOR EACH ROW
        WHEN (
            NOT (NEW.holder = '' AND NEW.account = NEW.id::text
                 AND to_jsonb(NEW) - '{holder,account}'::text[] = to_jsonb(OLD) - '{holder,account}'::text[])
        )
        EXECUTE FUNCTION refuse_change()
        """
    )
    for_application_role("GRANT UPDATE (holder, account) ON payout_destinations TO {role}")


def _looks() -> None:
    """A row a look: that somebody of the shop saw a member's data, and by which operation or page."""
    op.execute(
        """
        CREATE TABLE data_looks (
            id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_data_looks PRIMARY KEY,
            member_id uuid NOT NULL,
            viewer    uuid NOT NULL,
            saw       text NOT NULL,
            looked_at timestamptz NOT NULL
        );
        CREATE INDEX ix_data_looks_member_id ON data_looks (member_id, id);
        CREATE INDEX ix_data_looks_looked_at ON data_looks (looked_at)
        """
    )
    for_application_role("REVOKE UPDATE, TRUNCATE ON data_looks FROM {role}")
