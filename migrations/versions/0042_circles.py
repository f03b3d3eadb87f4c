"""A leader's circle: who belongs to it, what its leader tells it, and deals and rooms that are for it alone."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0042"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _circles()
    _notices()
    _deals()


def _circles() -> None:
    """Whom a leader brought belongs to the circle, and who joined it; a row with an end is of somebody who left."""
    op.execute(
        """
        CREATE TABLE circle_members (
            leader    bigint NOT NULL CONSTRAINT fk_circle_members_leader REFERENCES members (number),
            member    bigint NOT NULL CONSTRAINT fk_circle_members_member REFERENCES members (number),
            joined_at timestamptz NOT NULL,
            left_at   timestamptz,
            CONSTRAINT pk_circle_members PRIMARY KEY (leader, member),
            CONSTRAINT ck_circle_members_another CHECK (leader <> member)
        );
        CREATE INDEX ix_circle_members_member ON circle_members (member);
        CREATE FUNCTION in_circle(of_leader bigint, asked bigint) RETURNS boolean STABLE LANGUAGE sql AS $$
            SELECT of_leader = asked OR coalesce(
                (SELECT c.left_at IS NULL FROM circle_members c WHERE c.leader = of_leader AND c.member = asked),
                EXISTS (SELECT FROM referral_nodes n WHERE n.member_number = asked AND n.sponsor = of_leader))
        $$
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON circle_members FROM {role}")


def _notices() -> None:
    op.execute(
        """
        CREATE TABLE circle_notices (
            id        uuid CONSTRAINT pk_circle_notices PRIMARY KEY,
            leader    bigint NOT NULL CONSTRAINT fk_circle_notices_leader REFERENCES members (number),
            body      text NOT NULL CONSTRAINT ck_circle_notices_body CHECK (length(body) <= 1000),
            posted_at timestamptz NOT NULL
        );
        CREATE INDEX ix_circle_notices_leader ON circle_notices (leader, id);
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE notice_opt_outs DROP CONSTRAINT ck_notice_opt_outs_topic;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE notice_opt_outs ADD CONSTRAINT ck_notice_opt_outs_topic CHECK (topic IN
            ('rooms', 'reminders', 'orders', 'invites', 'earnings', 'membership', 'community', 'circles'))
        """
    )


def _deals() -> None:
    """A room keeps whose circle its deal is for: a deal that changes later changes no room."""
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN circle_only boolean NOT NULL DEFAULT false;
        ALTER TABLE rooms ADD COLUMN circle_of bigint
            -- squawk-ignore adding-foreign-key-constraint
            CONSTRAINT fk_rooms_circle_of REFERENCES members (number)
        """
    )
