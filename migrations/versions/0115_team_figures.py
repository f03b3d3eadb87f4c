"""What stands and was bought below each member, kept as sales and places come, and proven anew each night."""

from __future__ import annotations

from alembic import op

revision = "0115"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`sponsor` and `own_minor` are what was counted: the sponsor then, and what the member bought then."""
    op.execute(
        """
        CREATE TABLE team_figures (
            member_number bigint CONSTRAINT pk_team_figures PRIMARY KEY
                CONSTRAINT fk_team_figures_member_number REFERENCES referral_nodes (member_number),
            sponsor       bigint,
            own_minor     bigint NOT NULL,
            members       bigint NOT NULL CONSTRAINT ck_team_figures_members CHECK (members >= 0),
            volume_minor  bigint NOT NULL
        ) WITH (fillfactor = 70);
        CREATE INDEX ix_team_figures_sponsor ON team_figures (sponsor)
        """
    )
