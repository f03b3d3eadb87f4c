"""The legal guard: what a country's rule on pyramid selling says of a plan, before anybody earns by it.

It is a guard, not counsel: a warning may be published once a named person has signed for it, a refusal never.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from socialshop.commissions.errors import PlanRefused
from socialshop.commissions.findings import Finding, Severity
from socialshop.commissions.plan import COUNTED, LeadLeg, Leg, MilestoneLeg, Plan, reach_of


@dataclass(frozen=True, slots=True)
class SignOff:
    """Who answers for publishing a plan with a warning, and what they said."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DepthRule:
    """From how many paid levels on a plan is worth a word, needs a signature, or is refused."""

    info_from: int
    warning_from: int
    refused_from: int
    source: str


@dataclass(frozen=True, slots=True)
class SubTreeRule:
    """What a law counts of a sub-tree: so many people on so many levels, the head and its level counted in.

    From `near_heads` on `near_levels` on a sub-tree is near: one more level or a few more people, and it is over.
    """

    heads: int
    levels: int
    near_heads: int
    near_levels: int
    source: str


# China. Regulation on the Prohibition of Pyramid Selling (禁止传销条例), State Council Order No. 444, 2005, article 7:
# paying people by the sales of those they brought in, and those brought in by these, is "team reward" and prohibited;
# two-level features have been fined. The Opinion of the Supreme People's Court, the Supreme People's Procuratorate and
# the Ministry of Public Security on organising and leading pyramid selling (公通字〔2013〕37号), 2013, part one,
# prosecutes an organisation of 30 people and 3 levels. So one level is clean, the second worth knowing, the third
# needs somebody who answers for it, and a fourth is beyond every default.
CHINA = DepthRule(
    info_from=2,
    warning_from=3,
    refused_from=4,
    source="State Council Order No. 444 (2005), article 7; SPC, SPP and MPS Opinion of 2013, part one",
)
# Where nobody has written down a country's own rule, the strictest one we know holds.
RULES: dict[str, DepthRule] = {"CN": CHINA}


# China. The Opinion of 2013, part one: 30 people on 3 levels; part five counts the organiser and that level in.
# Near is our own: four fifths of the people, and a level short of what is prosecuted.
CHINA_SUBTREES = SubTreeRule(
    heads=30,
    levels=3,
    near_heads=24,
    near_levels=2,
    source="SPC, SPP and MPS Opinion of 2013, parts one and five",
)
SUBTREE_RULES: dict[str, SubTreeRule] = {"CN": CHINA_SUBTREES}


def subtree_rule_for(country: str) -> SubTreeRule:
    """What the law of an ISO 3166 country counts of a sub-tree; the strictest one we know where it says nothing."""
    return SUBTREE_RULES.get(country, CHINA_SUBTREES)


def rule_for(country: str) -> DepthRule:
    """The rule of an ISO 3166 country code."""
    return RULES.get(country, CHINA)


# A fixed sum is owed for each unit, however little the unit cost. From 100.00 on (in a currency of two decimals)
# somebody answers for it: goods bought for less pay out more than they bring.
FIXED_WARNING_FROM = 10_000


def examine(plan: Plan, country: str) -> tuple[Finding, ...]:
    """What the country's rule says of the plan, and which legs may pay more than a sale brings; empty if clean."""
    rule = rule_for(country)
    return tuple(found for position, leg in enumerate(plan.legs) for found in _of_leg(rule, plan, position, leg))


def _of_leg(rule: DepthRule, plan: Plan, position: int, leg: Leg) -> Iterator[Finding]:
    """A leg is as deep as the furthest whom it may pay: those who pass the inactive by reach further than they say."""
    level = reach_of(plan, leg)
    severity = _severity(rule, level)
    if severity is not None:
        yield _depth_finding(rule, severity, position, level)
    if leg.kind == "tier" and leg.reach > 1:
        yield _team_finding(rule, position)
    if leg.kind == "milestone":
        yield _milestone_finding(position, leg)
    elif leg.kind in COUNTED:
        yield _traffic_finding(position, leg)
    elif leg.kind == "lead":
        yield _lead_finding(position, leg)
    elif leg.fixed_minor is not None:
        severity = Severity.WARNING if leg.fixed_minor >= FIXED_WARNING_FROM else Severity.INFO
        message = f"legs[{position}] pays {leg.fixed_minor} minor units for each unit, even of a sale that brought less"
        yield Finding("fixed_sum", severity, position, message)


