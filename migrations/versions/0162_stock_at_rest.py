"""Units of rooms that closed long ago are counted once: the hourly check of the stock reads a month of seats."""

from __future__ import annotations

from alembic import op

revision = "0162"
down_revision = "0151"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A row a deal and unit, and one that says through which instant of closing rooms were counted."""
    op.execute(
        """
        CREATE TABLE stock_at_rest (
            deal_id uuid NOT NULL CONSTRAINT fk_stock_at_rest_deal_id REFERENCES deals (id),
            sku_id  uuid NOT NULL CONSTRAINT fk_stock_at_rest_sku_id REFERENCES skus (id),
            units   bigint NOT NULL CONSTRAINT ck_stock_at_rest_units CHECK (units >= 0),
            CONSTRAINT pk_stock_at_rest PRIMARY KEY (deal_id, sku_id)
        );
        CREATE TABLE stock_rest (
            one     boolean NOT NULL DEFAULT true CONSTRAINT pk_stock_rest PRIMARY KEY
                CONSTRAINT ck_stock_rest_one CHECK (one),
            through timestamptz NOT NULL
        );
        CREATE INDEX IF NOT EXISTS ix_rooms_closed_at ON rooms (closed_at)
        """
    )
