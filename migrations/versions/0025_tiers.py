"""Tiers as versioned data, the growth that climbs them, where each member stands, and every change with its reason."""

from __future__ import annotations

import json

from alembic import op

from migrations.statements import append_only, for_application_role

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# The programme that a shop begins with. It gives no discount: what a shop takes off its prices it decides itself.
_FIRST = "00000000-0000-7000-8000-000000000001"
_PLAIN = {
    "points_multiplier_bps": 10_000,
    "early_access_hours": 0,
    "exclusive_deals": False,
}
_DOCUMENT = {
    "name": "Four tiers",
    "period_days": 365,
    "grace_days": 30,
    "spend": [{"currency": "CNY", "minor_per_point": 100}],
    "referral_points": 100,
    "activities": [
        {"kind": "check_in", "points": 1, "day_cap": 1, "period_cap": 300},
        {"kind": "review", "points": 5, "day_cap": 10, "period_cap": 300},
        {"kind": "share", "points": 2, "day_cap": 6, "period_cap": 300},
        {"kind": "mission", "points": 10, "day_cap": 30, "period_cap": 600},
    ],
    "tiers": [
        {"code": "normal", "name_zh": "普通会员", "name_en": "Normal", "threshold": 0, "benefits": _PLAIN},
        {
            "code": "silver",
            "name_zh": "银卡会员",
            "name_en": "Silver",
            "threshold": 2_000,
            "benefits": _PLAIN | {"points_multiplier_bps": 11_000, "early_access_hours": 2},
        },
        {
            "code": "gold",
            "name_zh": "金卡会员",
            "name_en": "Gold",
            "threshold": 10_000,
            "benefits": _PLAIN
            | {
                "points_multiplier_bps": 12_500,
                "early_access_hours": 12,
            },
        },
        {
            "code": "diamond",
            "name_zh": "钻石会员",
            "name_en": "Diamond",
            "threshold": 50_000,
            "benefits": _PLAIN
            | {
                "points_multiplier_bps": 15_000,
                "early_access_hours": 24,
                "exclusive_deals": True,
            },
        },
    ],
}


def upgrade() -> None:
    _programmes()
    _growth()
    _standings()
    _begin()
    _acts()
    for table in (
        "tier_programmes",
        "tier_programme_versions",
        "tiers",
        "growth_entries",
        "tier_changes",
        "benefit_uses",
    ):
        append_only(table)
    for_application_role("REVOKE DELETE, TRUNCATE ON member_standings FROM {role}")


def _programmes() -> None:
    """A programme is never edited: a draft is one that no version names. `tiers` are a version's, spelled out."""
    op.execute(
        """
        CREATE TABLE tier_programmes (
            id         uuid CONSTRAINT pk_tier_programmes PRIMARY KEY,
            name       text NOT NULL,
            document   jsonb NOT NULL
                CONSTRAINT ck_tier_programmes_document CHECK (jsonb_typeof(document) = 'object'),
            created_by uuid,
            created_at timestamptz NOT NULL
        );
        CREATE TABLE tier_programme_versions (
            number       integer CONSTRAINT pk_tier_programme_versions PRIMARY KEY
                CONSTRAINT ck_tier_programme_versions_number CHECK (number >= 1),
            programme_id uuid NOT NULL
                CONSTRAINT fk_tier_programme_versions_programme_id REFERENCES tier_programmes (id),
            effective_at timestamptz NOT NULL,
            published_at timestamptz NOT NULL,
            CONSTRAINT uq_tier_programme_versions_programme_id UNIQUE (programme_id),
            CONSTRAINT uq_tier_programme_versions_effective_at UNIQUE (effective_at)
        );
        CREATE TABLE tiers (
            version   integer NOT NULL CONSTRAINT fk_tiers_version REFERENCES tier_programme_versions (number),
            level     integer NOT NULL CONSTRAINT ck_tiers_level CHECK (level >= 0),
            code      text NOT NULL,
            name_zh   text NOT NULL,
            name_en   text NOT NULL,
            threshold bigint NOT NULL CONSTRAINT ck_tiers_threshold CHECK (threshold >= 0),
            benefits  jsonb NOT NULL,
            CONSTRAINT pk_tiers PRIMARY KEY (version, level),
            CONSTRAINT uq_tiers_version_code UNIQUE (version, code),
            CONSTRAINT ck_tiers_base CHECK ((level = 0) = (threshold = 0))
        )
        """
    )


