"""Signals: hashed marks of what members come with and name, by which accounts of one hand are found."""

from __future__ import annotations

from alembic import op

revision = "0135"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`mark` is a keyed hash: two that are equal are the same device, account or address, and nothing more is known."""
    op.execute(
        """
        CREATE TABLE member_signals (
            kind          text NOT NULL
                CONSTRAINT ck_member_signals_kind CHECK (kind IN ('device', 'network', 'address', 'phone',
                    'instrument', 'payout_account', 'email_family')),
            mark          bytea NOT NULL CONSTRAINT ck_member_signals_mark CHECK (octet_length(mark) = 32),
            member_number bigint NOT NULL
                CONSTRAINT fk_member_signals_member_number REFERENCES members (number) ON DELETE CASCADE,
            first_seen_at timestamptz NOT NULL,
            last_seen_at  timestamptz NOT NULL,
            CONSTRAINT pk_member_signals PRIMARY KEY (kind, mark, member_number)
        );
        CREATE INDEX ix_member_signals_member_number ON member_signals (member_number);
        CREATE INDEX ix_member_signals_last_seen_at ON member_signals (last_seen_at)
        """
    )
