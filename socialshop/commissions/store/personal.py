"""What commissions hold of a person: numbers, and who is answerable for a plan."""

from __future__ import annotations

from socialshop.infra.personal import Holding

_STAYS = "What was earned, and from what, is never recomputed without it; it knows numbers."

PERSONAL = (
    Holding(
        "accruals",
        ("beneficiary",),
        reads="""
            SELECT a.id, l.order_id, a.kind, a.level, a.amount_minor, a.clawed_minor, a.currency, a.status,
                   a.accrued_at, a.matures_at, a.settled_at
            FROM accruals a LEFT JOIN accrued_lines l ON l.order_line_id = a.order_line_id
            WHERE a.beneficiary = :number ORDER BY a.accrued_at, a.id
        """,
        ids={"id": "acr", "order_id": "ord"},
        stays=_STAYS,
    ),
    Holding(
        "accrued_lines",
        ("buyer", "host", "uplines"),
        hidden="What commission on an order was computed from; the order itself is read out.",
        stays=_STAYS,
    ),
    Holding(
        "accrual_skips",
        ("member_number", "reason"),
        hidden="Why an order of somebody else earned nothing; the reason is one of the shop's own words.",
        stays=_STAYS,
    ),
    Holding(
        "tallies",
        ("member", "facts"),
        reads="""
            SELECT kind, on_day, counted, before, tallied_at FROM tallies WHERE member = :number ORDER BY on_day, id
        """,
        stays=_STAYS,
    ),
    Holding(
        "milestone_orders",
        ("member", "buyer"),
        hidden="Which orders count towards whose milestones; the orders and what was earned are read out.",
        stays=_STAYS,
    ),
    Holding(
        "milestones",
        ("member",),
        hidden="Which milestones were reached; what they earned is read out.",
        stays=_STAYS,
    ),
    Holding(
        "tally_skips",
        ("reason",),
        hidden="Why what was counted earned nothing; the reason is one of the shop's own words.",
        stays=_STAYS,
    ),
    Holding(
        "disallowances",
        ("member", "reason"),
        reads="""
            SELECT kind, first_day, last_day, reason, disallowed_at FROM disallowances WHERE member = :number
            ORDER BY id
        """,
        stays="Why money was taken back stays with the money; it knows numbers.",
    ),
    Holding(
        "accrued_facts",
        ("facts",),
        hidden="What a plan asked of an order besides: what was sold, and in which tiers who might earn was.",
        stays=_STAYS,
    ),
    Holding(
        "accrual_passes",
        ("member_number", "reason"),
        hidden="Why a share of somebody else's order went by; the reason is one of the shop's own words.",
        stays=_STAYS,
    ),
    Holding(
        "first_orders",
        ("buyer",),
        hidden="Which order was the first; the order itself is read out.",
        stays=_STAYS,
    ),
    Holding(
        "commission_counters",
        ("key",),
        hidden="What a cap has let through to a number; what was earned is read out itself.",
        stays=_STAYS,
    ),
    Holding(
        "commission_plan_drafts",
        ("created_by",),
        reads="SELECT name, created_at FROM commission_plan_drafts WHERE created_by = :id ORDER BY id",
        stays="Who drafted a plan is an id.",
    ),
    Holding(
        "commission_plan_versions",
        ("sign_off",),
        hidden="A plan is the shop's; who signed it off did so by name, for the law.",
        stays="The law asks who signed off a plan that pays several levels.",
    ),
    Holding(
        "plan_simulations",
        ("asked_by",),
        reads="SELECT asked_at FROM plan_simulations WHERE asked_by = :id ORDER BY id",
        stays="Who asked what a plan would pay is an id.",
    ),
    Holding(
        "plan_simulation_earners",
        ("beneficiary",),
        hidden="Kept for the minutes in which a simulation runs; what comes of it has sums alone.",
        stays="It knows numbers, and is gone with the run.",
    ),
)
