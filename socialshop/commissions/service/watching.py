"""The legal guard over the tree as it grows: which sub-trees come to what the country's law counts, told once each.

The plan decides whether a deep tree earns anybody anything; the tree decides how many the law would count. Both are
looked at together here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.commissions import guard
from socialshop.commissions.findings import Finding
from socialshop.commissions.guard import SubTreeRule, Verdict
from socialshop.commissions.plan import parse_plan
from socialshop.commissions.service.examining import findings_of, plan_in_force
from socialshop.commissions.store.drafts import PlanRow
from socialshop.identity import service as identity
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.roles import Role
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.referrals import service as referrals
from socialshop.referrals.service import Counted, SubTreeRow, Threshold

CROSSED = "subtrees_crossed"
_MOST_ADMINS = 100


@dataclass(frozen=True, slots=True)
class InForce:
    """The plan by which sales pay now, how many levels above the buyer it pays, and what the guard says of it."""

    plan: PlanRow
    depth: int
    findings: tuple[Finding, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class GuardState:
    """The country's rule on sub-trees, how many are over and near it, and the plan in force; None: nobody earns."""

    country: str
    rule: SubTreeRule
    counted: Counted
    in_force: InForce | None


def count_places(uow: UnitOfWork) -> bool:
    """Take up new and corrected places, and tell the admins of the sub-trees that came over the threshold by them.

    One notice a run, with how many: no crossing is told twice. A periodic step.
    """
    more = referrals.count_places(uow)
    rule = guard.subtree_rule_for(wired.settings().country)
    crossed = referrals.note_crossings(uow, _over(rule))
    if crossed:
        facts = {
            "count": len(crossed),
            "heads": rule.heads,
            "levels": rule.levels,
            "most_heads": crossed[0].heads,
            "most_levels": max(row.levels for row in crossed),
        }
        admins = identity.search(uow, None, Role.ADMIN, None, _MOST_ADMINS)
        told = str(min(row.id for row in crossed))
        notifications.tell(uow, [Told(admin.number, CROSSED, told, None, None, facts) for admin in admins])
    return more


def guard_state(uow: UnitOfWork) -> GuardState:
    """How the plan in force and the tree stand to the law of the shop's country."""
    settings = wired.settings()
    rule = guard.subtree_rule_for(settings.country)
    counted = referrals.count_subtrees(uow, _over(rule), _near(rule))
    return GuardState(settings.country, rule, counted, _in_force(uow, settings.currency, settings.country))


def watched_subtrees(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[SubTreeRow]:
    """Up to `limit` sub-trees that are near the country's threshold or over it, the largest first. One statement."""
    return referrals.subtrees(uow, _near(guard.subtree_rule_for(wired.settings().country)), after, limit)


def is_over(rule: SubTreeRule, row: SubTreeRow) -> bool:
    """Whether the law would count this sub-tree; else it is near."""
    return row.heads >= rule.heads and row.levels >= rule.levels


def _in_force(uow: UnitOfWork, currency: str, country: str) -> InForce | None:
    standing = plan_in_force(uow, currency)
    if standing is None:
        return None
    findings = findings_of(standing.document, country)
    depth = parse_plan(standing.document).depth
    return InForce(standing, depth, findings, guard.verdict_on(findings))


def _over(rule: SubTreeRule) -> Threshold:
    return Threshold(rule.heads, rule.levels)


def _near(rule: SubTreeRule) -> Threshold:
    return Threshold(rule.near_heads, rule.near_levels)
