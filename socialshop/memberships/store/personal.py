"""What memberships hold of a person: growth, the tier that it gave, and the benefits that were used."""

from __future__ import annotations

from socialshop.infra.personal import Holding

PERSONAL = (
    Holding(
        "growth_entries",
        ("member", "about"),
        reads="""
            SELECT kind, source, points, counts_from, recorded_at FROM growth_entries WHERE member = :number ORDER BY id
        """,
        stays="The tier is proved by them, and they know a number.",
    ),
    Holding(
        "member_standings",
        ("member",),
        reads="SELECT tier, growth, since, warned_at, lapses_at FROM member_standings WHERE member = :number",
        stays="It follows from growth, and knows a number.",
    ),
    Holding(
        "tier_changes",
        ("member",),
        reads="""
            SELECT kind, from_tier, to_tier, growth, threshold, lapses_at, at
            FROM tier_changes WHERE member = :number ORDER BY id
        """,
        stays="The history of tiers is never changed, and knows a number.",
    ),
    Holding(
        "benefit_uses",
        ("member",),
        reads="""
            SELECT benefit, source, amount_minor, currency, used_at
            FROM benefit_uses WHERE member = :number ORDER BY id
        """,
        stays="What benefits cost the shop; they know a number.",
    ),
    Holding(
        "tier_programmes",
        ("created_by",),
        hidden="Programmes are the shop's; what its people did is read out from the audit record.",
        stays="Who drafted the shop's rules.",
    ),
)
