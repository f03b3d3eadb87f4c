"""The door of risk: rules and their versions, judging, findings and decisions about them."""

from __future__ import annotations

from socialshop.risk.service.deciding import Verdict, decide
from socialshop.risk.service.exploring import Web, explore
from socialshop.risk.service.judging import (
    expire_findings,
    judge,
    judge_all,
    on_dispute_changed,
    on_member_registered,
    on_order_refunded,
    on_payout_submitted,
)
from socialshop.risk.service.reading import FindingView, Standing, findings, show_finding, standings
from socialshop.risk.service.ruling import InForce, publish_rules, rules_history, rules_in_force
from socialshop.risk.store.personal import PERSONAL
from socialshop.risk.store.rulesets import RulesRow

__all__ = [
    "PERSONAL",
    "FindingView",
    "InForce",
    "RulesRow",
    "Standing",
    "Verdict",
    "Web",
    "decide",
    "expire_findings",
    "explore",
    "findings",
    "judge",
    "judge_all",
    "on_dispute_changed",
    "on_member_registered",
    "on_order_refunded",
    "on_payout_submitted",
    "publish_rules",
    "rules_history",
    "rules_in_force",
    "show_finding",
    "standings",
]
