"""When a member celebrates: the day, and since when the shop knows it."""

from __future__ import annotations

from alembic import op

revision = "0046"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The year is the member's to keep. A leap year stands in where there is none: then 29 February is a day."""
    op.execute(
        """
        CREATE TABLE member_birthdays (
            member_id uuid CONSTRAINT pk_member_birthdays PRIMARY KEY
                CONSTRAINT fk_member_birthdays_member_id REFERENCES members (id) ON DELETE CASCADE,
            month     smallint NOT NULL,
            day       smallint NOT NULL,
            year      smallint CONSTRAINT ck_member_birthdays_year CHECK (year BETWEEN 1900 AND 2999),
            set_at    timestamptz NOT NULL,
            CONSTRAINT ck_member_birthdays_day CHECK (make_date(coalesce(year, 2000), month, day) IS NOT NULL)
        );
        CREATE INDEX ix_member_birthdays_day ON member_birthdays (month, day)
        """
    )
