"""What is noticed about open requests, for who decides about them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from socialshop.identity import service as identity
from socialshop.identity.service import Limit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import to_text
from socialshop.payouts import rules
from socialshop.payouts.store import requests as store
from socialshop.payouts.store.requests import OwedBeside, Request, Sharing
from socialshop.screening import service as screening
from socialshop.screening.service import Finding, Severity


def find_owed_commission(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow CommissionOwed: who owes commission and waits for a payout has a finding on each open request.

    Reserved money is left alone: whether it is paid all the same is for a person to say. Told again, nothing is added.
    """
    after = {
        said for payload in payloads for said in (payload.get("refund_id"), payload.get("disallowance_id")) if said
    }
    screening.record(uow, [_finding(owed) for owed in store.owed_beside(uow.session, sorted(map(uuid.UUID, after)))])


def find_shared_account(uow: UnitOfWork, destination_id: uuid.UUID) -> None:
    """Where other members have named the same account, each open request to it has a finding, those of the others too.

    Couples share an account, and so does who made many members: which of the two it is, a person says.
    """
    screening.record(uow, [_shared(one) for one in store.sharing_account(uow.session, destination_id)])


def find_frozen(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow MemberFrozen: each open request of who was frozen has a finding. Told again, nothing is added.

    The money stays the member's; whether it is paid now is for a person to say.
    """
    decisions = sorted({uuid.UUID(payload["decision_id"]) for payload in payloads})
    screening.record(uow, [_frozen(*row) for row in store.open_of_frozen(uow.session, decisions)])


def find_frozen_requester(uow: UnitOfWork, request_id: uuid.UUID, member_number: int) -> None:
    """What a member asks for while frozen has the finding from the start."""
    standing = identity.standing_of(uow, member_number)
    if standing.limit is Limit.FROZEN and standing.ends_at is not None:
        screening.record(uow, [_frozen(request_id, standing.ends_at)])


def find_other_holder(uow: UnitOfWork, request: Request, real_name: str) -> None:
    """Where the account is in another name than the one that was verified, the request has a finding."""
    if not rules.is_same_name(request.holder, real_name):
        screening.record(uow, [_other_holder(request)])


def _other_holder(request: Request) -> Finding:
    return Finding(
        subject=to_public("por", request.id),
        code="holder_differs",
        occasion="holder",
        severity=Severity.WARNING,
        evidence={"account_last4": request.account_last4},
    )


def _frozen(request_id: uuid.UUID, ends_at: datetime) -> Finding:
    return Finding(
        subject=to_public("por", request_id),
        code="member_frozen",
        occasion=to_text(ends_at),
        severity=Severity.SEVERE,
        evidence={"until": to_text(ends_at)},
    )


def _shared(sharing: Sharing) -> Finding:
    return Finding(
        subject=to_public("por", sharing.request_id),
        code="destination_shared",
        occasion="account",
        severity=Severity.WARNING,
        evidence={"members": sharing.members},
    )


def _finding(owed: OwedBeside) -> Finding:
    if owed.order_id is None:
        occasion = to_public("dis", owed.after)
        said = {"disallowance": occasion}
    else:
        occasion = to_public("rfd", owed.after)
        said = {"refund": occasion, "order": to_public("ord", owed.order_id)}
    return Finding(
        subject=to_public("por", owed.request_id),
        code="clawback_owed",
        occasion=occasion,
        severity=Severity.WARNING,
        evidence={**said, "owed_minor": owed.owed_minor, "currency": owed.currency},
    )
