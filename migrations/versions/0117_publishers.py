"""Publishers: members whose sites bring people, and views of the banners that they show."""

from __future__ import annotations

from alembic import op

revision = "0117"
down_revision = "0126"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _publishers()
    _views()


def _publishers() -> None:
    """A member is one publisher at most; who was refused or ended asks again in the same row.

    The audit record keeps the decisions. `approved_at` is that of the last approval.
    """
    op.execute(
        """
        CREATE TABLE publishers (
            member      bigint CONSTRAINT pk_publishers PRIMARY KEY
                CONSTRAINT fk_publishers_member REFERENCES members (number),
            site_name   text NOT NULL CONSTRAINT ck_publishers_site_name CHECK (length(site_name) BETWEEN 1 AND 100),
            site_url    text NOT NULL CONSTRAINT ck_publishers_site_url CHECK (length(site_url) BETWEEN 1 AND 300),
            kind        text NOT NULL CONSTRAINT ck_publishers_kind
                CHECK (kind IN ('blog', 'video', 'social', 'deals', 'app', 'other')),
            status      text NOT NULL CONSTRAINT ck_publishers_status
                CHECK (status IN ('open', 'approved', 'rejected', 'ended')),
            reason      text,
            applied_at  timestamptz NOT NULL,
            decided_at  timestamptz,
            approved_at timestamptz,
            ended_at    timestamptz,
            CONSTRAINT ck_publishers_decided CHECK ((status = 'open') = (decided_at IS NULL)),
            CONSTRAINT ck_publishers_ended CHECK ((status = 'ended') = (ended_at IS NOT NULL))
        );
        CREATE INDEX ix_publishers_status ON publishers (status, member)
        """
    )


def _views() -> None:
    """As clicks are: bare rows that a job judges, and sums by day. Without a cookie a visitor is a hash for a day."""
    op.execute(
        """
        CREATE TABLE banner_views (
            id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_banner_views PRIMARY KEY,
            link_id   uuid NOT NULL,
            visitor   bytea NOT NULL CONSTRAINT ck_banner_views_visitor CHECK (length(visitor) = 32),
            bot       boolean NOT NULL,
            closed    boolean NOT NULL,
            viewed_at timestamptz NOT NULL,
            verdict   text CONSTRAINT ck_banner_views_verdict
                CHECK (verdict IN ('counted', 'bot', 'repeat', 'self', 'closed'))
        );
        CREATE INDEX ix_banner_views_visitor ON banner_views (visitor, link_id, viewed_at) WHERE NOT bot;
        CREATE INDEX ix_banner_views_waiting ON banner_views (id) WHERE verdict IS NULL;
        CREATE TABLE banner_view_days (
            link_id uuid NOT NULL CONSTRAINT fk_banner_view_days_link_id REFERENCES invite_links (id)
                ON DELETE CASCADE,
            on_day  date NOT NULL,
            views   bigint NOT NULL,
            repeats bigint NOT NULL,
            own     bigint NOT NULL,
            bots    bigint NOT NULL,
            closed  bigint NOT NULL,
            CONSTRAINT pk_banner_view_days PRIMARY KEY (link_id, on_day)
        ) WITH (fillfactor = 70)
        """
    )
