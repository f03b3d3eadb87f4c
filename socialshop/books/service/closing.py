"""Closing days and months, with what other rooms know of them."""

from __future__ import annotations

import uuid
from datetime import date

from socialshop.infra.uow import UnitOfWork
from socialshop.ledger import service as ledger
from socialshop.ledger.service import ClosedMonth
from socialshop.payments import service as payments


def close_month(uow: UnitOfWork, month: date, *, actor: uuid.UUID) -> ClosedMonth:
    """Close a month for good. Raises as the ledger does (ledger/service/closing.py)."""
    return ledger.close_month(uow, month, actor=actor, differences=payments.count_open_cases(uow))
