"""The legal guard: one level is clean, two are worth a word, three want a signature, four are refused."""

from __future__ import annotations

from typing import Any

import pytest
from sample_sales import a_plan

from socialshop.commissions.errors import PlanRefused
from socialshop.commissions.findings import Severity
from socialshop.commissions.guard import RULES, SignOff, clear, examine, rule_for
from socialshop.commissions.plan import Plan


def _levels(*levels: int) -> Plan:
    return a_plan(*({"kind": "sale", "level": level, "rate_bps": 100} for level in levels))


def _severities(plan: Plan) -> list[tuple[int, str]]:
    return [(finding.leg, finding.severity.value) for finding in examine(plan, "CN")]


def test_one_level_is_clean() -> None:
    assert examine(_levels(1), "CN") == ()
    clear((), None)


def test_host_and_self_legs_climb_no_tree() -> None:
    assert examine(a_plan({"kind": "host", "rate_bps": 1}, {"kind": "self", "rate_bps": 1}), "CN") == ()


def test_two_levels_are_noted_and_pass() -> None:
    findings = examine(_levels(1, 2), "CN")
    assert _severities(_levels(1, 2)) == [(1, "info")]
    clear(findings, None)


@pytest.mark.parametrize(("fixed", "severity"), [(1, "info"), (9_999, "info"), (10_000, "warning")])
def test_a_fixed_sum_that_may_exceed_its_sale_is_named(fixed: int, severity: str) -> None:
    plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 100}, {"kind": "host", "fixed_minor": fixed})
    assert _severities(plan) == [(1, severity)]
    (finding,) = examine(plan, "CN")
    assert (finding.code, str(fixed) in finding.message) == ("fixed_sum", True)
    clear([finding], SignOff("Lin Counsel"))
    if severity == "warning":
        with pytest.raises(PlanRefused, match="wants the name"):
            clear([finding], None)


@pytest.mark.parametrize("leg", [{"kind": "click", "fixed_minor": 20_000}, {"kind": "view", "per_thousand_minor": 9}])
def test_clicks_and_views_are_bought_of_publishers_and_paid_to_no_other_member(leg: dict[str, Any]) -> None:
    (finding,) = examine(a_plan(leg), "CN")
    assert (finding.code, finding.severity) == ("traffic", Severity.INFO)
    clear([finding], None)
    (finding,) = examine(a_plan({**leg, "who": "members"}), "CN")
    assert (finding.code, finding.severity) == ("traffic", Severity.REFUSAL)
    with pytest.raises(PlanRefused, match="behind which stands no sale"):
        clear([finding], SignOff("Lin Counsel"))


@pytest.mark.parametrize(
    ("counts", "fixed", "severity"),
    [
        ("sales", 7_500, "info"),
        ("sales", 7_501, "warning"),
        ("sales", 15_000, "refusal"),
        ("buyers", 1, "warning"),
        ("buyers", 15_000, "refusal"),
    ],
)
def test_a_milestone_is_held_against_the_sales_that_reach_it(counts: str, fixed: int, severity: str) -> None:
    leg = {"kind": "milestone", "counts": counts, "reaches": 3, "min_order_minor": 5_000, "fixed_minor": fixed}
    (finding,) = examine(a_plan(leg), "CN")
    assert (finding.code, finding.severity.value) == ("milestone", severity)


def test_three_levels_need_a_name() -> None:
    findings = examine(_levels(1, 2, 3), "CN")
    assert _severities(_levels(1, 2, 3)) == [(1, "info"), (2, "warning")]
    for sign_off in (None, SignOff(""), SignOff("  ")):
        with pytest.raises(PlanRefused, match="wants the name") as refused:
            clear(findings, sign_off)
        assert refused.value.findings == findings
    clear(findings, SignOff("Lin Counsel"))


def test_depth_counts_not_the_number_of_legs() -> None:
    assert _severities(_levels(3)) == [(0, "warning")]


def test_four_levels_are_refused_whoever_signs() -> None:
    findings = examine(_levels(1, 4), "CN")
    assert _severities(_levels(1, 4)) == [(1, "refusal")]
    with pytest.raises(PlanRefused, match="refuses"):
        clear(findings, SignOff("Lin Counsel"))


def test_a_country_without_a_rule_is_held_to_the_strictest_known() -> None:
    assert rule_for("ZZ") == RULES["CN"]
    assert [finding.severity for finding in examine(_levels(4), "ZZ")] == [Severity.REFUSAL]


def test_no_rule_lets_a_plan_climb_further_than_uplines_are_kept() -> None:
    assert all(rule.refused_from <= 8 for rule in RULES.values())
