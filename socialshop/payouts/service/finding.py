"""What is noticed about open requests, for who decides about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.payouts.store import requests as store
from socialshop.payouts.store.requests import OwedBeside, Sharing
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity


def find_owed_commission(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow CommissionOwed: who owes commission and waits for a payout has a finding on each open request.

    Reserved money is left alone: whether it is paid all the same is for a person to say. Told again, nothing is added.
    """
    refunds = sorted({uuid.UUID(payload["refund_id"]) for payload in payloads})
    screening.record(uow, [_finding(owed) for owed in store.owed_beside(uow.session, refunds)])


def find_shared_account(uow: UnitOfWork, destination_id: uuid.UUID) -> None:
    """Where other members have named the same account, each open request to it has a finding, those of the others too.

    Couples share an account, and so does who made many members: which of the two it is, a person says.
    """
    screening.record(uow, [_shared(one) for one in store.sharing_account(uow.session, destination_id)])


def _shared(sharing: Sharing) -> Finding:
    return Finding(
        subject=to_public("por", sharing.request_id),
        code="destination_shared",
        occasion="account",
        severity=Severity.WARNING,
        evidence={"members": sharing.members},
    )


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
