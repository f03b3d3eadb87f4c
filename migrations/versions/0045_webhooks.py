"""Webhooks: where the shop tells other systems of what happened, what it told them, and what came of it."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _endpoints()
    _events()
    _deliveries()


def _endpoints() -> None:
    """Secrets are sealed with the shop's key. Of two the former signs too, until `former_until`.

    `failing_since`: the first failure after the last success. A disabled endpoint says why.
    """
    op.execute(
        """
        CREATE TABLE webhook_endpoints (
            id                uuid CONSTRAINT pk_webhook_endpoints PRIMARY KEY,
            url               text NOT NULL CONSTRAINT ck_webhook_endpoints_url CHECK (length(url) <= 500),
            label             text NOT NULL CONSTRAINT ck_webhook_endpoints_label CHECK (length(label) <= 100),
            event_types       text[] NOT NULL CONSTRAINT ck_webhook_endpoints_event_types
                CHECK (cardinality(event_types) BETWEEN 1 AND 100),
            sealed_secret     bytea NOT NULL,
            former_secret     bytea,
            former_until      timestamptz,
            failing_since     timestamptz,
            disabled_at       timestamptz,
            disabled_because  text,
            created_at        timestamptz NOT NULL,
            CONSTRAINT ck_webhook_endpoints_former CHECK ((former_secret IS NULL) = (former_until IS NULL)),
            CONSTRAINT ck_webhook_endpoints_disabled CHECK ((disabled_at IS NULL) = (disabled_because IS NULL))
        )
        """
    )
    for_application_role("REVOKE DELETE, TRUNCATE ON webhook_endpoints FROM {role}")


def _events() -> None:
    """What is told: ids alone. One row a type and subject, however often its fact is handled."""
    op.execute(
        """
        CREATE TABLE webhook_events (
            id          uuid CONSTRAINT pk_webhook_events PRIMARY KEY,
            type        text NOT NULL,
            version     smallint NOT NULL,
            subject     text NOT NULL,
            data        jsonb NOT NULL CONSTRAINT ck_webhook_events_data CHECK (jsonb_typeof(data) = 'object'),
            occurred_at timestamptz NOT NULL,
            CONSTRAINT uq_webhook_events_natural UNIQUE (type, subject)
        )
        """
    )
    for_application_role("REVOKE UPDATE, TRUNCATE ON webhook_events FROM {role}")


def _deliveries() -> None:
    """One row an event and endpoint; `code` and `because` are of the last attempt."""
    op.execute(
        """
        CREATE TABLE webhook_deliveries (
            id          uuid CONSTRAINT pk_webhook_deliveries PRIMARY KEY,
            endpoint_id uuid NOT NULL
                CONSTRAINT fk_webhook_deliveries_endpoint_id REFERENCES webhook_endpoints (id),
            event_id    uuid NOT NULL
                CONSTRAINT fk_webhook_deliveries_event_id REFERENCES webhook_events (id) ON DELETE CASCADE,
            status      text NOT NULL DEFAULT 'queued' CONSTRAINT ck_webhook_deliveries_status
                CHECK (status IN ('queued', 'delivered', 'given_up')),
            attempts    integer NOT NULL DEFAULT 0,
            due_at      timestamptz NOT NULL,
            because     text,
            created_at  timestamptz NOT NULL,
            ended_at    timestamptz,
            CONSTRAINT uq_webhook_deliveries_natural UNIQUE (event_id, endpoint_id),
            CONSTRAINT ck_webhook_deliveries_ended CHECK ((status = 'queued') = (ended_at IS NULL))
        );
        CREATE INDEX ix_webhook_deliveries_due_at ON webhook_deliveries (endpoint_id, due_at) WHERE status = 'queued';
        CREATE INDEX ix_webhook_deliveries_endpoint_id ON webhook_deliveries (endpoint_id, id)
        """
    )
