"""Campaigns: an audience fixed before the start, a part of it left out by lot, and what they may give."""

from __future__ import annotations

from alembic import op

from migrations.statements import for_application_role

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _campaigns()
    _groups()
    _missions_of_campaigns()
    for table in ("campaigns", "campaign_members"):
        for_application_role(f"REVOKE DELETE, TRUNCATE ON {table} FROM {{role}}")
    _drawn_stays()


def _campaigns() -> None:
    """`drawn_at`: when its groups were fixed; before it a campaign is a draft, and from then on only ever cancelled."""
    op.execute(
        """
        CREATE TABLE campaigns (
            id             uuid CONSTRAINT pk_campaigns PRIMARY KEY,
            title_zh       text NOT NULL,
            title_en       text NOT NULL,
            theme          text NOT NULL CONSTRAINT ck_campaigns_theme
                CHECK (theme IN ('spring', 'summer', 'autumn', 'winter', 'festival', 'sale', 'thanks')),
            starts_at      timestamptz NOT NULL,
            ends_at        timestamptz NOT NULL,
            audience       text NOT NULL CONSTRAINT ck_campaigns_audience
                CHECK (audience IN ('all', 'tier', 'newcomers', 'members')),
            tier           text,
            newcomer_days  integer CONSTRAINT ck_campaigns_newcomer_days CHECK (newcomer_days BETWEEN 1 AND 3650),
            control_bps    integer NOT NULL CONSTRAINT ck_campaigns_control_bps CHECK (control_bps BETWEEN 0 AND 9000),
            seed           text NOT NULL CONSTRAINT ck_campaigns_seed CHECK (length(seed) >= 16),
            goal           text NOT NULL CONSTRAINT ck_campaigns_goal CHECK (goal IN ('buyers', 'spend')),
            target         bigint NOT NULL CONSTRAINT ck_campaigns_target CHECK (target BETWEEN 0 AND 1000000000000),
            multiplier_bps integer
                CONSTRAINT ck_campaigns_multiplier_bps CHECK (multiplier_bps BETWEEN 10001 AND 100000),
            notice_zh      text,
            notice_en      text,
            created_at     timestamptz NOT NULL,
            drawn_at       timestamptz,
            cancelled_at   timestamptz,
            CONSTRAINT ck_campaigns_window CHECK (ends_at > starts_at),
            CONSTRAINT ck_campaigns_drawn CHECK (drawn_at < starts_at),
            CONSTRAINT ck_campaigns_tier CHECK ((audience = 'tier') = (tier IS NOT NULL)),
            CONSTRAINT ck_campaigns_newcomers CHECK ((audience = 'newcomers') = (newcomer_days IS NOT NULL)),
            CONSTRAINT ck_campaigns_notice CHECK ((notice_zh IS NULL) = (notice_en IS NULL))
        );
        CREATE INDEX ix_campaigns_ends_at ON campaigns (ends_at) WHERE drawn_at IS NOT NULL;
        """
    )


def _groups() -> None:
    """Who is in a campaign. `treated` is null for those whom a draft names; `told_at`: the notice went out."""
    op.execute(
        """
        CREATE TABLE campaign_members (
            campaign_id uuid NOT NULL CONSTRAINT fk_campaign_members_campaign_id REFERENCES campaigns (id),
            member      bigint NOT NULL CONSTRAINT fk_campaign_members_member REFERENCES members (number),
            treated     boolean,
            told_at     timestamptz,
            CONSTRAINT pk_campaign_members PRIMARY KEY (campaign_id, member),
            CONSTRAINT ck_campaign_members_told CHECK (told_at IS NULL OR treated IS TRUE)
        ) WITH (fillfactor = 80);
        CREATE INDEX ix_campaign_members_member ON campaign_members (member) WHERE treated;
        CREATE INDEX ix_campaign_members_untold ON campaign_members (campaign_id, member)
            WHERE treated AND told_at IS NULL;
        """
    )


def _missions_of_campaigns() -> None:
    """A mission of a campaign is for those alone whom the campaign treats."""
    op.execute(
        """
        ALTER TABLE missions ADD COLUMN campaign_id uuid
            -- squawk-ignore adding-foreign-key-constraint
            CONSTRAINT fk_missions_campaign_id REFERENCES campaigns (id);
        CREATE INDEX ix_missions_campaign_id ON missions (campaign_id) WHERE campaign_id IS NOT NULL;
        """
    )


def _drawn_stays() -> None:
    """Once drawn, groups and terms stay as they are: whoever is treated is known before anything is measured."""
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_drawn_campaign() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF to_jsonb(NEW) - 'cancelled_at' <> to_jsonb(OLD) - 'cancelled_at' THEN
                RAISE EXCEPTION 'campaign %: its groups are fixed', OLD.id USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER campaigns_refuse_change BEFORE UPDATE ON campaigns
        FOR EACH ROW WHEN (OLD.drawn_at IS NOT NULL) EXECUTE FUNCTION refuse_change_of_drawn_campaign();
        CREATE FUNCTION refuse_change_of_group() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'campaign %: member % stays in the group', OLD.campaign_id, OLD.member
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER campaign_members_refuse_change BEFORE UPDATE OF treated ON campaign_members
        FOR EACH ROW WHEN (OLD.treated IS NOT NULL AND OLD.treated IS DISTINCT FROM NEW.treated)
        EXECUTE FUNCTION refuse_change_of_group();
        """
    )
