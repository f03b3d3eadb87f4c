"""Points: versioned rules, lots that expire, caps, what points were used for, and the rewards they buy."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rules()
    _lots()
    _uses()
    _rewards()
    append_only("point_rules")
    for table in ("point_lots", "point_uses", "point_use_lots", "reward_redemptions"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")


def _rules() -> None:
    """A version is immutable, and in force from its instant until the next one's."""
    op.execute(
        """
        CREATE TABLE point_rules (
            version      bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_point_rules PRIMARY KEY,
            document     jsonb NOT NULL CONSTRAINT ck_point_rules_document CHECK (jsonb_typeof(document) = 'object'),
            effective_at timestamptz NOT NULL CONSTRAINT uq_point_rules_effective_at UNIQUE,
            published_by uuid NOT NULL,
            published_at timestamptz NOT NULL
        );
        """
    )


def _lots() -> None:
    """A lot is what one event gave. `left_points` of it can still be used; pending until `available_at` is known.

    `point_members` has a row a member: it is locked by whoever changes what the member has, and keeps the streak.
    `point_counters` caps what a kind of event gives in a span.
    """
    op.execute(
        """
        CREATE TABLE point_members (
            member        bigint CONSTRAINT pk_point_members PRIMARY KEY
                CONSTRAINT fk_point_members_member REFERENCES members (number),
            checked_in_on date,
            streak        integer NOT NULL DEFAULT 0 CONSTRAINT ck_point_members_streak CHECK (streak >= 0)
        );
        CREATE TABLE point_lots (
            id           uuid CONSTRAINT pk_point_lots PRIMARY KEY,
            member       bigint NOT NULL CONSTRAINT fk_point_lots_member REFERENCES members (number),
            kind         text NOT NULL,
            subject      text NOT NULL,
            order_id     uuid CONSTRAINT fk_point_lots_order_id REFERENCES orders (id),
            points       bigint NOT NULL CONSTRAINT ck_point_lots_points CHECK (points BETWEEN 0 AND 1000000000),
            left_points  bigint NOT NULL CONSTRAINT ck_point_lots_left_points
                CHECK (left_points BETWEEN 0 AND points),
            taken_points bigint NOT NULL DEFAULT 0 CONSTRAINT ck_point_lots_taken_points
                CHECK (taken_points BETWEEN 0 AND points),
            facts        jsonb NOT NULL CONSTRAINT ck_point_lots_facts CHECK (jsonb_typeof(facts) = 'object'),
            expiry_days  integer NOT NULL CONSTRAINT ck_point_lots_expiry_days CHECK (expiry_days >= 1),
            earned_at    timestamptz NOT NULL,
            available_at timestamptz,
            expires_at   timestamptz,
            warned_at    timestamptz,
            CONSTRAINT uq_point_lots_natural UNIQUE (member, kind, subject),
            CONSTRAINT ck_point_lots_available CHECK ((available_at IS NULL) = (expires_at IS NULL))
        ) WITH (fillfactor = 80);
        CREATE INDEX ix_point_lots_member ON point_lots (member, expires_at, id)
            WHERE left_points > 0 AND available_at IS NOT NULL;
        CREATE INDEX ix_point_lots_expires_at ON point_lots (expires_at)
            WHERE left_points > 0 AND available_at IS NOT NULL;
        CREATE INDEX ix_point_lots_order_id ON point_lots (order_id) WHERE order_id IS NOT NULL;
        CREATE TABLE point_counters (
            member    bigint NOT NULL CONSTRAINT fk_point_counters_member REFERENCES members (number),
            kind      text NOT NULL,
            span      text NOT NULL CONSTRAINT ck_point_counters_span CHECK (span IN ('day', 'month', 'ever')),
            begins_on date NOT NULL,
            points    bigint NOT NULL CONSTRAINT ck_point_counters_points CHECK (points >= 0),
            CONSTRAINT pk_point_counters PRIMARY KEY (member, kind, span, begins_on)
        );
        """
    )


