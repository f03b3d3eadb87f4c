"""Conditions, inactive uplines and differences of tiers, by exact figures: one sale of 10,000 by 5 under 4, 3, 2, 1."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sample_sales import a_plan

from socialshop.commissions import capping, weighing
from socialshop.commissions.errors import PlanInvalid
from socialshop.commissions.guard import examine
from socialshop.commissions.plan import Plan, document_of, parse_plan
from socialshop.commissions.rules import Outcome, Pass, Reason, Reward, Sales, Skip, Terms
from socialshop.commissions.salefacts import NEEDS_NOTHING, NOTHING, SaleFacts, needs_of, read
from socialshop.commissions.salefacts import document_of as kept
from socialshop.commissions.subtree import subtree

BUYER, CHAIN = 5, (4, 3, 2, 1)
AT = datetime(2026, 3, 1, tzinfo=UTC)
PRODUCT, DEAL = "prd_01k9w3q2mxe5tb6v8c4yd7r1hz", "deal_01k9w3q2mxe5tb6v8c4yd7r1hz"


def level(number: int, rate_bps: int = 100, **when: Any) -> dict[str, Any]:
    return {"kind": "sale", "level": number, "rate_bps": rate_bps, **({"when": when} if when else {})}


def the_plan(*legs: dict[str, Any], **more: Any) -> Plan:
    return parse_plan({"name": "test", "currency": "CNY", "hold_days": 0, "legs": list(legs), **more})


def weigh(plan: Plan, facts: SaleFacts = NOTHING, *, base: int = 10_000, quantity: int = 1) -> Outcome:
    line = uuid.uuid4()
    sales = Sales([line], [line], [BUYER], [None], [CHAIN], [base], [quantity], [AT], [facts])
    return weighing.accrue(plan, sales, subtree(sales.buyers, sales.uplines, plan.depth))


ALL_HOLD = SaleFacts(AT, PRODUCT, DEAL, "moments", True, {BUYER: "gold", 4: "silver"})


@pytest.mark.parametrize(
    ("when", "other", "reason"),
    [
        ({"products": [PRODUCT]}, {"product": None}, Reason.OTHER_PRODUCT),
        ({"deals": [DEAL]}, {"deal": None}, Reason.OTHER_DEAL),
        ({"channels": ["wechat", "moments"]}, {"channel": "weibo"}, Reason.OTHER_CHANNEL),
        ({"buyer_tiers": ["gold"]}, {"tiers": {BUYER: "silver"}}, Reason.OTHER_BUYER_TIER),
        ({"first_order": True}, {"first_order": False}, Reason.NOT_FIRST_ORDER),
        ({"sold_from": "2026-03-01T08:00:00+08:00"}, {"sale_at": datetime(2026, 2, 28, tzinfo=UTC)}, Reason.OTHER_TIME),
        ({"sold_until": "2026-03-02T00:00:00Z"}, {"sale_at": datetime(2026, 3, 2, tzinfo=UTC)}, Reason.OTHER_TIME),
    ],
)
def test_a_leg_pays_where_its_condition_holds_and_says_why_not(
    when: dict[str, Any], other: dict[str, Any], reason: Reason
) -> None:
    plan = the_plan(level(1, **when))
    assert weigh(plan, ALL_HOLD).rewards == [Reward(0, 0, 4, 100)]
    outcome = weigh(plan, ALL_HOLD._replace(**other))
    assert (outcome.rewards, outcome.skips) == ([], [Skip(0, 0, None, reason)])


def test_a_tier_that_is_asked_of_who_earns_names_who_would_have() -> None:
    plan = the_plan(level(1, tiers=["gold"]))
    assert weigh(plan, ALL_HOLD).skips == [Skip(0, 0, 4, Reason.OTHER_TIER)]
    assert weigh(plan, ALL_HOLD._replace(tiers={4: "gold"})).rewards == [Reward(0, 0, 4, 100)]


def test_of_legs_of_one_kind_and_level_the_first_that_may_pays_and_others_stack() -> None:
    plan = the_plan(level(1, 900, channels=["live"]), level(1, 500, channels=["moments"]), level(1, 100), level(2, 50))
    outcome = weigh(plan, ALL_HOLD)
    assert outcome.rewards == [Reward(0, 1, 4, 500), Reward(0, 3, 3, 50)]
    assert outcome.skips == [Skip(0, 0, None, Reason.OTHER_CHANNEL), Skip(0, 2, None, Reason.ANOTHER_LEG)]
    # the dearest of those that exclude each other counts: 9 % and 0.5 %
    assert plan.most_bps == 950


def test_the_share_of_an_inactive_upline_is_forfeited() -> None:
    plan = the_plan(level(1), level(2), activity={"within_days": 30, "inactive": "forfeit"})
    outcome = weigh(plan, SaleFacts(active=frozenset({3})))
    assert outcome.rewards == [Reward(0, 1, 3, 100)]
    assert outcome.skips == [Skip(0, 0, 4, Reason.INACTIVE)]


def test_levels_are_counted_over_active_uplines_where_the_others_are_passed_over() -> None:
    plan = the_plan(level(1), level(2, 50), activity={"within_days": 30, "inactive": "pass_up", "reach": 3})
    outcome = weigh(plan, SaleFacts(active=frozenset({3, 2, 1})))
    assert outcome.rewards == [Reward(0, 0, 3, 100), Reward(0, 1, 2, 50)]
    assert outcome.terms == {0: Terms(1, 2), 1: Terms(2, 3)}
    assert outcome.passes == [Pass(0, 0, 1, 4, Reason.PASSED_UP)]
    # 1 stands four levels above the buyer, further than the plan reaches
    outcome = weigh(plan, SaleFacts(active=frozenset({3, 1})))
    assert outcome.rewards == [Reward(0, 0, 3, 100)]
    assert outcome.skips == [Skip(0, 1, None, Reason.NO_ACTIVE_UPLINE)]


RATES = {"silver": 300, "gold": 600, "diamond": 900}
TIER = {"kind": "tier", "rates": RATES, "reach": 4}


def test_each_upline_earns_the_rate_of_the_own_tier_less_the_highest_below() -> None:
    tiers = {4: "silver", 3: "gold", 2: "silver", 1: "diamond"}
    outcome = weigh(the_plan(TIER), SaleFacts(tiers=tiers), base=9_999)
    # floor(9,999 x 3 %) three times: the differences end at the highest rate
    assert outcome.rewards == [Reward(0, 0, 4, 299), Reward(0, 0, 3, 299), Reward(0, 0, 1, 299)]
    assert outcome.terms == {0: Terms(1, 1, 300, 0), 1: Terms(2, 2, 300, 300), 2: Terms(4, 4, 300, 600)}
    assert outcome.passes == [Pass(0, 0, 3, 2, Reason.TIER_NOT_ABOVE)]
    assert outcome.skips == []


@pytest.mark.parametrize(("inactive", "earned"), [("forfeit", [(3, 300), (1, 300)]), ("pass_up", [(3, 600), (1, 300)])])
def test_the_rate_of_an_inactive_upline_stays_with_the_shop_or_goes_up(
    inactive: str, earned: list[tuple[int, int]]
) -> None:
    activity = {"within_days": 30, "inactive": inactive, **({"reach": 4} if inactive == "pass_up" else {})}
    facts = SaleFacts(tiers={4: "silver", 3: "gold", 2: "normal", 1: "diamond"}, active=frozenset({3, 2, 1}))
    outcome = weigh(the_plan(TIER, activity=activity), facts)
    assert [(reward.beneficiary, reward.amount_minor) for reward in outcome.rewards] == earned
    assert [(one.level, one.reason) for one in outcome.passes] == [
        (1, Reason.INACTIVE if inactive == "forfeit" else Reason.PASSED_UP),
        (3, Reason.TIER_WITHOUT_RATE),
    ]


LEAD = {"kind": "lead", "fixed_minor": 500, "min_order_minor": 2_000}
FIRST = SaleFacts(first_order=True, order_minor=10_000, bears=True)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (FIRST._replace(first_order=False), Reason.NOT_FIRST_ORDER),
        (FIRST._replace(order_minor=1_999), Reason.BELOW_MINIMUM),
        (FIRST._replace(bears=False), Reason.ON_ANOTHER_LINE),
    ],
)
def test_a_bounty_is_for_a_first_order_that_is_large_enough_once(facts: SaleFacts, reason: Reason) -> None:
    assert weigh(the_plan(LEAD), FIRST).rewards == [Reward(0, 0, 4, 500)]
    assert weigh(the_plan(LEAD), FIRST, quantity=3).rewards == [Reward(0, 0, 4, 500)]
    assert weigh(the_plan(LEAD), facts).skips == [Skip(0, 0, 4, reason)]


def capped(plan: Plan, counters: dict[str, int], **facts: Any) -> Outcome:
    """One sale of 10,000 in March, cut; `counters` move on."""
    line = uuid.UUID(int=1)
    kept = SaleFacts(periods={"day": "2026-03-01", "month": "2026-03"}, **facts)
    sales = Sales([line], [line], [BUYER], [None], [CHAIN], [10_000], [1], [AT], [kept])
    outcome = weighing.accrue(plan, sales, subtree(sales.buyers, sales.uplines, plan.depth))
    result = capping.cut(plan, sales, outcome, counters)
    # the line alone says as much again
    again = Sales(*sales[:-1], [kept._replace(used=result.found[0])])
    assert capping.cut(plan, again, outcome, None).outcome == result.outcome
    return result.outcome


def test_caps_leave_what_they_have_room_for_and_say_what_was_cut() -> None:
    caps = [
        {"per": "order", "amount_minor": 1_150},
        {"per": "member", "period": "month", "amount_minor": 900},
        {"per": "plan", "amount_minor": 2_000},
    ]
    plan = the_plan(level(1, 800), level(2, 400), {"kind": "self", "rate_bps": 100}, caps=caps)
    counters: dict[str, int] = {}
    first = capped(plan, counters)
    # 800, then 350 of 400 within the order's 1,150, then nothing
    assert first.rewards == [Reward(0, 0, 4, 800), Reward(0, 1, 3, 350)]
    assert first.terms == {1: Terms(2, 2, asked_minor=400, cap=0)}
    assert first.skips == [Skip(0, 2, BUYER, Reason.CAP_OF_ORDER)]
    assert counters == {
        "order:00000000-0000-0000-0000-000000000001": 1_150,
        "member:4:2026-03": 800,
        "member:3:2026-03": 350,
        "member:5:2026-03": 0,
        "plan": 1_150,
    }
    # of the next order 100 are left to 4 this month, and 400 to 3; the budget is not reached
    counters.pop("order:00000000-0000-0000-0000-000000000001")
    second = capped(plan, counters)
    assert [tuple(reward)[2:] for reward in second.rewards] == [(4, 100), (3, 400), (BUYER, 100)]
    assert second.terms == {0: Terms(1, 1, asked_minor=800, cap=1)}
    # and of the third 250 to anybody
    counters.pop("order:00000000-0000-0000-0000-000000000001")
    third = capped(plan, counters)
    assert [tuple(reward)[2:] for reward in third.rewards] == [(3, 150), (BUYER, 100)]
    assert third.skips == [Skip(0, 0, 4, Reason.CAP_OF_MEMBER)]
    assert counters["plan"] == 2_000


def test_a_tier_leg_of_which_a_cap_leaves_nothing_is_one_skip_and_names_each() -> None:
    plan = the_plan(TIER, caps=[{"per": "plan", "period": "day", "amount_minor": 300}])
    some = capped(plan, {"plan:2026-03-01": 200}, tiers={4: "silver", 3: "gold"})
    assert some.rewards == [Reward(0, 0, 4, 100)]
    assert some.terms == {0: Terms(1, 1, 300, 0, asked_minor=300, cap=0)}
    assert (some.passes[0], some.skips) == (Pass(0, 0, 3, 2, Reason.TIER_WITHOUT_RATE), [])
    assert some.passes[-1] == Pass(0, 0, 2, 3, Reason.CAP_OF_PLAN)
    none = capped(plan, {"plan:2026-03-01": 300}, tiers={4: "silver", 3: "gold"})
    assert (none.rewards, none.skips) == ([], [Skip(0, 0, None, Reason.CAP_OF_PLAN)])


def test_a_tier_leg_that_nobody_earns_by_is_one_skip() -> None:
    assert weigh(the_plan(TIER), NOTHING).skips == [Skip(0, 0, None, Reason.NO_TIER_EARNS)]
    assert weigh(the_plan(TIER), SaleFacts(tiers={4: "gold"}), base=0).skips == [Skip(0, 0, None, Reason.ZERO_AMOUNT)]


def test_what_a_plan_does_not_ask_is_not_looked_up() -> None:
    assert needs_of(a_plan()) == needs_of(the_plan(level(1), {"kind": "host", "rate_bps": 1})) == NEEDS_NOTHING
    assert needs_of(the_plan(TIER)) == NEEDS_NOTHING._replace(tiers=4)
    lately = the_plan(level(1), activity={"within_days": 9, "inactive": "forfeit"})
    assert needs_of(lately) == NEEDS_NOTHING._replace(active_days=9, active_reach=1)
    assert needs_of(the_plan(LEAD)) == NEEDS_NOTHING._replace(first_order=True, order=True)
    assert needs_of(the_plan(level(1), caps=[{"per": "plan", "amount_minor": 1}])) == NEEDS_NOTHING._replace(
        periods=True
    )


def test_facts_are_kept_as_they_were_found() -> None:
    facts = ALL_HOLD._replace(
        active=frozenset({4, 1}), order_minor=1, bears=True, periods={"day": "2026-03-01"}, used={"plan": 9}
    )
    assert read(kept(facts)) == facts
    assert kept(NOTHING) == {}


def test_a_document_says_what_was_said() -> None:
    document = {
        "name": "test",
        "currency": "CNY",
        "hold_days": 0,
        "legs": [level(1, products=[PRODUCT], first_order=True, sold_from="2026-03-01T00:00:00Z"), TIER, LEAD],
        "caps": [{"per": "member", "period": "month", "amount_minor": 900}, {"per": "plan", "amount_minor": 2_000}],
        "activity": {"within_days": 30, "inactive": "pass_up", "reach": 4},
    }
    assert document_of(parse_plan(document)) == document


@pytest.mark.parametrize(
    ("legs", "more", "field"),
    [
        ([level(1, products=[])], {}, "legs[0].when.products"),
        ([level(1, products=["prd_1"])], {}, "legs[0].when.products[0]"),
        ([level(1, first_order=False)], {}, "legs[0].when.first_order"),
        ([level(1, sold_from="2026-03-01")], {}, "legs[0].when.sold_from"),
        ([level(1, sold_from="2026-03-02T00:00:00Z", sold_until="2026-03-02T00:00:00Z")], {}, "legs[0].when"),
        ([{**level(1), "when": {}}], {}, "legs[0].when"),
        ([level(1), level(1, channels=["live"])], {}, "legs[1].level"),
        ([TIER, TIER], {}, "legs[1].kind"),
        ([{**TIER, "when": {"tiers": ["gold"]}}], {}, "legs[0].when.tiers"),
        ([{**TIER, "rates": {}}], {}, "legs[0].rates"),
        ([{**TIER, "rates": {"gold": 9_900}}, level(1, 101)], {}, "legs"),
        ([{**TIER, "reach": 9}], {}, "legs[0].reach"),
        ([{**LEAD, "min_order_minor": 0}], {}, "legs[0].min_order_minor"),
        ([{**LEAD, "rate_bps": 1}], {}, "legs[0].rate_bps"),
        ([level(1)], {"caps": []}, "caps"),
        ([level(1)], {"caps": [{"per": "order", "period": "day", "amount_minor": 1}]}, "caps[0]"),
        ([level(1)], {"caps": [{"per": "leg", "amount_minor": 1}]}, "caps[0].per"),
        ([level(1)], {"caps": [{"per": "plan", "amount_minor": 1}, {"per": "plan", "amount_minor": 2}]}, "caps[1].per"),
        ([level(1)], {"activity": {"within_days": 0, "inactive": "forfeit"}}, "activity.within_days"),
        ([level(1)], {"activity": {"within_days": 1, "inactive": "pass_up"}}, "activity"),
        ([level(2)], {"activity": {"within_days": 1, "inactive": "pass_up", "reach": 1}}, "activity.reach"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused_by_its_path(
    legs: list[dict[str, Any]], more: dict[str, Any], field: str
) -> None:
    with pytest.raises(PlanInvalid) as refused:
        the_plan(*legs, **more)
    assert refused.value.field == field


def test_the_guard_counts_how_far_a_leg_may_reach_and_names_pay_by_rank() -> None:
    def found(plan: Plan) -> list[tuple[str, str]]:
        return [(finding.code, finding.severity.value) for finding in examine(plan, "CN")]

    passing = {"within_days": 30, "inactive": "pass_up"}
    assert found(the_plan(level(1), activity={**passing, "reach": 3})) == [("levels", "warning")]
    assert found(the_plan(level(1), activity={**passing, "reach": 4})) == [("levels", "refusal")]
    assert found(the_plan(LEAD)) == [("headcount", "info")]
    assert found(the_plan({**LEAD, "fixed_minor": 1_001})) == [("headcount", "warning")]
    assert found(the_plan({**LEAD, "fixed_minor": 2_000})) == [("headcount", "refusal")]
    assert found(the_plan({**TIER, "reach": 1})) == []
    assert found(the_plan({**TIER, "reach": 2})) == [("levels", "info"), ("team_reward", "warning")]
