"""The door of the commissions room."""

from __future__ import annotations

from socialshop.commissions.service.accruing import accrue_orders
from socialshop.commissions.service.clawing_back import claw_back
from socialshop.commissions.service.exporting import ExportedAccrual, export_accruals
from socialshop.commissions.service.maturing import mature_received
from socialshop.commissions.service.paying_out import accruals_behind, pay_out, reversals_of
from socialshop.commissions.service.publishing import PublishedVersion, publish_plan
from socialshop.commissions.service.replaying import Replay, replay
from socialshop.commissions.service.settling import (
    begin_settlement,
    settle,
    settle_due,
    settled_since,
    settlement_tick,
)
from socialshop.commissions.store.payouts import Part, Reversals, Span

__all__ = [
    "ExportedAccrual",
    "Part",
    "PublishedVersion",
    "Replay",
    "Reversals",
    "Span",
    "accruals_behind",
    "accrue_orders",
    "begin_settlement",
    "claw_back",
    "export_accruals",
    "mature_received",
    "pay_out",
    "publish_plan",
    "replay",
    "reversals_of",
    "settle",
    "settle_due",
    "settled_since",
    "settlement_tick",
]
