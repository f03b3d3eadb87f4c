"""The door of the commissions room."""

from __future__ import annotations

from socialshop.commissions.service.accruing import accrue_orders
from socialshop.commissions.service.exporting import ExportedAccrual, export_accruals
from socialshop.commissions.service.publishing import PublishedVersion, publish_plan
from socialshop.commissions.service.replaying import Replay, replay
from socialshop.commissions.service.settling import (
    begin_settlement,
    settle,
    settle_due,
    settled_since,
    settlement_tick,
)

__all__ = [
    "ExportedAccrual",
    "PublishedVersion",
    "Replay",
    "accrue_orders",
    "begin_settlement",
    "export_accruals",
    "publish_plan",
    "replay",
    "settle",
    "settle_due",
    "settled_since",
    "settlement_tick",
]
