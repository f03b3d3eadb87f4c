"""Rooms, seats, and the orders that are placed in them."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rooms()
    _orders()
    _uplines()
    _seats()
    _transitions()


def _rooms() -> None:
    """What was agreed at the opening is copied here: a deal that changes later changes no room."""
    op.execute(
        """
        CREATE TABLE rooms (
            id                uuid CONSTRAINT pk_rooms PRIMARY KEY,
            deal_id           uuid NOT NULL CONSTRAINT fk_rooms_deal_id REFERENCES deals (id),
            sku_id            uuid NOT NULL CONSTRAINT fk_rooms_sku_id REFERENCES skus (id),
            title             text NOT NULL,
            price_minor       bigint NOT NULL
                CONSTRAINT ck_rooms_price_minor CHECK (price_minor BETWEEN 1 AND 1000000000000),
            currency          text NOT NULL,
            return_days       integer NOT NULL,
            seat_hold_seconds integer NOT NULL,
            per_member_limit  bigint,
            host              bigint NOT NULL CONSTRAINT fk_rooms_host REFERENCES members (number),
            status            text NOT NULL DEFAULT 'open'
                CONSTRAINT ck_rooms_status CHECK (status IN ('open', 'filled', 'expired', 'cancelled')),
            size              integer NOT NULL CONSTRAINT ck_rooms_size CHECK (size >= 1),
            seats_taken       integer NOT NULL
                CONSTRAINT ck_rooms_seats_taken CHECK (seats_taken BETWEEN 0 AND size),
            seats_paid        integer NOT NULL DEFAULT 0
                CONSTRAINT ck_rooms_seats_paid CHECK (seats_paid BETWEEN 0 AND seats_taken),
            version           bigint NOT NULL DEFAULT 1,
            opened_at         timestamptz NOT NULL,
            expires_at        timestamptz NOT NULL CONSTRAINT ck_rooms_expires_at CHECK (expires_at > opened_at),
            closed_at         timestamptz,
            CONSTRAINT ck_rooms_closed_at CHECK ((status = 'open') = (closed_at IS NULL)),
            CONSTRAINT ck_rooms_open CHECK (status <> 'open' OR seats_paid < size),
            CONSTRAINT ck_rooms_over CHECK (status NOT IN ('expired', 'cancelled') OR seats_taken = 0)
        ) WITH (fillfactor = 70);
        CREATE INDEX ix_rooms_deal_id ON rooms (deal_id);
        CREATE INDEX ix_rooms_expires_at ON rooms (expires_at) WHERE status = 'open';
        """
    )


def _orders() -> None:
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE orders DROP CONSTRAINT ck_orders_source, DROP CONSTRAINT ck_orders_status;
        ALTER TABLE orders
            -- squawk-ignore adding-foreign-key-constraint
            ADD COLUMN room_id uuid CONSTRAINT fk_orders_room_id REFERENCES rooms (id),
            ADD COLUMN link_id uuid,
            ADD COLUMN return_days integer,
            ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0
                CONSTRAINT ck_orders_refunded_minor CHECK (refunded_minor BETWEEN 0 AND total_minor),
            ADD COLUMN carrier text,
            ADD COLUMN tracking text,
            ADD COLUMN shipped_at timestamptz,
            ADD COLUMN completes_at timestamptz,
            ADD COLUMN uplines bigint[],
            ADD CONSTRAINT ck_orders_source CHECK (source IN ('import', 'room')),
            ADD CONSTRAINT ck_orders_status CHECK (status IN ('awaiting_payment', 'paid', 'confirmed', 'shipped',
                'received', 'completed', 'cancelled', 'refunded')),
            ADD CONSTRAINT ck_orders_room CHECK
                ((source = 'room') = (room_id IS NOT NULL AND return_days IS NOT NULL)),
            ADD CONSTRAINT ck_orders_shipped CHECK (status <> 'shipped' OR shipped_at IS NOT NULL),
            ADD CONSTRAINT ck_orders_received CHECK
                (status NOT IN ('received', 'completed') OR received_at IS NOT NULL);
        CREATE INDEX ix_orders_room_id ON orders (room_id) WHERE room_id IS NOT NULL;
        CREATE INDEX ix_orders_shipped_at ON orders (shipped_at) WHERE status = 'shipped';
        CREATE INDEX ix_orders_completes_at ON orders (completes_at) WHERE status = 'received';
        ALTER TABLE order_lines
            -- squawk-ignore adding-foreign-key-constraint
            ADD COLUMN sku_id uuid CONSTRAINT fk_order_lines_sku_id REFERENCES skus (id),
            ADD COLUMN title text;
        """
    )


