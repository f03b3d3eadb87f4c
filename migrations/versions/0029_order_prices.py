"""What a price is made of, where more than the deal's own price acted: each step a line, and the total their sum."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0029"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An order without lines here costs what its goods do: most have none, and their placing writes none."""
    op.execute(
        """
        CREATE TABLE order_price_lines (
            order_id     uuid NOT NULL CONSTRAINT fk_order_price_lines_order_id REFERENCES orders (id),
            line         smallint NOT NULL CONSTRAINT ck_order_price_lines_line CHECK (line >= 1),
            kind         text NOT NULL CONSTRAINT ck_order_price_lines_kind CHECK (kind IN ('goods', 'points')),
            amount_minor bigint NOT NULL CONSTRAINT ck_order_price_lines_amount_minor
                CHECK (amount_minor BETWEEN -1000000000000 AND 1000000000000),
            CONSTRAINT pk_order_price_lines PRIMARY KEY (order_id, line),
            CONSTRAINT uq_order_price_lines_kind UNIQUE (order_id, kind)
        )
        """
    )
    append_only("order_price_lines")
