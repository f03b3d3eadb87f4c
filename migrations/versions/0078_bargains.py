"""Bargains: what a leader offers, what a member starts, and each friend's chop."""

from __future__ import annotations

from alembic import op

revision = "0078"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _offers()
    _bargains()
    _chops()
    _links()


def _offers() -> None:
    """A bargain is offered by a deal for one, whose price is the lowest; its rooms have one seat."""
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE deals DROP CONSTRAINT ck_deals_group_size;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE deals ADD CONSTRAINT ck_deals_group_size CHECK (group_size BETWEEN 1 AND 1000);
        CREATE TABLE bargain_terms (
            deal_id       uuid CONSTRAINT pk_bargain_terms PRIMARY KEY
                CONSTRAINT fk_bargain_terms_deal_id REFERENCES deals (id),
            start_minor   bigint NOT NULL
                CONSTRAINT ck_bargain_terms_start_minor CHECK (start_minor BETWEEN 1 AND 1000000000000),
            chops         integer NOT NULL CONSTRAINT ck_bargain_terms_chops CHECK (chops BETWEEN 1 AND 200),
            lasts_seconds integer NOT NULL CONSTRAINT ck_bargain_terms_lasts_seconds CHECK (lasts_seconds >= 1),
            buy_at        text NOT NULL CONSTRAINT ck_bargain_terms_buy_at CHECK (buy_at IN ('reached', 'floor')),
            newcomer_bps  integer NOT NULL
                CONSTRAINT ck_bargain_terms_newcomer_bps CHECK (newcomer_bps BETWEEN 10000 AND 50000)
        )
        """
    )


def _bargains() -> None:
    """Terms are copied at the start. A price is at the floor exactly when the last chop is made, and never below it;
    every chop still to come has at least one minor unit left for it.
    """
    op.execute(
        """
        CREATE TABLE bargains (
            id                uuid CONSTRAINT pk_bargains PRIMARY KEY,
            deal_id           uuid NOT NULL CONSTRAINT fk_bargains_deal_id REFERENCES deals (id),
            sku_id            uuid NOT NULL CONSTRAINT fk_bargains_sku_id REFERENCES skus (id),
            member            bigint NOT NULL CONSTRAINT fk_bargains_member REFERENCES members (number),
            title             text NOT NULL,
            currency          text NOT NULL,
            return_days       integer NOT NULL,
            seat_hold_seconds integer NOT NULL,
            per_member_limit  bigint,
            start_minor       bigint NOT NULL,
            floor_minor       bigint NOT NULL,
            price_minor       bigint NOT NULL
                CONSTRAINT ck_bargains_price_minor CHECK (price_minor BETWEEN floor_minor AND start_minor),
            chops             integer NOT NULL CONSTRAINT ck_bargains_chops CHECK (chops BETWEEN 1 AND 200),
            chops_made        integer NOT NULL DEFAULT 0
                CONSTRAINT ck_bargains_chops_made CHECK (chops_made BETWEEN 0 AND chops),
            buy_at            text NOT NULL CONSTRAINT ck_bargains_buy_at CHECK (buy_at IN ('reached', 'floor')),
            newcomer_bps      integer NOT NULL,
            seed              bytea NOT NULL,
            device            bytea,
            status            text NOT NULL DEFAULT 'open'
                CONSTRAINT ck_bargains_status CHECK (status IN ('open', 'bought', 'expired')),
            room_id           uuid CONSTRAINT fk_bargains_room_id REFERENCES rooms (id),
            version           bigint NOT NULL DEFAULT 1,
            started_at        timestamptz NOT NULL,
            expires_at        timestamptz NOT NULL CONSTRAINT ck_bargains_expires_at CHECK (expires_at > started_at),
            CONSTRAINT ck_bargains_left CHECK (price_minor - floor_minor >= chops - chops_made),
            CONSTRAINT ck_bargains_at_floor CHECK ((chops_made = chops) = (price_minor = floor_minor)),
            CONSTRAINT ck_bargains_bought CHECK ((status = 'bought') = (room_id IS NOT NULL))
        ) WITH (fillfactor = 70);
        CREATE UNIQUE INDEX uq_bargains_open ON bargains (deal_id, member) WHERE status = 'open';
        CREATE INDEX ix_bargains_member ON bargains (member, id);
        CREATE INDEX ix_bargains_expires_at ON bargains (expires_at) WHERE status = 'open';
        CREATE UNIQUE INDEX uq_bargains_room_id ON bargains (room_id) WHERE room_id IS NOT NULL;
        INSERT INTO room_transitions (kind, before, after) VALUES
            ('bargains', 'open', 'bought'), ('bargains', 'open', 'expired'), ('bargains', 'bought', 'open'),
            ('bargains', 'bought', 'expired');
        CREATE TRIGGER bargains_refuse_undeclared_step BEFORE UPDATE OF status ON bargains
            FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_step()
        """
    )


def _chops() -> None:
    """A friend chops once, and so does a device; both marks are hashes, forgotten after the bargain."""
    op.execute(
        """
        CREATE TABLE bargain_chops (
            bargain_id   uuid NOT NULL CONSTRAINT fk_bargain_chops_bargain_id REFERENCES bargains (id),
            place        integer NOT NULL CONSTRAINT ck_bargain_chops_place CHECK (place >= 1),
            member       bigint NOT NULL CONSTRAINT fk_bargain_chops_member REFERENCES members (number),
            amount_minor bigint NOT NULL CONSTRAINT ck_bargain_chops_amount_minor CHECK (amount_minor >= 1),
            newcomer     boolean NOT NULL,
            device       bytea,
            network      bytea,
            at           timestamptz NOT NULL,
            CONSTRAINT pk_bargain_chops PRIMARY KEY (bargain_id, place),
            CONSTRAINT uq_bargain_chops_member UNIQUE (bargain_id, member)
        );
        CREATE UNIQUE INDEX uq_bargain_chops_device ON bargain_chops (bargain_id, device) WHERE device IS NOT NULL;
        CREATE INDEX ix_bargain_chops_member ON bargain_chops (member);
        CREATE INDEX ix_bargain_chops_at ON bargain_chops (at) WHERE device IS NOT NULL OR network IS NOT NULL
        """
    )


def _links() -> None:
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE invite_links DROP CONSTRAINT ck_invite_links_kind;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE invite_links ADD CONSTRAINT ck_invite_links_kind
            CHECK (kind IN ('member', 'deal', 'room', 'product', 'note', 'bargain'))
        """
    )
