"""How many levels stand below each member, and which sub-trees came to what the country's law counts."""

from __future__ import annotations

from alembic import op

revision = "0125"
down_revision = "0135"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`levels` is null until the job counts it: the first run after this counts the whole forest anew.

    A crossing has a row from the instant at which a sub-tree came to both figures until it fell below one of them.
    """
    op.execute(
        """
        ALTER TABLE team_figures ADD COLUMN levels integer
            CONSTRAINT ck_team_figures_levels CHECK (levels >= 0);
        -- Nobody else writes this table than the jobs, which wait.
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_team_figures_members ON team_figures (members, member_number);
        CREATE TABLE subtree_crossings (
            id            bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_subtree_crossings PRIMARY KEY,
            member_number bigint NOT NULL CONSTRAINT fk_subtree_crossings_member_number
                REFERENCES referral_nodes (member_number),
            heads         bigint NOT NULL,
            levels        integer NOT NULL,
            crossed_at    timestamptz NOT NULL,
            fell_at       timestamptz CONSTRAINT ck_subtree_crossings_fell_at CHECK (fell_at >= crossed_at)
        );
        CREATE UNIQUE INDEX uq_subtree_crossings_open ON subtree_crossings (member_number) WHERE fell_at IS NULL;
        CREATE INDEX ix_subtree_crossings_fell_at ON subtree_crossings (fell_at) WHERE fell_at IS NOT NULL
        """
    )
