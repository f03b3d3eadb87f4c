"""Maturity: the goods were received, so the hold of what their order accrued has an end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.commissions.service.accruing import wait_for_accruals
from socialshop.commissions.store import receipts as store
from socialshop.infra.uow import UnitOfWork


def mature_received(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow OrderReceived: accruals mature at receipt + the order's days to send back + the plan's days of hold.

    What accrues after the receipt has read it by itself. A constant number of statements; run again, nothing changes.
    """
    order_ids = sorted({uuid.UUID(payload["order_id"]) for payload in payloads})
    if store.unaccrued(uow.session, order_ids):
        wait_for_accruals(uow)
    store.lock_orders(uow.session, order_ids)
    store.record_receipts(uow.session, order_ids, uow.now)
    store.mature(uow.session, order_ids)
