"""Conditions, inactive uplines and differences of tiers, by exact figures: one sale of 10,000 by 5 under 4, 3, 2, 1."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sample_sales import a_plan

from socialshop.commissions import weighing
from socialshop.commissions.errors import PlanInvalid
from socialshop.commissions.guard import examine
from socialshop.commissions.plan import Plan, document_of, parse_plan
from socialshop.commissions.rules import Outcome, Pass, Reason, Reward, Sales, Skip, Terms
from socialshop.commissions.salefacts import NOTHING, SaleFacts, needs_of, read
from socialshop.commissions.salefacts import document_of as kept
from socialshop.commissions.subtree import subtree

BUYER, CHAIN = 5, (4, 3, 2, 1)
AT = datetime(2026, 3, 1, tzinfo=UTC)
PRODUCT, DEAL = "prd_01k9w3q2mxe5tb6v8c4yd7r1hz", "deal_01k9w3q2mxe5tb6v8c4yd7r1hz"


def level(number: int, rate_bps: int = 100, **when: Any) -> dict[str, Any]:
    return {"kind": "sale", "level": number, "rate_bps": rate_bps, **({"when": when} if when else {})}


def the_plan(*legs: dict[str, Any], **more: Any) -> Plan:
    return parse_plan({"name": "test", "currency": "CNY", "hold_days": 0, "legs": list(legs), **more})


def weigh(plan: Plan, facts: SaleFacts = NOTHING, *, base: int = 10_000, host: int | None = None) -> Outcome:
    line = uuid.uuid4()
    sales = Sales([line], [line], [BUYER], [host], [CHAIN], [base], [1], [AT], [facts])
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


def test_a_tier_leg_that_nobody_earns_by_is_one_skip() -> None:
    assert weigh(the_plan(TIER), NOTHING).skips == [Skip(0, 0, None, Reason.NO_TIER_EARNS)]
    assert weigh(the_plan(TIER), SaleFacts(tiers={4: "gold"}), base=0).skips == [Skip(0, 0, None, Reason.ZERO_AMOUNT)]


def test_what_a_plan_does_not_ask_is_not_looked_up() -> None:
    assert (
        needs_of(a_plan()) == needs_of(the_plan(level(1), {"kind": "host", "rate_bps": 1})) == (False, False, -1, 0, 0)
    )
    assert needs_of(the_plan(TIER)).tiers == 4
    assert needs_of(the_plan(level(1), activity={"within_days": 9, "inactive": "forfeit"}))[3:] == (9, 1)


def test_facts_are_kept_as_they_were_found() -> None:
    facts = ALL_HOLD._replace(active=frozenset({4, 1}))
    assert read(kept(facts)) == facts
    assert kept(NOTHING) == {}


def test_a_document_says_what_was_said() -> None:
    document = {
        "name": "test",
        "currency": "CNY",
        "hold_days": 0,
        "legs": [level(1, products=[PRODUCT], first_order=True, sold_from="2026-03-01T00:00:00Z"), TIER],
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
    assert found(the_plan({**TIER, "reach": 1})) == []
    assert found(the_plan({**TIER, "reach": 2})) == [("levels", "info"), ("team_reward", "warning")]
