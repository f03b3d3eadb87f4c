"""Links to deals, rooms and products; clicks, what they count for, attribution, and what a link brought."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _links()
    _clicks()
    _attributions()
    _sales()


def _links() -> None:
    """One link a member, subject and channel: asked for again, it is the same link, printed codes stay good."""
    op.execute(
        """
        ALTER TABLE invite_links
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_invite_links_kind,
            ADD COLUMN target_id uuid,
            ADD COLUMN channel text,
            ADD CONSTRAINT ck_invite_links_kind CHECK (kind IN ('member', 'deal', 'room', 'product')),
            ADD CONSTRAINT ck_invite_links_target CHECK ((kind = 'member') = (target_id IS NULL)),
            ADD CONSTRAINT ck_invite_links_channel CHECK (channel <> '');
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX uq_invite_links_member;
        CREATE UNIQUE INDEX uq_invite_links_subject
            ON invite_links (owner_id, kind, target_id, channel) NULLS NOT DISTINCT;
        ALTER TABLE orders ADD CONSTRAINT fk_orders_link_id FOREIGN KEY (link_id) REFERENCES invite_links (id);
        """
    )


def _clicks() -> None:
    """A click is one bare row: no foreign key, for that would lock the link's row under each click of a flood.

    The verdict comes later, from a job: `counted`, or why not. A visitor is the hash of a random cookie.
    """
    op.execute(
        """
        CREATE TABLE invite_clicks (
            id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_invite_clicks PRIMARY KEY,
            link_id    uuid NOT NULL,
            visitor    bytea NOT NULL CONSTRAINT ck_invite_clicks_visitor CHECK (length(visitor) = 32),
            member_id  uuid,
            bot        boolean NOT NULL,
            clicked_at timestamptz NOT NULL,
            verdict    text CONSTRAINT ck_invite_clicks_verdict
                CHECK (verdict IN ('counted', 'bot', 'repeat', 'self'))
        );
        CREATE INDEX ix_invite_clicks_visitor ON invite_clicks (link_id, visitor, clicked_at) WHERE NOT bot;
        CREATE INDEX ix_invite_clicks_waiting ON invite_clicks (id) WHERE verdict IS NULL;
        CREATE TABLE invite_click_counts (
            link_id uuid CONSTRAINT pk_invite_click_counts PRIMARY KEY
                CONSTRAINT fk_invite_click_counts_link_id REFERENCES invite_links (id) ON DELETE CASCADE,
            clicks  bigint NOT NULL CONSTRAINT ck_invite_click_counts_clicks CHECK (clicks >= 0),
            repeats bigint NOT NULL CONSTRAINT ck_invite_click_counts_repeats CHECK (repeats >= 0),
            own     bigint NOT NULL CONSTRAINT ck_invite_click_counts_own CHECK (own >= 0),
            bots    bigint NOT NULL CONSTRAINT ck_invite_click_counts_bots CHECK (bots >= 0)
        ) WITH (fillfactor = 70);
        CREATE TABLE invite_visitors (
            visitor   bytea NOT NULL CONSTRAINT ck_invite_visitors_visitor CHECK (length(visitor) = 32),
            member_id uuid NOT NULL CONSTRAINT fk_invite_visitors_member_id REFERENCES members (id) ON DELETE CASCADE,
            seen_at   timestamptz NOT NULL,
            CONSTRAINT pk_invite_visitors PRIMARY KEY (visitor, member_id)
        );
        """
    )


def _attributions() -> None:
    """Through which link a member came, written with the member and never changed."""
    op.execute(
        """
        CREATE TABLE attributions (
            member_id     uuid CONSTRAINT pk_attributions PRIMARY KEY
                CONSTRAINT fk_attributions_member_id REFERENCES members (id) ON DELETE CASCADE,
            link_id       uuid NOT NULL
                CONSTRAINT fk_attributions_link_id REFERENCES invite_links (id) ON DELETE CASCADE,
            source        text NOT NULL CONSTRAINT ck_attributions_source CHECK (source IN ('code', 'cookie')),
            touched_at    timestamptz NOT NULL,
            attributed_at timestamptz NOT NULL
                CONSTRAINT ck_attributions_attributed_at CHECK (attributed_at >= touched_at)
        );
        CREATE INDEX ix_attributions_link_id ON attributions (link_id);
        """
    )


def _sales() -> None:
    """What a link brought, an order a row: a projection that is written anew from orders and accruals at each event."""
    op.execute(
        """
        CREATE TABLE link_sales (
            order_id     uuid CONSTRAINT pk_link_sales PRIMARY KEY
                CONSTRAINT fk_link_sales_order_id REFERENCES orders (id),
            link_id      uuid NOT NULL CONSTRAINT fk_link_sales_link_id REFERENCES invite_links (id),
            currency     text NOT NULL,
            earned_minor bigint NOT NULL CONSTRAINT ck_link_sales_earned_minor CHECK (earned_minor >= 0)
        ) WITH (fillfactor = 70);
        CREATE INDEX ix_link_sales_link_id ON link_sales (link_id) INCLUDE (currency, earned_minor);
        """
    )
