"""Wire shapes of the legal guard: the country's rule, the plan in force, and the sub-trees that the law would count."""

from __future__ import annotations

from typing import Any, Literal

from socialshop.commissions.guard import SubTreeRule, Verdict
from socialshop.commissions.schemas.plans import FindingWire
from socialshop.commissions.service import GuardState, InForce, is_over
from socialshop.kernel.ids import to_public
from socialshop.referrals.service import SubTreeRow
from socialshop.web.paging import Page
from socialshop.web.schemas import Instant, Wire, with_example

_RULE: dict[str, Any] = {
    "heads": 30,
    "levels": 3,
    "near_heads": 24,
    "near_levels": 2,
    "source": "SPC, SPP and MPS Opinion of 2013, parts one and five",
}
_IN_FORCE: dict[str, Any] = {
    "plan_id": "plan_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "name": "direct only",
    "depth": 1,
    "verdict": "direct",
    "findings": [],
}
_SUBTREE: dict[str, Any] = {
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "heads": 31,
    "levels": 4,
    "state": "over",
    "crossed_at": "2026-01-31T12:00:00Z",
}


class SubTreeRuleWire(Wire):
    """From so many people on so many levels on a law counts a sub-tree, its head and the head's level counted in."""

    model_config = with_example(_RULE)

    heads: int
    levels: int
    near_heads: int
    near_levels: int
    source: str

    @classmethod
    def of(cls, rule: SubTreeRule) -> SubTreeRuleWire:
        """The wire form of a rule."""
        return cls(
            heads=rule.heads,
            levels=rule.levels,
            near_heads=rule.near_heads,
            near_levels=rule.near_levels,
            source=rule.source,
        )


class PlanInForceWire(Wire):
    """The plan by which sales pay now; `depth` is how many levels above the buyer it pays."""

    model_config = with_example(_IN_FORCE)

    plan_id: str
    name: str
    depth: int
    verdict: Verdict
    findings: list[FindingWire]

    @classmethod
    def of(cls, found: InForce) -> PlanInForceWire:
        """The wire form of the plan in force."""
        return cls(
            plan_id=to_public("plan", found.plan.id),
            name=found.plan.document["name"],
            depth=found.depth,
            verdict=found.verdict,
            findings=[FindingWire.of(each) for each in found.findings],
        )


class GuardWire(Wire):
    """How the plan in force and the tree stand to the law; without a plan in force nobody earns anything."""

    model_config = with_example({"country": "CN", "rule": _RULE, "over": 1, "near": 2, "plan": _IN_FORCE})

    country: str
    rule: SubTreeRuleWire
    over: int
    near: int
    plan: PlanInForceWire | None

    @classmethod
    def of(cls, state: GuardState) -> GuardWire:
        """The wire form of how things stand."""
        return cls(
            country=state.country,
            rule=SubTreeRuleWire.of(state.rule),
            over=state.counted.over,
            near=state.counted.near,
            plan=None if state.in_force is None else PlanInForceWire.of(state.in_force),
        )


class SubTreeWire(Wire):
    """A sub-tree by its head; `crossed_at` is when it came over, null for one that is near."""

    model_config = with_example(_SUBTREE)

    member_id: str
    heads: int
    levels: int
    state: Literal["near", "over"]
    crossed_at: Instant | None

    @classmethod
    def of(cls, rule: SubTreeRule, row: SubTreeRow) -> SubTreeWire:
        """The wire form of a sub-tree under the country's rule."""
        return cls(
            member_id=to_public("mbr", row.member_id),
            heads=row.heads,
            levels=row.levels,
            state="over" if is_over(rule, row) else "near",
            crossed_at=row.crossed_at,
        )


class SubTreePage(Page[SubTreeWire]):
    """Sub-trees near the threshold and over it, the largest first."""

    model_config = with_example({"data": [_SUBTREE], "next_cursor": None})
