"""Money that comes for a lost seat may find another room: deals' terms, what was decided, how long money is held."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0074"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _terms()
    _holds()
    _decisions()


def _terms() -> None:
    """A lost seat is taken again in another room, and its order awaits its payment, which has come."""
    op.execute(
        """
        ALTER TABLE deals
            -- squawk-ignore ban-drop-constraint
            DROP CONSTRAINT ck_deals_late_payer,
            -- squawk-ignore constraint-missing-not-valid
            ADD CONSTRAINT ck_deals_late_payer CHECK (late_payer IN ('refund', 'reroute', 'new_room'));
        INSERT INTO room_transitions (kind, before, after) VALUES
            ('seats', 'released', 'held'), ('orders', 'cancelled', 'awaiting_payment');
        -- Of a deal's rooms those that can be joined: asked by whoever joins any of them.
        CREATE INDEX IF NOT EXISTS ix_rooms_deal_id_open ON rooms (deal_id) WHERE status = 'open'
        """
    )


def _holds() -> None:
    """Money that is held and not yet taken may go to another room's escrow; all else that was agreed stands."""
    op.execute(
        """
        ALTER TABLE payments ADD COLUMN IF NOT EXISTS capture_before timestamptz;
        CREATE OR REPLACE FUNCTION payments_check_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.status <> OLD.status AND NOT EXISTS (
                SELECT FROM payment_transitions WHERE before = OLD.status AND after = NEW.status
            ) THEN
                RAISE EXCEPTION 'payment %: % does not become %', OLD.id, OLD.status, NEW.status
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF (NEW.id, NEW.order_id, NEW.charge_id, NEW.payer, NEW.provider, NEW.amount_minor, NEW.currency,
                NEW.keeps_mandate)
                IS DISTINCT FROM
               (OLD.id, OLD.order_id, OLD.charge_id, OLD.payer, OLD.provider, OLD.amount_minor, OLD.currency,
                OLD.keeps_mandate)
               OR (NEW.escrow_id IS DISTINCT FROM OLD.escrow_id
                   AND NOT (OLD.status = 'authorized' AND NEW.status = 'authorized'))
               OR NEW.provider_ref IS DISTINCT FROM coalesce(OLD.provider_ref, NEW.provider_ref)
               OR NEW.captured_minor < OLD.captured_minor OR NEW.refunded_minor < OLD.refunded_minor THEN
                RAISE EXCEPTION 'payment %: what was agreed or has flowed is not changed', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )


def _decisions() -> None:
    """One an order: money is late once, for whoever sits again by it has paid."""
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS late_payments (
            order_id   uuid CONSTRAINT pk_late_payments PRIMARY KEY
                CONSTRAINT fk_late_payments_order_id REFERENCES orders (id),
            from_room  uuid NOT NULL CONSTRAINT fk_late_payments_from_room REFERENCES rooms (id),
            to_room    uuid CONSTRAINT fk_late_payments_to_room REFERENCES rooms (id),
            decision   text NOT NULL
                CONSTRAINT ck_late_payments_decision CHECK (decision IN ('rerouted', 'new_room', 'refunded')),
            reason     text,
            decided_at timestamptz NOT NULL,
            CONSTRAINT ck_late_payments_to_room CHECK ((decision = 'refunded') = (to_room IS NULL)),
            CONSTRAINT ck_late_payments_reason CHECK ((decision = 'refunded') = (reason IS NOT NULL))
        )
        """
    )
    append_only("late_payments")
