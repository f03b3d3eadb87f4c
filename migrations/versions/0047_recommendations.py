"""What is bought together, what is bought by many, and which goods that suggests to whom: worked out night by night."""

from __future__ import annotations

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """All of it follows from orders, and is thrown away and worked out anew. No figure rests on fewer people than said.

    `done_through`: the number of the last member of the run who has been looked at.
    """
    op.execute(
        """
        CREATE TABLE suggestion_runs (
            day          date CONSTRAINT pk_suggestion_runs PRIMARY KEY,
            done_through bigint NOT NULL DEFAULT 0,
            finished_at  timestamptz
        );
        CREATE TABLE product_popularity (
            product_id   uuid CONSTRAINT pk_product_popularity PRIMARY KEY
                CONSTRAINT fk_product_popularity_product_id REFERENCES products (id),
            people       integer NOT NULL CONSTRAINT ck_product_popularity_people CHECK (people >= 0),
            rooms_filled integer NOT NULL CONSTRAINT ck_product_popularity_rooms_filled CHECK (rooms_filled >= 0)
        );
        CREATE INDEX ix_product_popularity_people ON product_popularity (people DESC);
        CREATE INDEX ix_product_popularity_rooms_filled ON product_popularity (rooms_filled DESC);
        CREATE TABLE product_pairs (
            product_id uuid NOT NULL CONSTRAINT fk_product_pairs_product_id REFERENCES products (id),
            other_id   uuid NOT NULL CONSTRAINT fk_product_pairs_other_id REFERENCES products (id),
            people     integer NOT NULL CONSTRAINT ck_product_pairs_people CHECK (people >= 5),
            score      integer NOT NULL CONSTRAINT ck_product_pairs_score CHECK (score BETWEEN 0 AND 10000),
            CONSTRAINT pk_product_pairs PRIMARY KEY (product_id, other_id),
            CONSTRAINT ck_product_pairs_two CHECK (product_id <> other_id)
        );
        CREATE TABLE suggestions (
            member     bigint NOT NULL CONSTRAINT fk_suggestions_member REFERENCES members (number),
            product_id uuid NOT NULL CONSTRAINT fk_suggestions_product_id REFERENCES products (id),
            kind       text NOT NULL
                CONSTRAINT ck_suggestions_kind CHECK (kind IN ('bought_together', 'room_friends')),
            because_id uuid CONSTRAINT fk_suggestions_because_id REFERENCES products (id),
            people     integer NOT NULL CONSTRAINT ck_suggestions_people CHECK (people >= 3),
            score      integer NOT NULL,
            CONSTRAINT pk_suggestions PRIMARY KEY (member, product_id),
            CONSTRAINT ck_suggestions_because CHECK ((kind = 'bought_together') = (because_id IS NOT NULL))
        );
        CREATE INDEX ix_deals_starts_at ON deals (starts_at) WHERE NOT draft AND ended_at IS NULL
        """
    )