def _uses() -> None:
    """A use is taken from lots, and says from which: what comes back goes there again."""
    op.execute(
        """
        CREATE TABLE point_uses (
            id              uuid CONSTRAINT pk_point_uses PRIMARY KEY,
            member          bigint NOT NULL CONSTRAINT fk_point_uses_member REFERENCES members (number),
            purpose         text NOT NULL CONSTRAINT ck_point_uses_purpose
                CHECK (purpose IN ('reward', 'order', 'adjustment')),
            subject_id      uuid NOT NULL,
            points          bigint NOT NULL CONSTRAINT ck_point_uses_points CHECK (points BETWEEN 1 AND 1000000000),
            returned_points bigint NOT NULL DEFAULT 0 CONSTRAINT ck_point_uses_returned_points
                CHECK (returned_points BETWEEN 0 AND points),
            status          text NOT NULL
                CONSTRAINT ck_point_uses_status CHECK (status IN ('held', 'used', 'returned')),
            facts           jsonb NOT NULL CONSTRAINT ck_point_uses_facts CHECK (jsonb_typeof(facts) = 'object'),
            begun_at        timestamptz NOT NULL,
            CONSTRAINT uq_point_uses_subject UNIQUE (purpose, subject_id),
            CONSTRAINT ck_point_uses_returned CHECK ((status = 'returned') = (returned_points = points))
        );
        CREATE INDEX ix_point_uses_member ON point_uses (member, id);
        CREATE TABLE point_use_lots (
            use_id          uuid NOT NULL CONSTRAINT fk_point_use_lots_use_id REFERENCES point_uses (id),
            lot_id          uuid NOT NULL CONSTRAINT fk_point_use_lots_lot_id REFERENCES point_lots (id),
            points          bigint NOT NULL CONSTRAINT ck_point_use_lots_points CHECK (points >= 1),
            returned_points bigint NOT NULL DEFAULT 0 CONSTRAINT ck_point_use_lots_returned_points
                CHECK (returned_points BETWEEN 0 AND points),
            CONSTRAINT pk_point_use_lots PRIMARY KEY (use_id, lot_id)
        );
        """
    )


def _rewards() -> None:
    """`left_stock` is a counter that many move at once: null where there is no end of it."""
    op.execute(
        """
        CREATE TABLE rewards (
            id         uuid CONSTRAINT pk_rewards PRIMARY KEY,
            kind       text NOT NULL CONSTRAINT ck_rewards_kind CHECK (kind IN ('goods')),
            title      text NOT NULL,
            points     bigint NOT NULL CONSTRAINT ck_rewards_points CHECK (points BETWEEN 1 AND 1000000000),
            left_stock bigint CONSTRAINT ck_rewards_left_stock CHECK (left_stock >= 0),
            per_member bigint CONSTRAINT ck_rewards_per_member CHECK (per_member >= 1),
            offered    boolean NOT NULL DEFAULT true,
            created_at timestamptz NOT NULL
        );
        CREATE TABLE reward_redemptions (
            id         uuid CONSTRAINT pk_reward_redemptions PRIMARY KEY,
            reward_id  uuid NOT NULL CONSTRAINT fk_reward_redemptions_reward_id REFERENCES rewards (id),
            member     bigint NOT NULL CONSTRAINT fk_reward_redemptions_member REFERENCES members (number),
            title      text NOT NULL,
            points     bigint NOT NULL,
            status     text NOT NULL CONSTRAINT ck_reward_redemptions_status
                CHECK (status IN ('placed', 'done', 'refused')),
            reason     text,
            placed_at  timestamptz NOT NULL,
            decided_at timestamptz,
            CONSTRAINT ck_reward_redemptions_decided CHECK ((status = 'placed') = (decided_at IS NULL)),
            CONSTRAINT ck_reward_redemptions_refused CHECK (status <> 'refused' OR reason IS NOT NULL)
        );
        CREATE INDEX ix_reward_redemptions_member ON reward_redemptions (member, id);
        CREATE INDEX ix_reward_redemptions_reward_id ON reward_redemptions (reward_id, member);
        CREATE INDEX ix_reward_redemptions_placed ON reward_redemptions (id) WHERE status = 'placed';
        """
    )
