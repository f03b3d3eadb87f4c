"""What buyers write of what they bought: reviews and notes, their pictures, and links that lead to notes."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0040"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _posts()
    _pictures()
    _links()
    _notices()


def _posts() -> None:
    """One review and one note an order line. `version` counts what the author wrote: who decides says which was read.

    The row of a person who has left stays without its words: a product's average rests on the rating.
    """
    op.execute(
        """
        CREATE TABLE posts (
            id            uuid CONSTRAINT pk_posts PRIMARY KEY,
            kind          text NOT NULL CONSTRAINT ck_posts_kind CHECK (kind IN ('review', 'note')),
            author        bigint NOT NULL CONSTRAINT fk_posts_author REFERENCES members (number),
            product_id    uuid NOT NULL CONSTRAINT fk_posts_product_id REFERENCES products (id),
            order_line_id uuid NOT NULL CONSTRAINT fk_posts_order_line_id REFERENCES order_lines (id),
            rating        smallint CONSTRAINT ck_posts_rating CHECK (rating BETWEEN 1 AND 5),
            title         text,
            body          text NOT NULL CONSTRAINT ck_posts_body CHECK (length(body) <= 10000),
            status        text NOT NULL DEFAULT 'pending' CONSTRAINT ck_posts_status
                CHECK (status IN ('pending', 'published', 'rejected', 'withdrawn')),
            reason        text,
            version       integer NOT NULL DEFAULT 1 CONSTRAINT ck_posts_version CHECK (version >= 1),
            written_at    timestamptz NOT NULL,
            decided_at    timestamptz,
            CONSTRAINT uq_posts_kind_order_line_id UNIQUE (kind, order_line_id),
            CONSTRAINT ck_posts_review CHECK ((kind = 'review') = (rating IS NOT NULL)),
            CONSTRAINT ck_posts_note CHECK ((kind = 'note') = (title IS NOT NULL)),
            CONSTRAINT ck_posts_decided CHECK (status NOT IN ('published', 'rejected') OR decided_at IS NOT NULL),
            CONSTRAINT ck_posts_rejected CHECK (status <> 'rejected' OR reason IS NOT NULL)
        );
        CREATE INDEX ix_posts_product_id ON posts (product_id, kind, id) INCLUDE (rating) WHERE status = 'published';
        CREATE INDEX ix_posts_notes ON posts (id) WHERE kind = 'note' AND status = 'published';
        CREATE INDEX ix_posts_status ON posts (status, id);
        CREATE INDEX ix_posts_author ON posts (author, id)
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON posts FROM {role}")


def _pictures() -> None:
    """Pictures as the shop made them anew, in a table of their own: lists never read their bytes."""
    op.execute(
        """
        CREATE TABLE post_pictures (
            id      uuid CONSTRAINT pk_post_pictures PRIMARY KEY,
            post_id uuid NOT NULL CONSTRAINT fk_post_pictures_post_id REFERENCES posts (id),
            place   smallint NOT NULL CONSTRAINT ck_post_pictures_place CHECK (place BETWEEN 1 AND 3),
            width   integer NOT NULL CONSTRAINT ck_post_pictures_width CHECK (width BETWEEN 1 AND 1280),
            height  integer NOT NULL CONSTRAINT ck_post_pictures_height CHECK (height BETWEEN 1 AND 1280),
            content bytea NOT NULL CONSTRAINT ck_post_pictures_content CHECK (length(content) <= 4000000),
            CONSTRAINT uq_post_pictures_post_id_place UNIQUE (post_id, place)
        );
        -- WebP is compressed: trying once more costs time and saves nothing.
        ALTER TABLE post_pictures ALTER COLUMN content SET STORAGE EXTERNAL
        """
    )


def _links() -> None:
    """A note is shared by links; what came through them is counted from the orders themselves."""
    op.execute(
        """
        ALTER TABLE invite_links
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_invite_links_kind,
            ADD CONSTRAINT ck_invite_links_kind CHECK (kind IN ('member', 'deal', 'room', 'product', 'note'));
        CREATE INDEX ix_invite_links_notes ON invite_links (target_id) WHERE kind = 'note';
        CREATE INDEX ix_orders_link_id ON orders (link_id) WHERE link_id IS NOT NULL
        """
    )


def _notices() -> None:
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE notice_opt_outs DROP CONSTRAINT ck_notice_opt_outs_topic;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE notice_opt_outs ADD CONSTRAINT ck_notice_opt_outs_topic CHECK (topic IN
            ('rooms', 'reminders', 'orders', 'invites', 'earnings', 'membership', 'community'))
        """
    )
