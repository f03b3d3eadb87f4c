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
        merges=(
            """
            SELECT FROM member_standings WHERE member IN (:number, :kept_number) ORDER BY member FOR NO KEY UPDATE
            """,
            """
            INSERT INTO growth_entries (member, kind, source, about, points, asked, version, counts_from, recorded_at)
            SELECT :kept_number, kind, source, about, points, asked, version, counts_from, recorded_at
            FROM growth_entries WHERE member = :number ORDER BY id
            ON CONFLICT (kind, source, member) DO NOTHING
            """,
        ),
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
            SELECT benefit, source, amount_minor, currency, by_plan, used_at
            FROM benefit_uses WHERE member = :number ORDER BY id
        """,
        stays="What benefits cost the shop; they know a number.",
    ),
    Holding(
        "plan_subscriptions",
        ("member",),
        reads="""
            SELECT s.id, o.document ->> 'plan' AS plan, s.term, s.status, s.renews, s.ends_at, s.created_at, s.ended_at,
                s.ended_because, n.document ->> 'plan' AS next_plan, s.next_term
            FROM plan_subscriptions s JOIN plan_offers o ON o.id = s.offer_id
                LEFT JOIN plan_offers n ON n.id = s.next_offer_id
            WHERE s.member = :number ORDER BY s.id
        """,
        ids={"id": "pls"},
        erases=(
            """
            UPDATE plan_subscriptions SET status = 'ended', renews = false, ended_at = now(), ended_because = 'left',
                charge_at = NULL, retry_at = NULL, grace_until = NULL, next_price_minor = NULL,
                next_offer_id = NULL, next_term = NULL
            WHERE member = :number AND status IN ('active', 'grace')
            """,
            # Subscriptions are held before their charges, as everybody does.
            """
            UPDATE plan_charges SET status = 'void', expires_at = NULL WHERE status = 'due' AND payer = :number
            """,
        ),
    ),
    Holding(
        "plan_gifts",
        ("giver", "token_hash"),
        reads="SELECT id, status, created_at, redeemed_at FROM plan_gifts WHERE giver = :number ORDER BY id",
        ids={"id": "pgf"},
        erases=("UPDATE plan_gifts SET token_hash = NULL WHERE giver = :number AND status = 'ready'",),
    ),
    Holding(
        "plan_family_links",
        ("token_hash",),
        hidden="The link itself is kept nowhere, and nobody makes it of its hash.",
        stays="A link leads to nothing once its plan has ended.",
    ),
    Holding(
        "plan_seats",
        ("member",),
        reads="SELECT joined_at, left_at FROM plan_seats WHERE member = :number ORDER BY joined_at, id",
        erases=(
            """
            UPDATE plan_seats SET left_at = now() WHERE left_at IS NULL AND (member = :number
                OR subscription_id IN (SELECT id FROM plan_subscriptions WHERE member = :number AND status = 'ended'))
            """,
        ),
    ),
    Holding(
        "plan_months",
        ("member",),
        reads="SELECT number, begins_on, issued_at FROM plan_months WHERE member = :number ORDER BY begins_on, number",
        stays="What comes once a month came once; it knows a number.",
    ),
    Holding(
        "partner_vouchers",
        ("member",),
        reads="""
            SELECT partner, code, number, month_on, given_at FROM partner_vouchers WHERE member = :number
            ORDER BY given_at, partner
        """,
        stays="A code that was given is given to nobody else; it knows a number.",
    ),
    Holding(
        "plan_charges",
        ("payer",),
        reads="""
            SELECT id, kind, term, price_minor, credit_minor, refunded_minor, currency, growth, status, created_at,
                paid_at
            FROM plan_charges WHERE payer = :number ORDER BY id
        """,
        ids={"id": "chg"},
        stays="The books are proved by them, and they know a number.",
    ),
    Holding(
        "plan_trials",
        ("member",),
        reads="SELECT began_on FROM plan_trials WHERE member = :number",
        stays="A trial is had once; it knows a number.",
    ),
    Holding(
        "plan_offers",
        ("created_by",),
        hidden="Offers are the shop's; what its people did is read out from the audit record.",
        stays="Who drafted the shop's rules.",
    ),
    Holding(
        "tier_programmes",
        ("created_by",),
        hidden="Programmes are the shop's; what its people did is read out from the audit record.",
        stays="Who drafted the shop's rules.",
    ),
)
