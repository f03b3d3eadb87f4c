"""What came into stock and left it otherwise than by a seat, and from how few units on a unit is low."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0095"
down_revision = "0099"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _moves()
    _beginnings()
    _low()
    append_only("stock_moves")


def _moves() -> None:
    """A seat is a move of its own and has no row here: what is left is the sum of these less the units in live seats.

    What a refund brought back is of one refund, once a unit.
    """
    op.execute(
        """
        CREATE TABLE stock_moves (
            id        uuid CONSTRAINT pk_stock_moves PRIMARY KEY,
            sku_id    uuid NOT NULL CONSTRAINT fk_stock_moves_sku_id REFERENCES skus (id),
            reason    text NOT NULL CONSTRAINT ck_stock_moves_reason
                CHECK (reason IN ('first', 'received', 'counted', 'damaged', 'corrected', 'restocked')),
            quantity  bigint NOT NULL CONSTRAINT ck_stock_moves_quantity
                CHECK (quantity <> 0 AND abs(quantity) <= 1000000000000),
            note      text NOT NULL DEFAULT '',
            refund_id uuid CONSTRAINT fk_stock_moves_refund_id REFERENCES refunds (id),
            moved_at  timestamptz NOT NULL,
            CONSTRAINT uq_stock_moves_refund UNIQUE (refund_id, sku_id),
            CONSTRAINT ck_stock_moves_refund CHECK ((reason = 'restocked') = (refund_id IS NOT NULL)),
            CONSTRAINT ck_stock_moves_way CHECK (
                CASE WHEN reason IN ('first', 'received', 'restocked') THEN quantity > 0
                    WHEN reason = 'damaged' THEN quantity < 0 ELSE true END)
        );
        CREATE INDEX ix_stock_moves_sku_id ON stock_moves (sku_id, id);
        -- The seats of a unit are found by their orders' lines, which are written once.
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_order_lines_sku_id ON order_lines (sku_id, id) WHERE sku_id IS NOT NULL
        """
    )


def _beginnings() -> None:
    """What was there at first, under the unit's own id: before today nobody wrote down how it came."""
    op.execute(
        """
        INSERT INTO stock_moves (id, sku_id, reason, quantity, moved_at)
        SELECT k.id, k.id, 'first', k.stock + coalesce(taken.quantity, 0), p.created_at
        FROM skus k JOIN products p ON p.id = k.product_id LEFT JOIN (
            SELECT coalesce(s.sku_id, r.sku_id) AS sku_id, CAST(sum(s.quantity) AS bigint) AS quantity
            FROM seats s JOIN rooms r ON r.id = s.room_id WHERE s.status IN ('held', 'paid', 'confirmed') GROUP BY 1
        ) taken ON taken.sku_id = k.id
        WHERE k.stock + coalesce(taken.quantity, 0) > 0
        """
    )


def _low() -> None:
    """`low_told_at`: the admins were told that it is low, and are not told again before there was more of it."""
    op.execute(
        """
        ALTER TABLE skus ADD COLUMN low_stock_at bigint NOT NULL DEFAULT 10
            CONSTRAINT ck_skus_low_stock_at CHECK (low_stock_at BETWEEN 0 AND 1000000000),
            ADD COLUMN low_told_at timestamptz
        """
    )
