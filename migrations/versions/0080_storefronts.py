"""Leaders' storefronts: a title, some words, and deals and goods in the order that the leader picked."""

from __future__ import annotations

from alembic import op

revision = "0080"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE storefronts (
            id      uuid CONSTRAINT pk_storefronts PRIMARY KEY,
            leader  bigint NOT NULL CONSTRAINT uq_storefronts_leader UNIQUE
                CONSTRAINT fk_storefronts_leader REFERENCES members (number),
            title   text NOT NULL CONSTRAINT ck_storefronts_title CHECK (length(title) <= 80),
            intro   text NOT NULL CONSTRAINT ck_storefronts_intro CHECK (length(intro) <= 500),
            kept_at timestamptz NOT NULL
        );
        CREATE TABLE storefront_picks (
            storefront_id uuid NOT NULL CONSTRAINT fk_storefront_picks_storefront_id REFERENCES storefronts (id),
            place         integer NOT NULL CONSTRAINT ck_storefront_picks_place CHECK (place >= 1),
            deal_id       uuid CONSTRAINT fk_storefront_picks_deal_id REFERENCES deals (id),
            product_id    uuid CONSTRAINT fk_storefront_picks_product_id REFERENCES products (id),
            CONSTRAINT pk_storefront_picks PRIMARY KEY (storefront_id, place),
            CONSTRAINT uq_storefront_picks_deal UNIQUE (storefront_id, deal_id),
            CONSTRAINT uq_storefront_picks_product UNIQUE (storefront_id, product_id),
            CONSTRAINT ck_storefront_picks_one CHECK ((deal_id IS NULL) <> (product_id IS NULL))
        );
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE invite_links DROP CONSTRAINT ck_invite_links_kind;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE invite_links ADD CONSTRAINT ck_invite_links_kind
            CHECK (kind IN ('member', 'deal', 'room', 'product', 'note', 'bargain', 'storefront'))
        """
    )
