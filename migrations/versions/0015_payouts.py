"""Payouts: destinations, requests, decisions, batches; who may do what to whose is held here too."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# How a request may move on. Everything that was asked for is said once and for good.
_MOVES = """
    (OLD.status, NEW.status) IN (
        ('submitted', 'approved'), ('submitted', 'held'), ('submitted', 'rejected'), ('submitted', 'cancelled'),
        ('held', 'approved'), ('held', 'rejected'), ('held', 'cancelled'),
        ('approved', 'held'), ('approved', 'rejected'), ('approved', 'batched'),
        ('batched', 'paid'), ('batched', 'failed')
    )
"""


def upgrade() -> None:
    _requests()
    _requests_move_only_forward()
    _decisions()
    _batches_are_released_by_another()
    for table in ("payout_destinations", "payout_decisions", "payout_parts"):
        append_only(table)


def _requests() -> None:
    """`decided_*` is the newest decision, for lists; all of them stand in `payout_decisions`.

    A destination is never edited: a request went to what it said. `account` is read by the payout file alone.
    """
    op.execute(
        """
        CREATE TABLE payout_destinations (
            id         uuid CONSTRAINT pk_payout_destinations PRIMARY KEY,
            member_id  uuid NOT NULL CONSTRAINT fk_payout_destinations_member_id REFERENCES members (id),
            channel    text NOT NULL
                CONSTRAINT ck_payout_destinations_channel CHECK (channel IN ('bank', 'alipay', 'wechat')),
            holder     text NOT NULL,
            account    text NOT NULL CONSTRAINT ck_payout_destinations_account CHECK (length(account) >= 4),
            created_at timestamptz NOT NULL,
            CONSTRAINT uq_payout_destinations_natural UNIQUE (member_id, channel, account, holder)
        );
        CREATE INDEX ix_payout_destinations_account ON payout_destinations (account, channel);

        CREATE TABLE payout_batches (
            id           uuid CONSTRAINT pk_payout_batches PRIMARY KEY,
            channel      text NOT NULL,
            currency     text NOT NULL,
            status       text NOT NULL DEFAULT 'frozen'
                CONSTRAINT ck_payout_batches_status CHECK (status IN ('frozen', 'released', 'settled')),
            item_count   integer NOT NULL CONSTRAINT ck_payout_batches_item_count CHECK (item_count >= 1),
            total_minor  bigint NOT NULL CONSTRAINT ck_payout_batches_total_minor CHECK (total_minor > 0),
            content_hash bytea NOT NULL
                CONSTRAINT ck_payout_batches_content_hash CHECK (length(content_hash) = 32),
            created_by   uuid NOT NULL,
            created_at   timestamptz NOT NULL,
            released_by  uuid,
            released_at  timestamptz,
            CONSTRAINT ck_payout_batches_released CHECK (
                (status = 'frozen') = (released_by IS NULL) AND (status = 'frozen') = (released_at IS NULL)
            )
        );

        CREATE TABLE payout_requests (
            id             uuid CONSTRAINT pk_payout_requests PRIMARY KEY,
            member_id      uuid NOT NULL,
            member_number  bigint NOT NULL CONSTRAINT fk_payout_requests_member_number REFERENCES members (number),
            destination_id uuid NOT NULL
                CONSTRAINT fk_payout_requests_destination_id REFERENCES payout_destinations (id),
            channel        text NOT NULL,
            amount_minor   bigint NOT NULL CONSTRAINT ck_payout_requests_amount_minor CHECK (amount_minor > 0),
            currency       text NOT NULL,
            submitted_at   timestamptz NOT NULL,
            status         text NOT NULL DEFAULT 'submitted' CONSTRAINT ck_payout_requests_status CHECK (
                status IN ('submitted', 'approved', 'held', 'rejected', 'cancelled', 'batched', 'paid', 'failed')
            ),
            decided_at     timestamptz,
            reason         text,
            batch_id       uuid CONSTRAINT fk_payout_requests_batch_id REFERENCES payout_batches (id),
            reference      text,
            ended_at       timestamptz,
            CONSTRAINT uq_payout_requests_id_member_id UNIQUE (id, member_id),
            CONSTRAINT ck_payout_requests_batch CHECK (
                (status IN ('batched', 'paid', 'failed')) = (batch_id IS NOT NULL)
            ),
            CONSTRAINT ck_payout_requests_ended CHECK (
                (status IN ('rejected', 'cancelled', 'paid', 'failed')) = (ended_at IS NOT NULL)
            )
        );
        CREATE INDEX ix_payout_requests_status ON payout_requests (status, id);
        CREATE INDEX ix_payout_requests_member_id ON payout_requests (member_id, id);
        CREATE INDEX ix_payout_requests_paid ON payout_requests (member_number, currency) WHERE status = 'paid';
        CREATE INDEX ix_payout_requests_batch_id ON payout_requests (batch_id, id) WHERE batch_id IS NOT NULL;
        CREATE INDEX ix_payout_requests_approved ON payout_requests (channel, currency, id) WHERE status = 'approved';

        CREATE TABLE payout_parts (
            request_id   uuid NOT NULL CONSTRAINT fk_payout_parts_request_id REFERENCES payout_requests (id),
            accrual_id   uuid NOT NULL CONSTRAINT fk_payout_parts_accrual_id REFERENCES accruals (id),
            amount_minor bigint NOT NULL CONSTRAINT ck_payout_parts_amount_minor CHECK (amount_minor > 0),
            CONSTRAINT pk_payout_parts PRIMARY KEY (request_id, accrual_id)
        );
        CREATE INDEX ix_payout_parts_accrual_id ON payout_parts (accrual_id);
        """
    )


def _requests_move_only_forward() -> None:
    op.execute(
        f"""
        CREATE FUNCTION refuse_payout_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% %: from % to % refused', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'restrict_violation', HINT = 'what was asked for and frozen stays; the status moves on';
        END $$;
        CREATE TRIGGER payout_requests_move_forward BEFORE UPDATE ON payout_requests FOR EACH ROW
        WHEN (
            NOT {_MOVES}
            OR (OLD.id, OLD.member_id, OLD.member_number, OLD.destination_id, OLD.channel, OLD.amount_minor,
                OLD.currency, OLD.submitted_at)
            IS DISTINCT FROM
               (NEW.id, NEW.member_id, NEW.member_number, NEW.destination_id, NEW.channel, NEW.amount_minor,
                NEW.currency, NEW.submitted_at)
            OR (OLD.batch_id IS NOT NULL AND OLD.batch_id IS DISTINCT FROM NEW.batch_id)
        )
        EXECUTE FUNCTION refuse_payout_change();
        CREATE TRIGGER payout_batches_stay_frozen BEFORE UPDATE ON payout_batches FOR EACH ROW
        WHEN (
            NOT (OLD.status, NEW.status) IN (('frozen', 'released'), ('released', 'settled'))
            OR (OLD.id, OLD.channel, OLD.currency, OLD.item_count, OLD.total_minor, OLD.content_hash, OLD.created_by,
                OLD.created_at)
            IS DISTINCT FROM
               (NEW.id, NEW.channel, NEW.currency, NEW.item_count, NEW.total_minor, NEW.content_hash, NEW.created_by,
                NEW.created_at)
            OR (OLD.status <> 'frozen'
                AND (OLD.released_by, OLD.released_at) IS DISTINCT FROM (NEW.released_by, NEW.released_at))
        )
        EXECUTE FUNCTION refuse_payout_change();
        CREATE TRIGGER payout_requests_never_removed BEFORE DELETE OR TRUNCATE ON payout_requests
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER payout_batches_never_removed BEFORE DELETE OR TRUNCATE ON payout_batches
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        """
    )
    for_application_role("REVOKE UPDATE, DELETE, TRUNCATE ON payout_requests, payout_batches FROM {role}")
    for_application_role(
        "GRANT UPDATE (status, decided_at, reason, batch_id, reference, ended_at) ON payout_requests TO {role}"
    )
    for_application_role("GRANT UPDATE (status, released_by, released_at) ON payout_batches TO {role}")


def _decisions() -> None:
    """Nobody decides about an own request: the requester stands beside the decider, and a CHECK compares the two."""
    op.execute(
        """
        CREATE TABLE payout_decisions (
            id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_payout_decisions PRIMARY KEY,
            request_id uuid NOT NULL,
            requester  uuid NOT NULL,
            decision   text NOT NULL
                CONSTRAINT ck_payout_decisions_decision CHECK (decision IN ('approved', 'held', 'rejected')),
            decided_by uuid NOT NULL,
            decided_at timestamptz NOT NULL,
            reason     text,
            CONSTRAINT fk_payout_decisions_request_id FOREIGN KEY (request_id, requester)
                REFERENCES payout_requests (id, member_id),
            CONSTRAINT ck_payout_decisions_by_another CHECK (decided_by <> requester),
            CONSTRAINT ck_payout_decisions_reason CHECK (decision = 'approved' OR reason IS NOT NULL)
        );
        CREATE INDEX ix_payout_decisions_request_id ON payout_decisions (request_id, id);
        """
    )


def _batches_are_released_by_another() -> None:
    """Who releases a batch approved none of its requests and asked for none of them, whatever the program says."""
    op.execute(
        """
        CREATE FUNCTION payout_check_release() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM payout_requests r
                LEFT JOIN payout_decisions d
                  ON d.request_id = r.id AND d.decision = 'approved' AND d.decided_by = NEW.released_by
                WHERE r.batch_id = NEW.id AND (d.id IS NOT NULL OR r.member_id = NEW.released_by)
            ) THEN
                RAISE EXCEPTION 'batch %: released by one who approved or asked for some of it', NEW.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER payout_batches_released_by_another BEFORE UPDATE ON payout_batches FOR EACH ROW
        WHEN (OLD.status = 'frozen' AND NEW.status = 'released') EXECUTE FUNCTION payout_check_release()
        """
    )
