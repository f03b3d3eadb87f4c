"""Where goods go: a member's address book, and of each order the address as it was chosen."""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0032"
branch_labels = None
depends_on = None

_FIELDS = """
            recipient  text NOT NULL CONSTRAINT ck_{table}_recipient CHECK (recipient <> ''),
            phone      text NOT NULL CONSTRAINT ck_{table}_phone CHECK (phone <> ''),
            region     text NOT NULL CONSTRAINT ck_{table}_region CHECK (region <> ''),
            street     text NOT NULL CONSTRAINT ck_{table}_street CHECK (street <> ''),
            postcode   text NOT NULL DEFAULT ''
"""


def upgrade() -> None:
    """An order keeps a copy of its own: what is changed in the book sends no parcel elsewhere."""
    op.execute(
        f"""
        CREATE TABLE member_addresses (
            id         uuid CONSTRAINT pk_member_addresses PRIMARY KEY,
            member     bigint NOT NULL CONSTRAINT fk_member_addresses_member REFERENCES members (number),
            is_default boolean NOT NULL,
            created_at timestamptz NOT NULL,
            {_FIELDS.format(table="member_addresses")}
        );
        CREATE INDEX ix_member_addresses_member ON member_addresses (member, id);
        CREATE UNIQUE INDEX uq_member_addresses_default ON member_addresses (member) WHERE is_default;
        CREATE TABLE order_addresses (
            order_id   uuid CONSTRAINT pk_order_addresses PRIMARY KEY
                CONSTRAINT fk_order_addresses_order_id REFERENCES orders (id),
            chosen_at  timestamptz NOT NULL,
            {_FIELDS.format(table="order_addresses")}
        )
        """
    )
