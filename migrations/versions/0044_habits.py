"""How members wish to be written to, how much a member is told at most, and mails that are folded into one."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _habits()
    _caps()
    _mails()
    op.execute("ALTER TABLE notices ADD COLUMN silent boolean NOT NULL DEFAULT false")


def _habits() -> None:
    """Who has no row lives by the shop's quiet hours and gets each mail for itself."""
    op.execute(
        """
        CREATE TABLE notice_habits (
            member      bigint CONSTRAINT pk_notice_habits PRIMARY KEY
                CONSTRAINT fk_notice_habits_member REFERENCES members (number) ON DELETE CASCADE,
            quiet_from  smallint CONSTRAINT ck_notice_habits_quiet_from CHECK (quiet_from BETWEEN 0 AND 23),
            quiet_until smallint CONSTRAINT ck_notice_habits_quiet_until CHECK (quiet_until BETWEEN 0 AND 23),
            digest      text NOT NULL DEFAULT 'never' CONSTRAINT ck_notice_habits_digest
                CHECK (digest IN ('never', 'daily', 'weekly')),
            CONSTRAINT ck_notice_habits_quiet CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
        )
        """
    )


def _caps() -> None:
    """A row a channel and class of kinds; what is about money or safety is of no class."""
    op.execute(
        """
        CREATE TABLE notice_caps (
            channel    text NOT NULL CONSTRAINT ck_notice_caps_channel CHECK (channel IN ('in_app', 'email')),
            kind_class text NOT NULL CONSTRAINT ck_notice_caps_kind_class CHECK (kind_class IN ('service', 'news')),
            per_day    integer NOT NULL CONSTRAINT ck_notice_caps_per_day CHECK (per_day BETWEEN 0 AND 1000),
            per_week   integer NOT NULL CONSTRAINT ck_notice_caps_per_week CHECK (per_week BETWEEN 0 AND 7000),
            CONSTRAINT pk_notice_caps PRIMARY KEY (channel, kind_class)
        );
        INSERT INTO notice_caps (channel, kind_class, per_day, per_week) VALUES
            ('email', 'service', 5, 20), ('email', 'news', 2, 6),
            ('in_app', 'service', 50, 200), ('in_app', 'news', 20, 60)
        """
    )
    for_application_role("REVOKE INSERT, DELETE, TRUNCATE ON notice_caps FROM {role}")


def _mails() -> None:
    """`counted_at`: when a mail took its place under a cap, kept over every attempt. `digest_id`: the mail it is in."""
    op.execute(
        """
        ALTER TABLE mails ADD COLUMN counted_at timestamptz, ADD COLUMN digest_id uuid;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE mails DROP CONSTRAINT ck_mails_status;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE mails DROP CONSTRAINT ck_mails_ended;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT ck_mails_status
            CHECK (status IN ('queued', 'held', 'sent', 'folded', 'undelivered', 'set_aside', 'dropped'));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT ck_mails_ended CHECK ((status IN ('queued', 'held')) = (ended_at IS NULL));
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE mails ADD CONSTRAINT ck_mails_folded CHECK (status <> 'folded' OR digest_id IS NOT NULL);
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX ix_mails_sent;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_mails_counted ON mails (member, counted_at) WHERE counted_at IS NOT NULL;
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_mails_held ON mails (due_at, member) WHERE status = 'held';
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_mails_held_member ON mails (member) WHERE status = 'held';
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_mails_digest_id ON mails (digest_id) WHERE digest_id IS NOT NULL
        """
    )
