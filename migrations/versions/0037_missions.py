"""Sales as loyalty counts them, and missions: something done so many times within a window, for points."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0037"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _sales()
    _missions()
    append_only("mission_versions")
    for table in ("loyalty_sales", "missions", "mission_progress"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")


def _sales() -> None:
    """A projection of confirmed orders of rooms: who bought, who brought the buyer, through whose link, what is left.

    A sale counts at the instant at which its order was placed, so told late it counts the same.
    """
    op.execute(
        """
        CREATE TABLE loyalty_sales (
            order_id   uuid CONSTRAINT pk_loyalty_sales PRIMARY KEY
                CONSTRAINT fk_loyalty_sales_order_id REFERENCES orders (id),
            buyer      bigint NOT NULL CONSTRAINT fk_loyalty_sales_buyer REFERENCES members (number),
            sponsor    bigint CONSTRAINT fk_loyalty_sales_sponsor REFERENCES members (number),
            sharer     bigint CONSTRAINT fk_loyalty_sales_sharer REFERENCES members (number)
                CONSTRAINT ck_loyalty_sales_sharer CHECK (sharer <> buyer),
            currency   text NOT NULL,
            left_minor bigint NOT NULL
                CONSTRAINT ck_loyalty_sales_left_minor CHECK (left_minor BETWEEN 0 AND 1000000000000),
            placed_at  timestamptz NOT NULL
        ) WITH (fillfactor = 90);
        CREATE INDEX ix_loyalty_sales_buyer ON loyalty_sales (buyer, placed_at);
        CREATE INDEX ix_loyalty_sales_sponsor ON loyalty_sales (sponsor, buyer) WHERE sponsor IS NOT NULL;
        CREATE INDEX ix_loyalty_sales_placed_at ON loyalty_sales (placed_at);
        """
    )


def _missions() -> None:
    """What is to be done, and when, never changes; how often, for how many points and by which title has versions.

    A row of `mission_progress` is one member's period of a mission: what was begun under a version ends by it.
    """
    op.execute(
        """
        CREATE TABLE missions (
            id           uuid CONSTRAINT pk_missions PRIMARY KEY,
            kind         text NOT NULL CONSTRAINT ck_missions_kind
                CHECK (kind IN ('order', 'friend', 'check_in', 'share', 'survey')),
            repeats      text NOT NULL
                CONSTRAINT ck_missions_repeats CHECK (repeats IN ('once', 'day', 'week', 'month')),
            opens_at     timestamptz NOT NULL,
            closes_at    timestamptz NOT NULL,
            withdrawn_at timestamptz,
            created_at   timestamptz NOT NULL,
            CONSTRAINT ck_missions_window CHECK (closes_at > opens_at)
        );
        CREATE INDEX ix_missions_closes_at ON missions (closes_at);
        CREATE TABLE mission_versions (
            mission_id   uuid NOT NULL CONSTRAINT fk_mission_versions_mission_id REFERENCES missions (id),
            version      integer NOT NULL CONSTRAINT ck_mission_versions_version CHECK (version >= 1),
            title_zh     text NOT NULL,
            title_en     text NOT NULL,
            times        integer NOT NULL CONSTRAINT ck_mission_versions_times CHECK (times BETWEEN 1 AND 1000),
            points       bigint NOT NULL CONSTRAINT ck_mission_versions_points CHECK (points BETWEEN 1 AND 1000000000),
            published_by uuid NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT pk_mission_versions PRIMARY KEY (mission_id, version)
        );
        CREATE TABLE mission_progress (
            mission_id uuid NOT NULL,
            version    integer NOT NULL,
            member     bigint NOT NULL CONSTRAINT fk_mission_progress_member REFERENCES members (number),
            begins_at  timestamptz NOT NULL,
            ends_at    timestamptz NOT NULL,
            done       bigint NOT NULL DEFAULT 0 CONSTRAINT ck_mission_progress_done CHECK (done >= 0),
            rewarded   boolean NOT NULL DEFAULT false,
            grants     integer NOT NULL DEFAULT 0,
            CONSTRAINT pk_mission_progress PRIMARY KEY (member, mission_id, begins_at),
            CONSTRAINT fk_mission_progress_version
                FOREIGN KEY (mission_id, version) REFERENCES mission_versions (mission_id, version),
            CONSTRAINT ck_mission_progress_window CHECK (ends_at > begins_at),
            CONSTRAINT ck_mission_progress_grants CHECK (grants >= 0 AND (NOT rewarded OR grants >= 1))
        ) WITH (fillfactor = 80);
        CREATE INDEX ix_mission_progress_mission_id ON mission_progress (mission_id);
        """
    )
