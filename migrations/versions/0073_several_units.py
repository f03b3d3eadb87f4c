"""Several units of a product in one deal: what it offers, what its rooms keep of that, which one a seat is of."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0073"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A deal of one unit has no row here; of several, each with its price, the first is the deal's own.

    `rooms.skus` is the same by the unit's id, as its deal had it at the opening; a seat of before is of its room's own.
    """
    op.execute(
        """
        CREATE TABLE deal_skus (
            deal_id     uuid NOT NULL CONSTRAINT fk_deal_skus_deal_id REFERENCES deals (id),
            sku_id      uuid NOT NULL CONSTRAINT fk_deal_skus_sku_id REFERENCES skus (id),
            place       smallint NOT NULL CONSTRAINT ck_deal_skus_place CHECK (place >= 1),
            price_minor bigint NOT NULL
                CONSTRAINT ck_deal_skus_price_minor CHECK (price_minor BETWEEN 1 AND 1000000000000),
            CONSTRAINT pk_deal_skus PRIMARY KEY (deal_id, sku_id),
            CONSTRAINT uq_deal_skus_place UNIQUE (deal_id, place)
        );
        ALTER TABLE rooms ADD COLUMN skus jsonb;
        ALTER TABLE seats ADD COLUMN sku_id uuid
            -- squawk-ignore adding-foreign-key-constraint
            CONSTRAINT fk_seats_sku_id REFERENCES skus (id)
        """
    )
    append_only("deal_skus")
