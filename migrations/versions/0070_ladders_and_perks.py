"""Price ladders and perks for hosts: what deals promise, what rooms keep of it, what fills give back."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _terms()
    _rebates()


def _terms() -> None:
    """`price_steps`: a list of {size, price_minor}, the smallest size first; null where there is one price.

    `seats_at_fill` is how many had paid when the room was filled: with it a ladder's step and every amount is decided.
    """
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN price_steps jsonb, ADD COLUMN host_perk jsonb;
        ALTER TABLE rooms ADD COLUMN price_steps jsonb, ADD COLUMN host_perk jsonb, ADD COLUMN seats_at_fill integer
            CONSTRAINT ck_rooms_seats_at_fill CHECK (seats_at_fill IS NULL OR status = 'filled')
        """
    )


def _rebates() -> None:
    """What of an order's price the fill of its room gave back, and why. Decided once, with the fill."""
    op.execute(
        """
        CREATE TABLE order_rebates (
            order_id       uuid NOT NULL CONSTRAINT fk_order_rebates_order_id REFERENCES orders (id),
            kind           text NOT NULL
                CONSTRAINT ck_order_rebates_kind CHECK (kind IN ('ladder', 'host_discount', 'free_seat')),
            goods_minor    bigint NOT NULL CONSTRAINT ck_order_rebates_goods_minor CHECK (goods_minor >= 0),
            shipping_minor bigint NOT NULL CONSTRAINT ck_order_rebates_shipping_minor CHECK (shipping_minor >= 0),
            facts          jsonb NOT NULL,
            CONSTRAINT pk_order_rebates PRIMARY KEY (order_id, kind),
            CONSTRAINT ck_order_rebates_something CHECK (goods_minor + shipping_minor > 0)
        )
        """
    )
    append_only("order_rebates")
