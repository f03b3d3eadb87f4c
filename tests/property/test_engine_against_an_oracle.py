"""An oracle written as differently as can be: one sale at a time, recursion over a dictionary, exact fractions."""

from __future__ import annotations

import uuid
from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st
from sample_sales import NEW_YEAR, Forest, a_plan, uplines_in

from socialshop.commissions import rules
from socialshop.commissions.plan import Plan
from socialshop.commissions.rules import Sales
from socialshop.commissions.subtree import subtree

FORESTS = st.lists(st.integers(0, 30), min_size=1, max_size=30).map(
    lambda picks: {n: (pick % n or None) for n, pick in enumerate(picks, 1)}
)
SHARES = st.one_of(
    st.integers(1, 2_000).map(lambda rate: {"rate_bps": rate}),
    st.integers(1, 999).map(lambda sum_: {"fixed_minor": sum_}),
)
LEGS = st.lists(
    st.tuples(st.sampled_from([("sale", 1), ("sale", 2), ("sale", 3), ("host", 0), ("self", 0)]), SHARES),
    min_size=1,
    max_size=5,
    unique_by=lambda leg: leg[0],
)
LINE = st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**12), st.integers(1, 9))


def _plan(legs: list[tuple[tuple[str, int], dict[str, int]]]) -> Plan:
    return a_plan(*({"kind": kind, **({"level": level} if level else {}), **share} for (kind, level), share in legs))


def _above(forest: Forest, member: int | None, levels: int) -> int | None:
    return member if member is None or levels == 0 else _above(forest, forest[member], levels - 1)


def _oracle(plan: Plan, forest: Forest, buyer: int, host: int | None, line: tuple[int, int]) -> list[object]:
    """(kind, level, who, amount) for whoever earns something, (kind, level, reason) for who does not."""
    (amount, quantity), found = line, list[object]()
    for leg in plan.legs:
        who = {"sale": _above(forest, buyer, leg.level), "host": host, "self": buyer}[leg.kind]
        share = Fraction(leg.rate_bps or 0, 10_000) * amount + (leg.fixed_minor or 0) * (quantity if amount else 0)
        if who is None:
            found.append((leg.kind, leg.level, "no_upline" if leg.kind == "sale" else "no_host"))
        elif who == buyer and leg.kind != "self":
            found.append((leg.kind, leg.level, "own_order"))
        elif floor(share) == 0:
            found.append((leg.kind, leg.level, "rounds_to_zero" if amount else "zero_amount"))
        else:
            found.append((leg.kind, leg.level, who, floor(share)))
    return found


@given(FORESTS, LEGS, st.lists(LINE, min_size=1, max_size=20))
def test_the_engine_agrees_with_plain_recursion(
    forest: dict[int, int | None],
    legs: list[tuple[tuple[str, int], dict[str, int]]],
    lines: list[tuple[int, int, int, int]],
) -> None:
    plan = _plan(legs)
    buyers = [pick % len(forest) + 1 for pick, _, _, _ in lines]
    hosts = [pick % (len(forest) + 1) or None for _, pick, _, _ in lines]
    ids = [uuid.uuid4() for _ in lines]
    amounts, quantities = [line[2] for line in lines], [line[3] for line in lines]
    uplines = [uplines_in(forest, buyer) for buyer in buyers]
    sales = Sales(ids, ids, buyers, hosts, uplines, amounts, quantities, [NEW_YEAR] * len(lines))

    outcome = rules.accrue(plan, sales, subtree(buyers, uplines, plan.depth))

    for number in range(len(lines)):
        found: list[object] = [
            (plan.legs[r.leg].kind, plan.legs[r.leg].level, r.beneficiary, r.amount_minor)
            for r in outcome.rewards
            if r.sale == number
        ]
        found += [
            (plan.legs[s.leg].kind, plan.legs[s.leg].level, s.reason.value) for s in outcome.skips if s.sale == number
        ]
        line = (amounts[number], quantities[number])
        expected = _oracle(plan, forest, buyers[number], hosts[number], line)
        assert sorted(map(str, found)) == sorted(map(str, expected))
