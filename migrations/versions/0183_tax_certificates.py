"""Certificates of the tax that was withheld of a member's payouts in a year."""

from __future__ import annotations

from alembic import op

from migrations.statements import append_only

revision = "0183"
down_revision = "0211"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`content` is the text that the hash is over; it knows no name. One that is corrected is replaced by another."""
    op.execute(
        """
        CREATE TABLE tax_certificates (
            id           uuid CONSTRAINT pk_tax_certificates PRIMARY KEY,
            member_id    uuid NOT NULL CONSTRAINT fk_tax_certificates_member_id REFERENCES members (id),
            year         integer NOT NULL CONSTRAINT ck_tax_certificates_year CHECK (year BETWEEN 2000 AND 9999),
            place        integer NOT NULL CONSTRAINT ck_tax_certificates_place CHECK (place >= 1),
            currency     text NOT NULL,
            payouts      integer NOT NULL CONSTRAINT ck_tax_certificates_payouts CHECK (payouts >= 0),
            gross_minor  bigint NOT NULL,
            tax_minor    bigint NOT NULL,
            content      text NOT NULL,
            content_hash bytea NOT NULL
                CONSTRAINT ck_tax_certificates_content_hash CHECK (content_hash = sha256(convert_to(content, 'UTF8'))),
            replaces     uuid CONSTRAINT uq_tax_certificates_replaces UNIQUE
                CONSTRAINT fk_tax_certificates_replaces REFERENCES tax_certificates (id),
            issued_at    timestamptz NOT NULL,
            CONSTRAINT uq_tax_certificates_number UNIQUE (year, place),
            CONSTRAINT ck_tax_certificates_sums CHECK (tax_minor >= 0 AND gross_minor >= tax_minor)
        );
        CREATE INDEX ix_tax_certificates_member_id ON tax_certificates (member_id, id)
        """
    )
    append_only("tax_certificates")
