"""Coupons, who holds them and for which orders they were used; prices with more steps; shipping that is paid for."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0031"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _coupons()
    _holdings()
    _prices()
    _shipping()
    for table in ("coupons", "coupon_holdings", "coupon_uses"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")


def _coupons() -> None:
    """`issued` and `taken_minor` are counters that many move at once, each with its end behind it.

    Null is without end. What was promised of a coupon stands: only its counters move, and whether it is paused.
    """
    op.execute(
        """
        CREATE TABLE coupons (
            id           uuid CONSTRAINT pk_coupons PRIMARY KEY,
            title        text NOT NULL,
            terms        jsonb NOT NULL CONSTRAINT ck_coupons_terms CHECK (jsonb_typeof(terms) = 'object'),
            valid_from   timestamptz NOT NULL,
            valid_until  timestamptz,
            valid_days   integer CONSTRAINT ck_coupons_valid_days CHECK (valid_days >= 1),
            issue_limit  bigint CONSTRAINT ck_coupons_issue_limit CHECK (issue_limit >= 1),
            issued       bigint NOT NULL DEFAULT 0,
            budget_minor bigint CONSTRAINT ck_coupons_budget_minor CHECK (budget_minor BETWEEN 1 AND 1000000000000),
            taken_minor  bigint NOT NULL DEFAULT 0,
            paused_at    timestamptz,
            created_at   timestamptz NOT NULL,
            CONSTRAINT ck_coupons_ends CHECK (valid_until IS NOT NULL OR valid_days IS NOT NULL),
            CONSTRAINT ck_coupons_begins CHECK (valid_until > valid_from),
            CONSTRAINT ck_coupons_issued CHECK (issued BETWEEN 0 AND coalesce(issue_limit, issued)),
            CONSTRAINT ck_coupons_taken_minor CHECK (taken_minor BETWEEN 0 AND coalesce(budget_minor, taken_minor))
        ) WITH (fillfactor = 70);
        CREATE TRIGGER coupons_terms_stand BEFORE UPDATE ON coupons FOR EACH ROW
        WHEN (
            to_jsonb(NEW) - '{issued,taken_minor,paused_at}'::text[]
            IS DISTINCT FROM to_jsonb(OLD) - '{issued,taken_minor,paused_at}'::text[]
        )
        EXECUTE FUNCTION refuse_change()
        """
    )


def _holdings() -> None:
    """A member has a coupon once a period. A use is what it took off one order; at most one at a time stands."""
    op.execute(
        """
        CREATE TABLE coupon_holdings (
            id         uuid CONSTRAINT pk_coupon_holdings PRIMARY KEY,
            coupon_id  uuid NOT NULL CONSTRAINT fk_coupon_holdings_coupon_id REFERENCES coupons (id),
            member     bigint NOT NULL CONSTRAINT fk_coupon_holdings_member REFERENCES members (number),
            period     text NOT NULL,
            status     text NOT NULL DEFAULT 'open'
                CONSTRAINT ck_coupon_holdings_status CHECK (status IN ('open', 'taken')),
            valid_from timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            issued_at  timestamptz NOT NULL,
            CONSTRAINT uq_coupon_holdings_natural UNIQUE (coupon_id, member, period)
        ) WITH (fillfactor = 80);
        CREATE INDEX ix_coupon_holdings_member ON coupon_holdings (member, id);
        CREATE INDEX ix_coupon_holdings_open ON coupon_holdings (member, expires_at, id) WHERE status = 'open';
        CREATE TABLE coupon_uses (
            id           uuid CONSTRAINT pk_coupon_uses PRIMARY KEY,
            holding_id   uuid NOT NULL CONSTRAINT fk_coupon_uses_holding_id REFERENCES coupon_holdings (id),
            coupon_id    uuid NOT NULL CONSTRAINT fk_coupon_uses_coupon_id REFERENCES coupons (id),
            order_id     uuid NOT NULL CONSTRAINT fk_coupon_uses_order_id REFERENCES orders (id),
            kind         text NOT NULL CONSTRAINT ck_coupon_uses_kind
                CHECK (kind IN ('amount', 'percentage', 'shipping', 'gift')),
            amount_minor bigint NOT NULL CONSTRAINT ck_coupon_uses_amount_minor
                CHECK (amount_minor BETWEEN 0 AND 1000000000000),
            currency     text NOT NULL,
            status       text NOT NULL CONSTRAINT ck_coupon_uses_status
                CHECK (status IN ('held', 'used', 'released', 'returned')),
            begun_at     timestamptz NOT NULL,
            ended_at     timestamptz,
            CONSTRAINT uq_coupon_uses_order UNIQUE (order_id, holding_id),
            CONSTRAINT ck_coupon_uses_ended CHECK ((status IN ('released', 'returned')) = (ended_at IS NOT NULL))
        ) WITH (fillfactor = 80);
        CREATE UNIQUE INDEX uq_coupon_uses_standing ON coupon_uses (holding_id) WHERE status IN ('held', 'used');
        CREATE INDEX ix_coupon_uses_coupon_id ON coupon_uses (coupon_id);
        """
    )


def _prices() -> None:
    """Of coupons and gifts there may be several; each line keeps what its words are made of."""
    op.execute(
        """
        ALTER TABLE order_price_lines
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_order_price_lines_kind, DROP CONSTRAINT uq_order_price_lines_kind;
        ALTER TABLE order_price_lines
            ADD COLUMN facts jsonb NOT NULL DEFAULT '{}'
                CONSTRAINT ck_order_price_lines_facts CHECK (jsonb_typeof(facts) = 'object'),
            ADD CONSTRAINT ck_order_price_lines_kind CHECK (kind IN ('goods', 'member_price', 'coupon', 'gift',
                'points', 'shipping', 'free_shipping', 'shipping_coupon'));
        CREATE UNIQUE INDEX uq_order_price_lines_once ON order_price_lines (order_id, kind)
            WHERE kind NOT IN ('coupon', 'gift', 'shipping_coupon')
        """
    )


def _shipping() -> None:
    """A line an order is what was paid for sending it; a gift is a line that costs nothing.

    `goods_paid` is what is left of what was paid for the goods: growth and points follow it.
    """
    op.execute(
        """
        ALTER TABLE order_lines ADD COLUMN kind text NOT NULL DEFAULT 'goods'
            CONSTRAINT ck_order_lines_kind CHECK (kind IN ('goods', 'shipping', 'gift'));
        ALTER TABLE orders
            ADD COLUMN shipping_minor bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_orders_shipping_minor CHECK (shipping_minor BETWEEN 0 AND total_minor),
            ADD COLUMN shipping_refunded_minor bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_orders_shipping_refunded_minor CHECK
                    (shipping_refunded_minor BETWEEN 0 AND least(shipping_minor, refunded_minor));
        CREATE FUNCTION goods_paid(sold orders) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$
            SELECT (sold.total_minor - sold.shipping_minor) - (sold.refunded_minor - sold.shipping_refunded_minor)
        $$
        """
    )
