"""What is noticed about open requests, for who decides about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.payouts.store import requests as store
from socialshop.payouts.store.requests import OwedBeside
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity


def find_owed_commission(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow CommissionOwed: who owes commission and waits for a payout has a finding on each open request.

    Reserved money is left alone: whether it is paid all the same is for a person to say. Told again, nothing is added.
    """
    refunds = sorted({uuid.UUID(payload["refund_id"]) for payload in payloads})
    screening.record(uow, [_finding(owed) for owed in store.owed_beside(uow.session, refunds)])


def _finding(owed: OwedBeside) -> Finding:
    refund = to_public("rfd", owed.refund_id)
    return Finding(
        subject=to_public("por", owed.request_id),
        code="clawback_owed",
        occasion=refund,
        severity=Severity.WARNING,
        evidence={
            "refund": refund,
            "order": to_public("ord", owed.order_id),
            "owed_minor": owed.owed_minor,
            "currency": owed.currency,
        },
    )
