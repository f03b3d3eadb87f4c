"""The door of the commissions room."""

from __future__ import annotations

from socialshop.commissions.service.accruing import accrue_orders
from socialshop.commissions.service.clawing_back import claw_back
from socialshop.commissions.service.drafting import draft_plan, plan_of, plan_page, publish_draft
from socialshop.commissions.service.exporting import ExportedAccrual, export_accruals
from socialshop.commissions.service.maturing import mature_received
from socialshop.commissions.service.paying_out import accruals_behind, pay_out, reversals_of
from socialshop.commissions.service.publishing import PublishedVersion, plans_since, publish_plan
from socialshop.commissions.service.reading import (
    Explanation,
    OrderCommissions,
    commissions_of,
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
from socialshop.commissions.store.drafts import PlanRow
from socialshop.commissions.store.payouts import Part, Reversals, Span
from socialshop.commissions.store.reading import CommissionRow, SkippedRow, WalletRow
from socialshop.commissions.store.settlement import SetAside

__all__ = [
    "CommissionRow",
    "Explanation",
    "ExportedAccrual",
    "OrderCommissions",
    "Part",
    "PlanRow",
    "PublishedVersion",
    "Replay",
    "Reversals",
    "SetAside",
    "SkippedRow",
    "Span",
    "WalletRow",
    "accruals_behind",
    "accrue_orders",
    "begin_settlement",
    "claw_back",
    "commissions_of",
    "count_set_aside",
    "draft_plan",
    "explain",
    "export_accruals",
    "mature_received",
    "order_commissions",
    "pay_out",
    "plan_of",
    "plan_page",
    "plans_since",
    "publish_draft",
    "publish_plan",
    "put_back",
    "replay",
    "reversals_of",
    "set_aside_accruals",
    "settle",
    "settle_due",
    "settled_since",
    "settlement_tick",
    "wallet_entries",
]
