"""The door of the commissions room."""

from __future__ import annotations

from socialshop.commissions.service.accruing import accrue_orders
from socialshop.commissions.service.capping import forget_counters
from socialshop.commissions.service.clawing_back import claw_back
from socialshop.commissions.service.disallowing import (
    DISALLOWANCE_PREFIX,
    Disallowed,
    Struck,
    disallow,
    disallowances_of,
)
from socialshop.commissions.service.drafting import (
    discard_draft,
    draft_plan,
    plan_of,
    plan_page,
    publish_draft,
    redraft_plan,
)
from socialshop.commissions.service.examining import example_of, findings_of, plan_in_force
from socialshop.commissions.service.exporting import ExportedAccrual, export_accruals
from socialshop.commissions.service.maturing import mature_received
from socialshop.commissions.service.paying_out import accruals_behind, come_back, earned_between, pay_out, reversals_of
from socialshop.commissions.service.previewing import Earning, Preview, preview
from socialshop.commissions.service.publishing import PublishedVersion, plans_since, publish_plan
from socialshop.commissions.service.reaching import reach_milestones
from socialshop.commissions.service.reading import (
    Explanation,
    OrderCommissions,
    coming,
    commissions_of,
    earned_of_deal,
    earned_since,
    explain,
    order_commissions,
    wallet_entries,
)
from socialshop.commissions.service.replaying import Replay, replay
from socialshop.commissions.service.settling import (
    begin_settlement,
    count_set_aside,
    put_back,
    set_aside_accruals,
    settle,
    settle_due,
    settled_since,
    settlement_tick,
)
from socialshop.commissions.service.simulating import (
    SIMULATION_PREFIX,
    Question,
    Simulated,
    forget_simulations,
    on_simulation_due,
    simulate,
    simulated,
    simulations_of,
)
from socialshop.commissions.service.stating import (
    Month,
    Statement,
    WalletPart,
    month_named,
    months_of,
    part_of,
    statement_of,
)
from socialshop.commissions.service.tallying import TALLY_PREFIX, tally_traffic
from socialshop.commissions.service.watching import (
    GuardState,
    InForce,
    count_places,
    guard_state,
    is_over,
    watched_subtrees,
)
from socialshop.commissions.store.coming import ComingRow
from socialshop.commissions.store.drafts import PlanRow
from socialshop.commissions.store.payouts import Part, Returned, Reversals, Span
from socialshop.commissions.store.personal import PERSONAL
from socialshop.commissions.store.reading import CommissionRow, SkippedRow, WalletRow
from socialshop.commissions.store.settlement import SetAside
from socialshop.commissions.store.simulations import DaySums, LegSums, SimulationRow
from socialshop.commissions.store.tallies import DisallowanceRow

__all__ = [
    "DISALLOWANCE_PREFIX",
    "PERSONAL",
    "SIMULATION_PREFIX",
    "TALLY_PREFIX",
    "ComingRow",
    "CommissionRow",
    "DaySums",
    "DisallowanceRow",
    "Disallowed",
    "Earning",
    "Explanation",
    "ExportedAccrual",
    "GuardState",
    "InForce",
    "LegSums",
    "Month",
    "OrderCommissions",
    "Part",
    "PlanRow",
    "Preview",
    "PublishedVersion",
    "Question",
    "Replay",
    "Returned",
    "Reversals",
    "SetAside",
    "Simulated",
    "SimulationRow",
    "SkippedRow",
    "Span",
    "Statement",
    "Struck",
    "WalletPart",
    "WalletRow",
    "accruals_behind",
    "accrue_orders",
    "begin_settlement",
    "claw_back",
    "come_back",
    "coming",
    "commissions_of",
    "count_places",
    "count_set_aside",
    "disallow",
    "disallowances_of",
    "discard_draft",
    "draft_plan",
    "earned_between",
    "earned_of_deal",
    "earned_since",
    "example_of",
    "explain",
    "export_accruals",
    "findings_of",
    "forget_counters",
    "forget_simulations",
    "guard_state",
    "is_over",
    "mature_received",
    "month_named",
    "months_of",
    "on_simulation_due",
    "order_commissions",
    "part_of",
    "pay_out",
    "plan_in_force",
    "plan_of",
    "plan_page",
    "plans_since",
    "preview",
    "publish_draft",
    "publish_plan",
    "put_back",
    "reach_milestones",
    "redraft_plan",
    "replay",
    "reversals_of",
    "set_aside_accruals",
    "settle",
    "settle_due",
    "settled_since",
    "settlement_tick",
    "simulate",
    "simulated",
    "simulations_of",
    "statement_of",
    "tally_traffic",
    "wallet_entries",
    "watched_subtrees",
]
