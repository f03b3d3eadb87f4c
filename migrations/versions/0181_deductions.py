"""Tax and fees that are taken off payouts: dated tables, and what each request was told would be taken."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0181"
down_revision = "0191"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tables()
    _what_each_request_was_told()


def _tables() -> None:
    """Versions are added and never changed; of those whose days a day lies in, the newest is in force."""
    op.execute(
        """
        CREATE TABLE tax_tables (
            id           uuid CONSTRAINT pk_tax_tables PRIMARY KEY,
            country      text NOT NULL CONSTRAINT ck_tax_tables_country CHECK (country ~ '^[A-Z]{2}$'),
            kind         text NOT NULL CONSTRAINT ck_tax_tables_kind CHECK (kind IN ('person', 'business')),
            currency     text NOT NULL,
            span         text NOT NULL CONSTRAINT ck_tax_tables_span CHECK (span IN ('payout', 'month')),
            bands        jsonb NOT NULL CONSTRAINT ck_tax_tables_bands CHECK (jsonb_typeof(bands) = 'array'),
            rounding     text NOT NULL
                CONSTRAINT ck_tax_tables_rounding CHECK (rounding IN ('down', 'half_up', 'up')),
            law          text NOT NULL CONSTRAINT ck_tax_tables_law CHECK (law <> ''),
            from_on      date NOT NULL,
            to_on        date,
            published_by uuid NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT ck_tax_tables_days CHECK (to_on IS NULL OR to_on >= from_on)
        );
        CREATE INDEX ix_tax_tables_whose ON tax_tables (country, kind, currency, id);
        CREATE TABLE payout_fees (
            id           uuid CONSTRAINT pk_payout_fees PRIMARY KEY,
            channel      text NOT NULL
                CONSTRAINT ck_payout_fees_channel CHECK (channel IN ('bank', 'alipay', 'wechat')),
            currency     text NOT NULL,
            fixed_minor  bigint NOT NULL CONSTRAINT ck_payout_fees_fixed_minor CHECK (fixed_minor >= 0),
            rate_bps     integer NOT NULL
                CONSTRAINT ck_payout_fees_rate_bps CHECK (rate_bps >= 0 AND rate_bps < 10000),
            most_minor   bigint CONSTRAINT ck_payout_fees_most_minor CHECK (most_minor >= fixed_minor),
            from_on      date NOT NULL,
            to_on        date,
            published_by uuid NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT ck_payout_fees_days CHECK (to_on IS NULL OR to_on >= from_on)
        );
        CREATE INDEX ix_payout_fees_whose ON payout_fees (channel, currency, id)
        """
    )
    append_only("tax_tables")
    append_only("payout_fees")


def _what_each_request_was_told() -> None:
    """`amount_minor` is what leaves the wallet; tax and fee are of it, and the rest is what the member gets."""
    op.execute(
        """
        ALTER TABLE payout_requests
            ADD COLUMN IF NOT EXISTS tax_minor bigint NOT NULL DEFAULT 0,
            ADD COLUMN IF NOT EXISTS fee_minor bigint NOT NULL DEFAULT 0,
            ADD COLUMN IF NOT EXISTS tax_table_id uuid,
            ADD COLUMN IF NOT EXISTS fee_id uuid;
        ALTER TABLE payout_requests
            ADD CONSTRAINT ck_payout_requests_net
                CHECK (tax_minor >= 0 AND fee_minor >= 0 AND tax_minor + fee_minor < amount_minor) NOT VALID,
            ADD CONSTRAINT fk_payout_requests_tax_table_id
                FOREIGN KEY (tax_table_id) REFERENCES tax_tables (id) NOT VALID,
            ADD CONSTRAINT fk_payout_requests_fee_id FOREIGN KEY (fee_id) REFERENCES payout_fees (id) NOT VALID;
        CREATE TRIGGER payout_requests_keep_what_they_were_told BEFORE UPDATE ON payout_requests FOR EACH ROW
        WHEN ((OLD.tax_minor, OLD.fee_minor, OLD.tax_table_id, OLD.fee_id)
            IS DISTINCT FROM (NEW.tax_minor, NEW.fee_minor, NEW.tax_table_id, NEW.fee_id))
        EXECUTE FUNCTION refuse_payout_change()
        """
    )
