"""Pictures of goods and banners of storefronts, each in the sizes in which it is shown, with what it shows in words."""

from __future__ import annotations

from alembic import op

revision = "0100"
down_revision = "0115"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A picture is asked for by what names its content; lists never read its bytes."""
    op.execute(
        """
        CREATE TABLE shop_pictures (
            id            uuid CONSTRAINT pk_shop_pictures PRIMARY KEY,
            product_id    uuid CONSTRAINT fk_shop_pictures_product_id REFERENCES products (id),
            storefront_id uuid CONSTRAINT fk_shop_pictures_storefront_id REFERENCES storefronts (id)
                CONSTRAINT uq_shop_pictures_storefront_id UNIQUE,
            place         integer NOT NULL CONSTRAINT ck_shop_pictures_place CHECK (place BETWEEN 1 AND 8),
            alt_en        text NOT NULL CONSTRAINT ck_shop_pictures_alt_en CHECK (length(alt_en) <= 200),
            alt_zh        text NOT NULL CONSTRAINT ck_shop_pictures_alt_zh CHECK (length(alt_zh) <= 200),
            digest        text NOT NULL CONSTRAINT ck_shop_pictures_digest CHECK (digest ~ '^[0-9a-f]{32}$'),
            width         integer NOT NULL CONSTRAINT ck_shop_pictures_width CHECK (width BETWEEN 1 AND 1280),
            height        integer NOT NULL CONSTRAINT ck_shop_pictures_height CHECK (height BETWEEN 1 AND 1280),
            small         bytea NOT NULL CONSTRAINT ck_shop_pictures_small CHECK (length(small) <= 24000),
            middle        bytea NOT NULL CONSTRAINT ck_shop_pictures_middle CHECK (length(middle) <= 60000),
            large         bytea NOT NULL CONSTRAINT ck_shop_pictures_large CHECK (length(large) <= 4000000),
            added_at      timestamptz NOT NULL,
            CONSTRAINT ck_shop_pictures_one CHECK ((product_id IS NULL) <> (storefront_id IS NULL)),
            -- Their order is changed by one statement, in which two may stand at one place for a moment.
            CONSTRAINT uq_shop_pictures_place UNIQUE (product_id, place) DEFERRABLE INITIALLY IMMEDIATE
        );
        CREATE INDEX ix_shop_pictures_digest ON shop_pictures (digest);
        -- WebP is compressed: trying once more costs time and saves nothing.
        ALTER TABLE shop_pictures ALTER COLUMN small SET STORAGE EXTERNAL, ALTER COLUMN middle SET STORAGE EXTERNAL,
            ALTER COLUMN large SET STORAGE EXTERNAL
        """
    )
