"""Flash sessions: a brand's deals and goods for some hours, a stream beside them, who asked to be told."""

from __future__ import annotations

from alembic import op

revision = "0103"
down_revision = "0097"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE flash_sessions (
            id           uuid CONSTRAINT pk_flash_sessions PRIMARY KEY,
            opened_by    bigint NOT NULL CONSTRAINT fk_flash_sessions_opened_by REFERENCES members (number),
            brand        text NOT NULL CONSTRAINT ck_flash_sessions_brand CHECK (length(brand) BETWEEN 1 AND 60),
            title        text NOT NULL CONSTRAINT ck_flash_sessions_title CHECK (length(title) BETWEEN 1 AND 80),
            intro        text NOT NULL CONSTRAINT ck_flash_sessions_intro CHECK (length(intro) <= 500),
            starts_at    timestamptz NOT NULL,
            ends_at      timestamptz NOT NULL,
            stream_url   text CONSTRAINT ck_flash_sessions_stream_url
                CHECK (stream_url LIKE 'https://%' AND length(stream_url) <= 500),
            pinned_place integer,
            version      bigint NOT NULL DEFAULT 1,
            made_at      timestamptz NOT NULL,
            begun_at     timestamptz,
            over_at      timestamptz,
            cancelled_at timestamptz,
            CONSTRAINT ck_flash_sessions_clock CHECK (ends_at > starts_at),
            CONSTRAINT ck_flash_sessions_begun CHECK (begun_at >= starts_at),
            CONSTRAINT ck_flash_sessions_over CHECK
                (over_at IS NULL OR (over_at >= ends_at AND begun_at IS NOT NULL AND cancelled_at IS NULL)),
            CONSTRAINT ck_flash_sessions_cancelled CHECK (cancelled_at < ends_at)
        );
        CREATE INDEX ix_flash_sessions_to_begin ON flash_sessions (starts_at)
            WHERE begun_at IS NULL AND cancelled_at IS NULL;
        CREATE INDEX ix_flash_sessions_to_end ON flash_sessions (ends_at)
            WHERE over_at IS NULL AND cancelled_at IS NULL;
        CREATE INDEX ix_flash_sessions_opened_by ON flash_sessions (opened_by, id);
        CREATE TABLE flash_session_picks (
            session_id uuid NOT NULL
                CONSTRAINT fk_flash_session_picks_session_id REFERENCES flash_sessions (id),
            place      integer NOT NULL CONSTRAINT ck_flash_session_picks_place CHECK (place >= 1),
            deal_id    uuid CONSTRAINT fk_flash_session_picks_deal_id REFERENCES deals (id),
            product_id uuid CONSTRAINT fk_flash_session_picks_product_id REFERENCES products (id),
            holds      boolean NOT NULL,
            CONSTRAINT pk_flash_session_picks PRIMARY KEY (session_id, place),
            CONSTRAINT uq_flash_session_picks_deal UNIQUE (session_id, deal_id),
            CONSTRAINT uq_flash_session_picks_product UNIQUE (session_id, product_id),
            CONSTRAINT ck_flash_session_picks_one CHECK ((deal_id IS NULL) <> (product_id IS NULL)),
            CONSTRAINT ck_flash_session_picks_holds CHECK (deal_id IS NOT NULL OR NOT holds)
        );
        -- A deal keeps to the clock of one session.
        CREATE UNIQUE INDEX uq_flash_session_picks_holds ON flash_session_picks (deal_id) WHERE holds;
        ALTER TABLE flash_sessions
            -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
            ADD CONSTRAINT fk_flash_sessions_pinned_place FOREIGN KEY (id, pinned_place)
            REFERENCES flash_session_picks (session_id, place);
        CREATE TABLE flash_session_reminders (
            session_id uuid NOT NULL
                CONSTRAINT fk_flash_session_reminders_session_id REFERENCES flash_sessions (id),
            member     bigint NOT NULL CONSTRAINT fk_flash_session_reminders_member REFERENCES members (number),
            asked_at   timestamptz NOT NULL,
            CONSTRAINT pk_flash_session_reminders PRIMARY KEY (session_id, member)
        );
        CREATE INDEX ix_flash_session_reminders_member ON flash_session_reminders (member);
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE invite_links DROP CONSTRAINT ck_invite_links_kind;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE invite_links ADD CONSTRAINT ck_invite_links_kind
            CHECK (kind IN ('member', 'deal', 'room', 'product', 'note', 'bargain', 'storefront', 'session'));
        CREATE INDEX IF NOT EXISTS ix_invite_links_session ON invite_links (target_id) WHERE kind = 'session'
        """
    )
