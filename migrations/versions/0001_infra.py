"""The application role, the outbox, the periodic table."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role
from socialshop.infra.db import APPLICATION_ROLE, RIGHT_TO_ACT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _application_role()
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        """
        CREATE TABLE outbox_events (
            id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox_events PRIMARY KEY,
            name        text NOT NULL,
            payload     jsonb NOT NULL,
            occurred_at timestamptz NOT NULL,
            relayed_at  timestamptz
        );
        CREATE INDEX ix_outbox_events_unrelayed ON outbox_events (id) WHERE relayed_at IS NULL;
        CREATE INDEX ix_outbox_events_occurred_at ON outbox_events (occurred_at);

        CREATE TABLE outbox_deliveries (
            id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox_deliveries PRIMARY KEY,
            event_id   bigint NOT NULL
                CONSTRAINT fk_outbox_deliveries_event_id REFERENCES outbox_events (id) ON DELETE CASCADE,
            handler    text NOT NULL,
            state      text NOT NULL DEFAULT 'pending'
                CONSTRAINT ck_outbox_deliveries_state CHECK (state IN ('pending', 'done', 'dead')),
            attempts   integer NOT NULL DEFAULT 0,
            due_at     timestamptz NOT NULL,
            last_error text,
            done_at    timestamptz,
            CONSTRAINT uq_outbox_deliveries_event_id_handler UNIQUE (event_id, handler)
        );
        CREATE INDEX ix_outbox_deliveries_pending ON outbox_deliveries (handler, event_id) WHERE state = 'pending';
        CREATE INDEX ix_outbox_deliveries_dead ON outbox_deliveries (due_at) WHERE state = 'dead';

        CREATE TABLE periodic_ticks (
            job         text NOT NULL,
            slot        timestamptz NOT NULL,
            started_at  timestamptz NOT NULL,
            finished_at timestamptz,
            CONSTRAINT pk_periodic_ticks PRIMARY KEY (job, slot)
        );
        CREATE INDEX ix_periodic_ticks_unfinished ON periodic_ticks (slot) WHERE finished_at IS NULL;
        """
    )


def _application_role() -> None:
    """Roles belong to the server, not the database, and two databases may be migrated at once."""
    op.execute(
        f"""
        DO $do$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
                CREATE ROLE {APPLICATION_ROLE} NOLOGIN;
            END IF;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'no right to create role {APPLICATION_ROLE}: the books are guarded by triggers alone';
        END $do$
        """
    )
    for_application_role(
        """
        BEGIN
            IF NOT pg_has_role(current_user, '{role}', """
        + RIGHT_TO_ACT
        + """) THEN
                EXECUTE format('GRANT {role} TO %I', current_user) || CASE
                    WHEN current_setting('server_version_num')::integer >= 160000 THEN ' WITH SET TRUE' ELSE '' END;
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'no right to act as {role}, which another made: the books are guarded by triggers alone';
        END;
        GRANT USAGE ON SCHEMA public TO {role};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};
        GRANT SELECT ON alembic_version TO {role}
        """
    )
