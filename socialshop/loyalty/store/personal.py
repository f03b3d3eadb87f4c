"""What loyalty holds of a person: points earned and used, days of check-in, rewards, coupons."""

from __future__ import annotations

from socialshop.infra.personal import Holding

_SUMS = "The books of points are proved by them, and they know a number."

PERSONAL = (
    Holding(
        "point_lots",
        ("member", "facts"),
        reads="""
            SELECT id, kind, order_id, points, left_points, taken_points, facts, earned_at, available_at, expires_at
            FROM point_lots WHERE member = :number ORDER BY earned_at, id
        """,
        ids={"order_id": "ord"},
        stays=_SUMS,
        merges=(
            """
            SELECT FROM point_members WHERE member IN (:number, :kept_number) ORDER BY member FOR UPDATE
            """,
            """
            UPDATE point_lots l SET member = :kept_number, subject = CASE WHEN EXISTS (
                SELECT FROM point_lots k WHERE k.member = :kept_number AND k.kind = l.kind AND k.subject = l.subject
            ) THEN l.subject || ' of ' || l.member ELSE l.subject END
            WHERE l.member = :number
            """,
        ),
    ),
    Holding(
        "point_uses",
        ("member", "facts"),
        reads="""
            SELECT id, purpose, points, returned_points, status, facts, begun_at
            FROM point_uses WHERE member = :number ORDER BY id
        """,
        stays=_SUMS,
    ),
    Holding(
        "point_members",
        ("member",),
        reads="SELECT checked_in_on, streak FROM point_members WHERE member = :number",
        stays="The day of the last check-in, of a number.",
    ),
    Holding(
        "point_counters",
        ("member",),
        reads="""
            SELECT kind, span, begins_on, points FROM point_counters
            WHERE member = :number ORDER BY kind, span, begins_on
        """,
        stays="How much of a cap is used, by a number.",
    ),
    Holding(
        "reward_redemptions",
        ("member", "reason"),
        reads="""
            SELECT id, title, points, status, reason, placed_at, decided_at
            FROM reward_redemptions WHERE member = :number ORDER BY id
        """,
        ids={"id": "rdm"},
        stays="What points paid for; the reason is the shop's own words.",
    ),
    Holding(
        "coupon_codes",
        ("member",),
        reads="""
            SELECT k.coupon_id, c.title, k.claimed_at FROM coupon_codes k JOIN coupons c ON c.id = k.coupon_id
            WHERE k.member = :number ORDER BY k.claimed_at, k.coupon_id
        """,
        ids={"coupon_id": "cpn"},
        stays="That a code was claimed, and by which number: it is not good again.",
    ),
    Holding(
        "coupon_holdings",
        ("member",),
        reads="""
            SELECT h.id, h.coupon_id, c.title, c.terms, h.period, h.valid_from, h.expires_at, h.issued_at,
                (SELECT coalesce(json_agg(json_build_object('status', u.status, 'amount_minor', u.amount_minor,
                    'currency', u.currency, 'begun_at', u.begun_at) ORDER BY u.id), '[]')
                 FROM coupon_uses u WHERE u.holding_id = h.id) AS uses
            FROM coupon_holdings h JOIN coupons c ON c.id = h.coupon_id WHERE h.member = :number ORDER BY h.id
        """,
        ids={"id": "cph", "coupon_id": "cpn"},
        stays="What was taken off a price is a part of a sale, and a number has it.",
        merges=(
            """
            UPDATE coupon_holdings h SET member = :kept_number WHERE h.member = :number AND h.status = 'open'
            AND NOT EXISTS (SELECT FROM coupon_holdings k WHERE k.member = :kept_number AND k.coupon_id = h.coupon_id
                AND k.period = h.period)
            """,
        ),
    ),
    Holding(
        "loyalty_sales",
        ("buyer", "sponsor", "sharer"),
        reads="""
            SELECT order_id, currency, left_minor, placed_at FROM loyalty_sales
            WHERE buyer = :number ORDER BY placed_at, order_id
        """,
        ids={"order_id": "ord"},
        stays="What orders say already, by numbers: missions and measured campaigns are proved by it.",
    ),
    Holding(
        "mission_progress",
        ("member",),
        reads="""
            SELECT mission_id, begins_at, ends_at, done, rewarded FROM mission_progress
            WHERE member = :number ORDER BY begins_at, mission_id
        """,
        ids={"mission_id": "msn"},
        stays="How often a number did what a mission asks.",
    ),
    Holding(
        "mission_versions",
        ("published_by",),
        hidden="Missions are the shop's; what its people did is read out from the audit record.",
        stays="Who published the shop's missions.",
    ),
    Holding(
        "survey_replies",
        ("member", "words"),
        reads="""
            SELECT r.survey_id, s.title_zh, s.title_en, r.question, r.choice, r.words
            FROM survey_replies r JOIN surveys s ON s.id = r.survey_id
            WHERE r.member = :number ORDER BY r.survey_id, r.question, r.choice
        """,
        ids={"survey_id": "svy"},
        erases=("DELETE FROM survey_replies WHERE member = :number AND choice = 0",),
    ),
    Holding(
        "survey_answers",
        ("member",),
        reads="""
            SELECT survey_id, answered_at FROM survey_answers
            WHERE member = :number ORDER BY answered_at, survey_id
        """,
        ids={"survey_id": "svy"},
        stays="That a number answered: it is what its points were given for.",
    ),
    Holding(
        "board_rows",
        ("member",),
        reads="""
            SELECT month, metric, place, figure FROM board_rows WHERE member = :number ORDER BY month, metric
        """,
        stays="The place of a number, without a name.",
    ),
    Holding(
        "deal_segments",
        ("offered_by",),
        hidden="Offers are the shop's; what its people did is read out from the audit record.",
        stays="Who offered a deal to some.",
    ),
    Holding(
        "board_names",
        ("member",),
        reads="SELECT named_at FROM board_names WHERE member = :number",
        erases=("DELETE FROM board_names WHERE member = :number",),
    ),
    Holding(
        "campaign_members",
        ("member",),
        reads="""
            SELECT c.title_zh, c.title_en, c.starts_at, c.ends_at, g.treated, g.told_at
            FROM campaign_members g JOIN campaigns c ON c.id = g.campaign_id
            WHERE g.member = :number ORDER BY c.starts_at, c.id
        """,
        stays="Which group of a measurement a number was in: without it the figures would be others.",
    ),
    Holding(
        "point_rules",
        ("published_by",),
        hidden="Rules are the shop's; what its people did is read out from the audit record.",
        stays="Who published the shop's rules.",
    ),
)
