"""Review: another person approves, holds or rejects, and says why."""

from __future__ import annotations

import uuid

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.ledger import service as ledger
from socialshop.payouts.errors import MoneyHeld, SelfApproval
from socialshop.payouts.events import PayoutDecided
from socialshop.payouts.service.claiming import end_claim, refuse_claimed
from socialshop.payouts.service.giving_back import give_back
from socialshop.payouts.service.moving import claim_of, found, move_on
from socialshop.payouts.service.verifying import payee_of, require_verified
from socialshop.payouts.store import requests as store
from socialshop.payouts.store.requests import Request
from socialshop.screening import cases

# What each decision may follow. Nothing follows a batch: it is frozen.
_COME_FROM = {
    "approved": ("submitted", "held"),
    "held": ("submitted", "approved"),
    "rejected": ("submitted", "held", "approved"),
}


def approve(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, reason: str | None) -> Request:
    """Let a request into the next batch; again changes nothing.

    Raises NotFound, SelfApproval, PayoutNotOpen, PayeeUnverified, MoneyHeld while a finding holds the member's money;
    the database refuses it too. CaseClaimed while another reviewer has the case.
    """
    return _decide(uow, actor, request_id, "approved", reason)


def hold(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, reason: str) -> Request:
    """Set a request aside; its money stays reserved. Raises as `approve` does."""
    return _decide(uow, actor, request_id, "held", reason)


def reject(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, reason: str) -> Request:
    """Refuse a request for good; its money is available again. Raises as `approve` does."""
    return _decide(uow, actor, request_id, "rejected", reason)


def has_opened(uow: UnitOfWork, actor: uuid.UUID, request: Request) -> bool:
    """Whether this person made a link into the requester's account, and so approves nothing of it. One statement."""
    return audit.has_done(uow, actor, "member.password_link", to_public("mbr", request.member_id))


def _decide(uow: UnitOfWork, actor: uuid.UUID, request_id: uuid.UUID, decision: str, reason: str | None) -> Request:
    request = found(uow, request_id)
    if request.member_id == actor:
        raise SelfApproval("somebody else decides about your own payout request")
    if decision == "approved" and has_opened(uow, actor, request):
        raise SelfApproval("you made a link that opens this member's account: somebody else approves its payouts")
    if decision == "approved" and request.status in _COME_FROM[decision]:
        _refuse_held(uow, request)
        require_verified(payee_of(uow, request.member_id))
    ends = decision == "rejected"
    if not move_on(uow, request, decision, come_from=_COME_FROM[decision], reason=reason, ends=ends):
        return found(uow, request_id)
    # The request's row is locked from here on: a claim that is made meanwhile waits, and finds it decided.
    refuse_claimed(uow, request_id, actor)
    end_claim(uow, request_id)
    decision_id = store.add_decision(
        uow.session,
        request_id=request_id,
        requester=request.member_id,
        decision=decision,
        decided_by=actor,
        reason=reason,
        now=uow.now,
    )
    uow.emit(PayoutDecided(decision_id=decision_id))
    if ends:
        ledger.post(uow, give_back(uow, {"rejected": [claim_of(request)]}))
    facts = {"amount_minor": request.amount_minor, "currency": request.currency, "reason": reason}
    audit.record(uow, actor=actor, action=f"payout.{decision}", target=to_public("por", request_id), facts=facts)
    return found(uow, request_id)


def _refuse_held(uow: UnitOfWork, request: Request) -> None:
    if cases.money_is_held(uow, request.member_number):
        raise MoneyHeld("a finding holds this member's money; decide about the finding first")
