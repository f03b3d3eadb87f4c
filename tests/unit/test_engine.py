"""The engine by exact figures, each leg of each sale ending in one accrual or one reason."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sample_sales import NEW_YEAR, a_plan

from socialshop.commissions import rules
from socialshop.commissions.plan import Plan, read_plan
from socialshop.commissions.rules import Reason, Reward, Sales, Skip
from socialshop.commissions.subtree import subtree
from socialshop.kernel.ids import to_public

ANN, BO, CY, DEE = 1, 2, 3, 4


def _sales(
    buyer: int,
    uplines: Sequence[int],
    *lines: tuple[int, int],
    host: int | None = None,
) -> Sales:
    """One order of these (amount, quantity)."""
    count, order = len(lines), uuid.uuid4()
    return Sales(
        [uuid.uuid4() for _ in lines],
        [order] * count,
        [buyer] * count,
        [host] * count,
        [uplines] * count,
        [amount for amount, _ in lines],
        [quantity for _, quantity in lines],
        [NEW_YEAR] * count,
    )


def _accrue(plan: Plan, sales: Sales) -> rules.Outcome:
    return rules.accrue(plan, sales, subtree(sales.buyers, sales.uplines, plan.depth))


def test_each_level_pays_its_upline_rounded_down() -> None:
    outcome = _accrue(a_plan(), _sales(CY, [BO, ANN], (2933, 1)))
    assert outcome.rewards == [Reward(0, 0, BO, 234), Reward(0, 1, ANN, 87)]
    assert outcome.skips == []


def test_where_the_tree_ends_nobody_earns() -> None:
    outcome = _accrue(a_plan(), _sales(BO, [ANN], (2933, 1)))
    assert outcome.rewards == [Reward(0, 0, ANN, 234)]
    assert outcome.skips == [Skip(0, 1, None, Reason.NO_UPLINE)]


def test_a_fixed_sum_is_times_quantity_and_nothing_on_what_cost_nothing() -> None:
    plan = a_plan({"kind": "sale", "level": 1, "fixed_minor": 70})
    outcome = _accrue(plan, _sales(BO, [ANN], (100, 3), (0, 2), (1, 2)))
    assert outcome.rewards == [Reward(0, 0, ANN, 210), Reward(2, 0, ANN, 140)]
    assert outcome.skips == [Skip(1, 0, ANN, Reason.ZERO_AMOUNT)]


def test_a_zero_is_no_accrual_and_has_its_reason() -> None:
    plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 1})
    outcome = _accrue(plan, _sales(BO, [ANN], (0, 1), (9_999, 1), (10_000, 1)))
    assert outcome.rewards == [Reward(2, 0, ANN, 1)]
    assert outcome.skips == [Skip(0, 0, ANN, Reason.ZERO_AMOUNT), Skip(1, 0, ANN, Reason.ROUNDS_TO_ZERO)]


def test_more_than_the_books_take_is_skipped_not_posted() -> None:
    plan = a_plan({"kind": "sale", "level": 1, "fixed_minor": 10**12})
    outcome = _accrue(plan, _sales(BO, [ANN], (1, 1), (1, 2)))
    assert outcome.rewards == [Reward(0, 0, ANN, 10**12)]
    assert outcome.skips == [Skip(1, 0, ANN, Reason.AMOUNT_TOO_LARGE)]


def test_the_host_earns_by_the_host_leg() -> None:
    plan = a_plan({"kind": "host", "rate_bps": 200})
    assert _accrue(plan, _sales(CY, [BO], (1_000, 1), host=DEE)).rewards == [Reward(0, 0, DEE, 20)]
    assert _accrue(plan, _sales(CY, [BO], (1_000, 1))).skips == [Skip(0, 0, None, Reason.NO_HOST)]


def test_a_buyer_earns_nothing_on_the_own_order_but_by_self() -> None:
    plan = a_plan({"kind": "host", "rate_bps": 200}, {"kind": "self", "rate_bps": 50})
    outcome = _accrue(plan, _sales(CY, [BO], (1_000, 1), host=CY))
    assert outcome.rewards == [Reward(0, 1, CY, 5)]
    assert outcome.skips == [Skip(0, 0, CY, Reason.OWN_ORDER)]


def test_host_and_sponsor_in_one_person_earn_as_both() -> None:
    plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 800}, {"kind": "host", "rate_bps": 200})
    assert _accrue(plan, _sales(CY, [BO], (1_000, 1), host=BO)).rewards == [Reward(0, 0, BO, 80), Reward(0, 1, BO, 20)]


def test_an_order_is_one_entry_that_sums_to_zero_and_names_each_accrual() -> None:
    plan, sales = a_plan(), _sales(CY, [BO, ANN], (10_000, 1), (500, 1))
    outcome = _accrue(plan, sales)
    ids = [uuid.uuid4() for _ in outcome.rewards]
    (entry,) = rules.entries(plan, sales, outcome.rewards, ids)
    assert (entry.reference, entry.kind) == (f"accrual:{to_public('ord', sales.order_ids[0])}", "accrual")
    assert [(p.account, p.amount_minor, p.currency, p.subject_id) for p in entry.postings] == [
        ("shop:commission_expense", -800, "CNY", ids[0]),
        ("member:2:pending", 800, "CNY", ids[0]),
        ("shop:commission_expense", -40, "CNY", ids[1]),
        ("member:2:pending", 40, "CNY", ids[1]),
        ("shop:commission_expense", -300, "CNY", ids[2]),
        ("member:1:pending", 300, "CNY", ids[2]),
        ("shop:commission_expense", -15, "CNY", ids[3]),
        ("member:1:pending", 15, "CNY", ids[3]),
    ]


def test_an_order_that_earned_nobody_anything_is_no_entry() -> None:
    sales = _sales(ANN, [], (10_000, 1))
    assert rules.entries(a_plan(), sales, _accrue(a_plan(), sales).rewards, []) == []


def test_maturity_is_receipt_plus_hold_and_unknown_before_receipt() -> None:
    assert rules.matures_at(NEW_YEAR, 7) == NEW_YEAR + timedelta(days=7)
    assert rules.matures_at(None, 7) is None


def test_a_receipt_at_the_end_of_the_calendar_stops_nothing() -> None:
    end = datetime(9999, 12, 31, tzinfo=UTC)
    assert rules.matures_at(end - timedelta(days=1), 7) == end


def test_the_subtree_holds_only_what_the_plan_climbs() -> None:
    tree = subtree([7, 8], [[6, 5, 4, 3], [6, 5, 4, 3]], depth=2)
    assert sorted(tree.edges) == [(5, 6), (6, 7), (6, 8)]
    assert set(subtree([9], [[]], depth=2).nodes) == {9}


def test_the_example_in_the_manual_is_what_the_engine_computes() -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "commissions.md").read_text(encoding="utf-8")
    plan = read_plan(manual.partition("```json\n")[2].partition("```")[0].encode())
    rows = re.findall(r"^\| (\d) \| (\d+) \| (\d+) \| (\w+)(?: (\d))? \| (\w+) \| (\w+) \|$", manual, re.MULTILINE)
    sales = _sales(CY, [BO, ANN], (9_999, 1), (10_000, 3), host=DEE)
    outcome = _accrue(plan, sales)
    names = {ANN: "Ann", BO: "Bo", CY: "Cy", DEE: "Dee"}
    found: list[tuple[str, ...]] = []
    for sale, leg, member, result in [*outcome.rewards, *outcome.skips]:
        level = str(plan.legs[leg].level or "")
        amount, quantity = str(sales.bases[sale]), str(sales.quantities[sale])
        found.append((str(sale + 1), amount, quantity, plan.legs[leg].kind, level, names[member or 0], str(result)))
    assert len(rows) == 8
    assert sorted(found) == sorted(rows)


def test_a_member_with_two_sponsors_in_one_graph_would_be_seen() -> None:
    """What replay's runs keep apart: one graph has one sponsor a member, or the engine could pay either."""
    tree = subtree([7, 8], [[6, 5], [6, 4]], depth=2)
    assert tree.in_degree(6) == 2


@pytest.mark.parametrize("amount", [0, 1, 12, 13, 124, 125, 10**12])
def test_the_residue_stays_with_the_shop(amount: int) -> None:
    outcome = _accrue(a_plan(), _sales(CY, [BO, ANN], (amount, 1)))
    assert sum(reward.amount_minor for reward in outcome.rewards) <= amount * 1100 // 10_000
