"""Orders and their lines."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE orders (
            id          uuid CONSTRAINT pk_orders PRIMARY KEY,
            external_id text CONSTRAINT uq_orders_external_id UNIQUE,
            source      text NOT NULL CONSTRAINT ck_orders_source CHECK (source IN ('import')),
            buyer       bigint NOT NULL CONSTRAINT fk_orders_buyer REFERENCES members (number),
            host        bigint CONSTRAINT fk_orders_host REFERENCES members (number),
            status      text NOT NULL CONSTRAINT ck_orders_status CHECK (status IN ('received')),
            currency    text NOT NULL,
            total_minor bigint NOT NULL
                CONSTRAINT ck_orders_total_minor CHECK (total_minor BETWEEN 0 AND 1000000000000),
            ordered_at  timestamptz NOT NULL,
            received_at timestamptz CONSTRAINT ck_orders_received_at CHECK (received_at >= ordered_at)
        );
        CREATE INDEX ix_orders_buyer_ordered_at ON orders (buyer, ordered_at);
        CREATE INDEX ix_orders_currency_ordered_at ON orders (currency, ordered_at);
        CREATE TABLE order_lines (
            id           uuid CONSTRAINT pk_order_lines PRIMARY KEY,
            order_id     uuid NOT NULL CONSTRAINT fk_order_lines_order_id REFERENCES orders (id),
            line         smallint NOT NULL,
            quantity     bigint NOT NULL CONSTRAINT ck_order_lines_quantity CHECK (quantity >= 1),
            amount_minor bigint NOT NULL
                CONSTRAINT ck_order_lines_amount_minor CHECK (amount_minor BETWEEN 0 AND 1000000000000),
            CONSTRAINT uq_order_lines_order_id_line UNIQUE (order_id, line)
        );
        """
    )
