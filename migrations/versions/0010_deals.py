"""Catalogue, stock and deals."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Stock and quota are counters that many buyers move at once: the last guard behind each conditional UPDATE.
    op.execute(
        """
        CREATE TABLE products (
            id          uuid CONSTRAINT pk_products PRIMARY KEY,
            title       text NOT NULL CONSTRAINT ck_products_title CHECK (title <> ''),
            description text NOT NULL DEFAULT '',
            return_days integer NOT NULL
                CONSTRAINT ck_products_return_days CHECK (return_days BETWEEN 0 AND 365),
            created_at  timestamptz NOT NULL
        );
        CREATE TABLE skus (
            id          uuid CONSTRAINT pk_skus PRIMARY KEY,
            product_id  uuid NOT NULL CONSTRAINT fk_skus_product_id REFERENCES products (id),
            code        text NOT NULL CONSTRAINT ck_skus_code CHECK (code <> ''),
            title       text NOT NULL CONSTRAINT ck_skus_title CHECK (title <> ''),
            price_minor bigint NOT NULL
                CONSTRAINT ck_skus_price_minor CHECK (price_minor BETWEEN 1 AND 1000000000000),
            currency    text NOT NULL,
            stock       bigint NOT NULL CONSTRAINT ck_skus_stock CHECK (stock >= 0),
            CONSTRAINT uq_skus_product_id_code UNIQUE (product_id, code)
        ) WITH (fillfactor = 70);
        CREATE TABLE deals (
            id                uuid CONSTRAINT pk_deals PRIMARY KEY,
            sku_id            uuid NOT NULL CONSTRAINT fk_deals_sku_id REFERENCES skus (id),
            opened_by         bigint NOT NULL CONSTRAINT fk_deals_opened_by REFERENCES members (number),
            title             text NOT NULL CONSTRAINT ck_deals_title CHECK (title <> ''),
            group_size        integer NOT NULL
                CONSTRAINT ck_deals_group_size CHECK (group_size BETWEEN 2 AND 1000),
            price_minor       bigint NOT NULL
                CONSTRAINT ck_deals_price_minor CHECK (price_minor BETWEEN 1 AND 1000000000000),
            starts_at         timestamptz NOT NULL,
            ends_at           timestamptz CONSTRAINT ck_deals_ends_at CHECK (ends_at > starts_at),
            room_ttl_seconds  integer NOT NULL
                CONSTRAINT ck_deals_room_ttl_seconds CHECK (room_ttl_seconds >= 1),
            seat_hold_seconds integer NOT NULL
                CONSTRAINT ck_deals_seat_hold_seconds CHECK (seat_hold_seconds >= 1),
            per_member_limit  bigint CONSTRAINT ck_deals_per_member_limit CHECK (per_member_limit >= 1),
            quota             bigint CONSTRAINT ck_deals_quota CHECK (quota >= 1),
            taken             bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_deals_taken CHECK (taken >= 0 AND (quota IS NULL OR taken <= quota)),
            late_payer        text NOT NULL CONSTRAINT ck_deals_late_payer CHECK (late_payer IN ('refund')),
            draft             boolean NOT NULL,
            created_at        timestamptz NOT NULL
        ) WITH (fillfactor = 70);
        CREATE INDEX ix_deals_sku_id ON deals (sku_id);
        """
    )