def _growth() -> None:
    """One entry a fact: `source` is its own name within its kind, `about` the sale that it comes from, if any.

    It counts from `counts_from` for a period.
    What a refund takes back counts from the sale on, so that both leave the sum on one day. `asked` is what the rule
    gave before caps, `version` whose rule that was.
    """
    op.execute(
        """
        CREATE TABLE growth_entries (
            id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_growth_entries PRIMARY KEY,
            member      bigint NOT NULL CONSTRAINT fk_growth_entries_member REFERENCES members (number),
            kind        text NOT NULL,
            source      text NOT NULL,
            about       uuid,
            points      bigint NOT NULL,
            asked       bigint NOT NULL,
            version     integer NOT NULL
                CONSTRAINT fk_growth_entries_version REFERENCES tier_programme_versions (number),
            counts_from timestamptz NOT NULL,
            recorded_at timestamptz NOT NULL,
            CONSTRAINT uq_growth_entries_natural UNIQUE (kind, source, member)
        );
        CREATE INDEX ix_growth_entries_member ON growth_entries (member, counts_from) INCLUDE (points)
        """
    )


def _standings() -> None:
    """Who has no standing has no growth, and stands in the first tier of the programme in force."""
    op.execute(
        """
        CREATE TABLE member_standings (
            member       bigint CONSTRAINT pk_member_standings PRIMARY KEY
                CONSTRAINT fk_member_standings_member REFERENCES members (number),
            version      integer NOT NULL,
            tier         text NOT NULL,
            growth       bigint NOT NULL DEFAULT 0,
            since        timestamptz NOT NULL,
            warned_at    timestamptz,
            lapses_at    timestamptz,
            CONSTRAINT fk_member_standings_tier FOREIGN KEY (version, tier) REFERENCES tiers (version, code),
            CONSTRAINT ck_member_standings_warning CHECK ((warned_at IS NULL) = (lapses_at IS NULL)),
            CONSTRAINT ck_member_standings_grace CHECK (lapses_at >= warned_at)
        ) WITH (fillfactor = 80);
        CREATE TABLE tier_changes (
            id        bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_tier_changes PRIMARY KEY,
            member    bigint NOT NULL CONSTRAINT fk_tier_changes_member REFERENCES members (number),
            kind      text NOT NULL CONSTRAINT ck_tier_changes_kind
                CHECK (kind IN ('upgraded', 'warned', 'kept', 'downgraded', 'moved')),
            from_tier text NOT NULL,
            to_tier   text NOT NULL,
            growth    bigint NOT NULL,
            threshold bigint NOT NULL,
            version   integer NOT NULL
                CONSTRAINT fk_tier_changes_version REFERENCES tier_programme_versions (number),
            lapses_at timestamptz,
            at        timestamptz NOT NULL
        );
        CREATE INDEX ix_tier_changes_member ON tier_changes (member, id);
        CREATE TABLE tier_evaluations (
            day          date NOT NULL,
            version      integer NOT NULL,
            done_through bigint NOT NULL DEFAULT 0,
            finished_at  timestamptz,
            CONSTRAINT pk_tier_evaluations PRIMARY KEY (day, version)
        );
        CREATE TABLE benefit_uses (
            id           bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_benefit_uses PRIMARY KEY,
            member       bigint NOT NULL CONSTRAINT fk_benefit_uses_member REFERENCES members (number),
            benefit      text NOT NULL,
            source       text NOT NULL,
            amount_minor bigint CONSTRAINT ck_benefit_uses_amount_minor CHECK (amount_minor >= 0),
            currency     text,
            used_at      timestamptz NOT NULL,
            CONSTRAINT uq_benefit_uses_natural UNIQUE (member, benefit, source),
            CONSTRAINT ck_benefit_uses_money CHECK ((amount_minor IS NULL) = (currency IS NULL))
        )
        """
    )


def _acts() -> None:
    """Where tiers act: a deal may ask for one, and a room keeps what its deal asked; members hear of their tier."""
    op.execute(
        """
        ALTER TABLE deals ADD COLUMN minimum_tier text;
        ALTER TABLE rooms ADD COLUMN minimum_tier text, ADD COLUMN early_until timestamptz;
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE notice_opt_outs DROP CONSTRAINT ck_notice_opt_outs_topic;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE notice_opt_outs ADD CONSTRAINT ck_notice_opt_outs_topic
            CHECK (topic IN ('rooms', 'reminders', 'orders', 'invites', 'earnings', 'membership'))
        """
    )


def _begin() -> None:
    document = json.dumps(_DOCUMENT, ensure_ascii=False).replace("'", "''")
    op.execute(
        f"""
        INSERT INTO tier_programmes (id, name, document, created_at)
        VALUES ('{_FIRST}', 'Four tiers', '{document}', '2000-01-01 00:00:00+00');
        INSERT INTO tier_programme_versions (number, programme_id, effective_at, published_at)
        VALUES (1, '{_FIRST}', '2000-01-01 00:00:00+00', '2000-01-01 00:00:00+00');
        INSERT INTO tiers (version, level, code, name_zh, name_en, threshold, benefits)
        SELECT 1, t.level - 1, t.tier ->> 'code', t.tier ->> 'name_zh', t.tier ->> 'name_en',
            (t.tier ->> 'threshold')::bigint, t.tier -> 'benefits'
        FROM tier_programmes p, jsonb_array_elements(p.document -> 'tiers') WITH ORDINALITY AS t (tier, level)
        WHERE p.id = '{_FIRST}'
        """
    )