def _uplines() -> None:
    """The buyer's nearest uplines as they stand when the order is placed: a later correction moves no commission."""
    op.execute(
        """
        UPDATE orders o SET uplines = coalesce(
            (SELECT s.uplines FROM accrued_lines s WHERE s.order_id = o.id LIMIT 1),
            (SELECT n.uplines FROM referral_nodes n WHERE n.member_number = o.buyer),
            '{}'
        );
        -- squawk-ignore adding-not-nullable-field
        ALTER TABLE orders ALTER COLUMN uplines SET NOT NULL,
            ADD CONSTRAINT ck_orders_uplines CHECK (cardinality(uplines) <= 8);
        """
    )


def _seats() -> None:
    """A member holds one live seat a room; the payment is known once its money was held."""
    op.execute(
        """
        CREATE TABLE seats (
            id         uuid CONSTRAINT pk_seats PRIMARY KEY,
            room_id    uuid NOT NULL CONSTRAINT fk_seats_room_id REFERENCES rooms (id),
            member     bigint NOT NULL CONSTRAINT fk_seats_member REFERENCES members (number),
            order_id   uuid NOT NULL CONSTRAINT uq_seats_order_id UNIQUE
                CONSTRAINT fk_seats_order_id REFERENCES orders (id),
            quantity   bigint NOT NULL CONSTRAINT ck_seats_quantity CHECK (quantity >= 1),
            status     text NOT NULL DEFAULT 'held' CONSTRAINT ck_seats_status CHECK
                (status IN ('held', 'paid', 'confirmed', 'released', 'refunded')),
            claimed_at timestamptz NOT NULL,
            hold_until timestamptz NOT NULL,
            payment_id uuid,
            paid_at    timestamptz,
            ended_at   timestamptz,
            CONSTRAINT ck_seats_paid CHECK
                (status NOT IN ('paid', 'confirmed') OR (paid_at IS NOT NULL AND payment_id IS NOT NULL)),
            CONSTRAINT ck_seats_ended CHECK ((status IN ('released', 'refunded')) = (ended_at IS NOT NULL))
        ) WITH (fillfactor = 70);
        CREATE UNIQUE INDEX uq_seats_live ON seats (room_id, member) WHERE status IN ('held', 'paid', 'confirmed');
        CREATE INDEX ix_seats_room_id ON seats (room_id);
        CREATE INDEX ix_seats_member ON seats (member, id);
        CREATE INDEX ix_seats_hold_until ON seats (hold_until) WHERE status = 'held';
        """
    )


def _transitions() -> None:
    """The steps that rooms/rules.py and orders/rules.py declare; no other is ever taken."""
    op.execute(
        """
        CREATE TABLE room_transitions (
            kind   text NOT NULL,
            before text NOT NULL,
            after  text NOT NULL,
            CONSTRAINT pk_room_transitions PRIMARY KEY (kind, before, after)
        );
        INSERT INTO room_transitions (kind, before, after) VALUES
            ('rooms', 'open', 'filled'), ('rooms', 'open', 'expired'), ('rooms', 'open', 'cancelled'),
            ('seats', 'held', 'paid'), ('seats', 'held', 'released'), ('seats', 'paid', 'confirmed'),
            ('seats', 'paid', 'released'), ('seats', 'released', 'refunded'),
            ('orders', 'awaiting_payment', 'paid'), ('orders', 'awaiting_payment', 'cancelled'),
            ('orders', 'paid', 'confirmed'), ('orders', 'paid', 'cancelled'), ('orders', 'paid', 'refunded'),
            ('orders', 'cancelled', 'refunded'),
            ('orders', 'confirmed', 'shipped'), ('orders', 'shipped', 'received'), ('orders', 'received', 'completed'),
            ('orders', 'confirmed', 'refunded'), ('orders', 'shipped', 'refunded'), ('orders', 'received', 'refunded'),
            ('orders', 'completed', 'refunded');

        CREATE FUNCTION refuse_undeclared_step() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM room_transitions
                WHERE kind = TG_TABLE_NAME AND before = OLD.status AND after = NEW.status
            ) THEN
                RAISE EXCEPTION '% %: % does not become %', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        """
    )
    for table in ("rooms", "seats", "orders"):
        op.execute(
            f"""
            CREATE TRIGGER {table}_refuse_undeclared_step BEFORE UPDATE OF status ON {table}
            FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_step()
            """
        )
