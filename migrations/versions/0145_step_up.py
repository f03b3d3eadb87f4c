"""Sessions that are stepped up by a code of an authenticator, without which no payout is approved or released."""

from __future__ import annotations

from alembic import op

revision = "0145"
down_revision = "0125"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The secret is sealed; a code counts once, by `last_step`; of recovery codes hashes are kept."""
    op.execute(
        """
        ALTER TABLE member_sessions ADD COLUMN IF NOT EXISTS stepped_up_at timestamptz;
        CREATE TABLE member_totp (
            member_id     uuid CONSTRAINT pk_member_totp PRIMARY KEY
                CONSTRAINT fk_member_totp_member_id REFERENCES members (id) ON DELETE CASCADE,
            sealed_secret bytea NOT NULL,
            created_at    timestamptz NOT NULL,
            confirmed_at  timestamptz,
            last_step     bigint NOT NULL CONSTRAINT ck_member_totp_last_step CHECK (last_step >= 0)
        );
        CREATE TABLE recovery_codes (
            member_id  uuid NOT NULL
                CONSTRAINT fk_recovery_codes_member_id REFERENCES members (id) ON DELETE CASCADE,
            code_hash  bytea NOT NULL
                CONSTRAINT ck_recovery_codes_code_hash CHECK (length(code_hash) = 32),
            created_at timestamptz NOT NULL,
            used_at    timestamptz,
            CONSTRAINT pk_recovery_codes PRIMARY KEY (member_id, code_hash)
        )
        """
    )
    _money_goes_by_stepped_up_sessions()


def _money_goes_by_stepped_up_sessions() -> None:
    """Whatever the program says: approved and released by who has a session stepped up in the five minutes before."""
    op.execute(
        """
        CREATE FUNCTION payout_check_step_up(who uuid, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM member_sessions s WHERE s.member_id = who AND s.revoked_at IS NULL
                AND s.stepped_up_at > at - interval '5 minutes'
            ) THEN
                RAISE EXCEPTION 'no session of % was stepped up in the five minutes before', who
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END $$;
        CREATE FUNCTION payout_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM payout_check_step_up(NEW.decided_by, NEW.decided_at);
            RETURN NEW;
        END $$;
        CREATE FUNCTION payout_check_releaser() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM payout_check_step_up(NEW.released_by, NEW.released_at);
            RETURN NEW;
        END $$;
        CREATE TRIGGER payout_decisions_stepped_up BEFORE INSERT ON payout_decisions FOR EACH ROW
        WHEN (NEW.decision = 'approved') EXECUTE FUNCTION payout_check_approval();
        CREATE TRIGGER payout_batches_stepped_up BEFORE UPDATE ON payout_batches FOR EACH ROW
        WHEN (OLD.status = 'frozen' AND NEW.status = 'released') EXECUTE FUNCTION payout_check_releaser()
        """
    )