class Verdict(StrEnum):
    """How a plan stands to the law, in one word.

    `direct` pays nobody above who brought the buyer, `info` is allowed and worth knowing, `warned` has somebody who
    signed for it, and `refused` may not be published as it is (it was, before the rule).
    """

    DIRECT = "direct"
    INFO = "info"
    WARNED = "warned"
    REFUSED = "refused"


def verdict_on(findings: Sequence[Finding]) -> Verdict:
    """What a plan's findings come to."""
    worst = {finding.severity for finding in findings}
    if Severity.REFUSAL in worst:
        return Verdict.REFUSED
    if Severity.WARNING in worst:
        return Verdict.WARNED
    return Verdict.INFO if worst else Verdict.DIRECT


def clear(findings: Sequence[Finding], sign_off: SignOff | None) -> None:
    """Let a plan with these findings pass, or raise PlanRefused with them."""
    worst = {finding.severity for finding in findings}
    if Severity.REFUSAL in worst:
        raise PlanRefused("the legal guard refuses this plan: " + _first(findings, Severity.REFUSAL), findings=findings)
    if Severity.WARNING in worst and (sign_off is None or not sign_off.name.strip()):
        raise PlanRefused(
            "the legal guard wants the name of who signs off this plan: " + _first(findings, Severity.WARNING),
            findings=findings,
        )


def _severity(rule: DepthRule, level: int) -> Severity | None:
    if level >= rule.refused_from:
        return Severity.REFUSAL
    if level >= rule.warning_from:
        return Severity.WARNING
    return Severity.INFO if level >= rule.info_from else None


def _depth_finding(rule: DepthRule, severity: Severity, leg: int, level: int) -> Finding:
    return Finding("levels", severity, leg, f"legs[{leg}] pays level {level} above the buyer ({rule.source})")


def _team_finding(rule: DepthRule, leg: int) -> Finding:
    """What article 7 calls team reward: more for who stands higher, out of what those below sell."""
    message = f"legs[{leg}] pays by rank out of what others' teams sell ({rule.source})"
    return Finding("team_reward", Severity.WARNING, leg, message)


def _lead_finding(position: int, leg: LeadLeg) -> Finding:
    """A bounty that is not well below the sale that it rewards is pay for heads in other words."""
    if leg.fixed_minor >= leg.min_order_minor:
        severity = Severity.REFUSAL
    else:
        severity = Severity.WARNING if leg.fixed_minor * 2 > leg.min_order_minor else Severity.INFO
    message = (
        f"legs[{position}] pays {leg.fixed_minor} minor units for a first order of {leg.min_order_minor} or more; "
        "what is paid for heads and not for sales is prohibited (State Council Order No. 444 (2005), article 7)"
    )
    return Finding("headcount", severity, position, message)


def _milestone_finding(position: int, leg: MilestoneLeg) -> Finding:
    """A milestone rewards sales as far as it is well below them, and heads as far as it counts those."""
    least = leg.reaches * leg.min_order_minor
    if leg.fixed_minor >= least:
        severity = Severity.REFUSAL
    else:
        low = leg.counts == "sales" and leg.fixed_minor * 2 <= least
        severity = Severity.INFO if low else Severity.WARNING
    message = (
        f"legs[{position}] pays {leg.fixed_minor} minor units for {leg.reaches} {leg.counts} that come to {least} or "
        "more; what is paid for heads and not for sales is prohibited (State Council Order No. 444 (2005), article 7)"
    )
    return Finding("milestone", severity, position, message)


def _traffic_finding(position: int, leg: Leg) -> Finding:
    """No sale stands behind a click. Publishers sell their pages' room; a member paid for clicks farms them."""
    if getattr(leg, "who", None) == "members":
        severity, whom = Severity.REFUSAL, "every member"
    else:
        severity, whom = Severity.INFO, "publishers"
    message = (
        f"legs[{position}] pays {whom} for {leg.kind}s, behind which stands no sale; reward that does not come of "
        "sales is prohibited (State Council Order No. 444 (2005), article 7), and bought advertising is not"
    )
    return Finding("traffic", severity, position, message)


def _first(findings: Sequence[Finding], severity: Severity) -> str:
    return next(finding.message for finding in findings if finding.severity is severity)
