"""What members are told: notices in the shop, mails that leave it, and what each member does not want to hear."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _notices()
    _mails()


def _notices() -> None:
    """One notice a member, kind and subject, however often it is told. `about` is another member, named at reading.

    An opt-out is a row; who has none hears everything.
    """
    op.execute(
        """
        CREATE TABLE notices (
            id         uuid CONSTRAINT pk_notices PRIMARY KEY,
            member     bigint NOT NULL CONSTRAINT fk_notices_member REFERENCES members (number) ON DELETE CASCADE,
            kind       text NOT NULL,
            subject    text NOT NULL,
            about      bigint,
            target_id  uuid,
            facts      jsonb NOT NULL CONSTRAINT ck_notices_facts CHECK (jsonb_typeof(facts) = 'object'),
            created_at timestamptz NOT NULL,
            read_at    timestamptz,
            CONSTRAINT uq_notices_natural UNIQUE (member, kind, subject)
        );
        CREATE INDEX ix_notices_member ON notices (member, id);
        CREATE INDEX ix_notices_unread ON notices (member, id) WHERE read_at IS NULL;
        CREATE TABLE notice_opt_outs (
            member  bigint NOT NULL
                CONSTRAINT fk_notice_opt_outs_member REFERENCES members (number) ON DELETE CASCADE,
            channel text NOT NULL CONSTRAINT ck_notice_opt_outs_channel CHECK (channel IN ('in_app', 'email')),
            topic   text NOT NULL CONSTRAINT ck_notice_opt_outs_topic
                CHECK (topic IN ('rooms', 'reminders', 'orders', 'invites', 'earnings')),
            CONSTRAINT pk_notice_opt_outs PRIMARY KEY (member, channel, topic)
        );
        """
    )


def _mails() -> None:
    """A mail names its member, never an address: where it goes and what it says is decided when it is sent."""
    op.execute(
        """
        CREATE TABLE mails (
            id         uuid CONSTRAINT pk_mails PRIMARY KEY,
            member     bigint NOT NULL CONSTRAINT fk_mails_member REFERENCES members (number) ON DELETE CASCADE,
            kind       text NOT NULL,
            subject    text NOT NULL,
            target_id  uuid,
            facts      jsonb NOT NULL CONSTRAINT ck_mails_facts CHECK (jsonb_typeof(facts) = 'object'),
            status     text NOT NULL DEFAULT 'queued' CONSTRAINT ck_mails_status
                CHECK (status IN ('queued', 'sent', 'undelivered', 'set_aside', 'dropped')),
            attempts   integer NOT NULL DEFAULT 0,
            due_at     timestamptz NOT NULL,
            because    text,
            created_at timestamptz NOT NULL,
            ended_at   timestamptz,
            CONSTRAINT uq_mails_natural UNIQUE (member, kind, subject),
            CONSTRAINT ck_mails_ended CHECK ((status = 'queued') = (ended_at IS NULL)),
            CONSTRAINT ck_mails_because CHECK (status IN ('queued', 'sent') OR because IS NOT NULL)
        );
        CREATE INDEX ix_mails_due_at ON mails (due_at) WHERE status = 'queued';
        CREATE INDEX ix_mails_status ON mails (status, id);
        CREATE INDEX ix_mails_sent ON mails (member, ended_at) WHERE status = 'sent';
        """
    )
