"""Review: another person approves, holds or rejects, and says why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.ledger import service as ledger
from socialshop.notifications.reasons import REASONS, PayoutReason
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
COME_FROM = {
    "approved": ("submitted", "held"),
    "held": ("submitted", "approved"),
    "rejected": ("submitted", "held", "approved"),
}


def approve(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, note: str | None = None) -> Request:
    """Let a request into the next batch; again changes nothing.

    Raises NotFound, SelfApproval, PayoutNotOpen, PayeeUnverified, MoneyHeld while a finding holds the member's money;
    the database refuses it too. CaseClaimed while another reviewer has the case.
    """
    return _decide(uow, request_id, Said(actor, "approved", None, note))


def hold(
    uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, reason: PayoutReason, note: str | None = None
) -> Request:
    """Set a request aside; its money stays reserved. The member reads the reason, nobody outside the note.

    Raises as `approve` does, and InvalidValue for a reason that is none to hold.
    """
    return _decide(uow, request_id, Said(actor, "held", reason, note))


def reject(
    uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID, reason: PayoutReason, note: str | None = None
) -> Request:
    """Refuse a request for good; its money is available again. Raises as `hold` does."""
    return _decide(uow, request_id, Said(actor, "rejected", reason, note))


def has_opened(uow: UnitOfWork, actor: uuid.UUID, request: Request) -> bool:
    """Whether this person made a link into the requester's account, and so approves nothing of it. One statement."""
    return audit.has_done(uow, actor, "member.password_link", to_public("mbr", request.member_id))


@dataclass(frozen=True, slots=True)
class Said:
    """Who decides what, why, and what is noted for colleagues."""

    actor: uuid.UUID
    decision: str
    reason: PayoutReason | None
    note: str | None


def check_reason(said: Said) -> None:
    """Raises InvalidValue where a reason is missing, or leads to something else."""
    if said.decision == "approved":
        return
    words = REASONS.get(said.reason) if said.reason is not None else None
    if words is None or not (words.holds if said.decision == "held" else words.rejects):
        raise InvalidValue("this is no reason of the list for that", field="reason")


def _decide(uow: UnitOfWork, request_id: uuid.UUID, said: Said) -> Request:
    check_reason(said)
    actor, decision, reason, note = said.actor, said.decision, said.reason, said.note
    request = found(uow, request_id)
    if request.member_id == actor:
        raise SelfApproval("somebody else decides about your own payout request")
    if decision == "approved" and has_opened(uow, actor, request):
        raise SelfApproval("you made a link that opens this member's account: somebody else approves its payouts")
    if decision == "approved" and request.status in COME_FROM[decision]:
        _refuse_held(uow, request)
        require_verified(payee_of(uow, request.member_id))
    ends = decision == "rejected"
    if not move_on(uow, request, decision, come_from=COME_FROM[decision], reason=reason, ends=ends):
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
        note=note,
        now=uow.now,
    )
    uow.emit(PayoutDecided(decision_id=decision_id))
    if ends:
        ledger.post(uow, give_back(uow, {"rejected": [claim_of(request)]}))
    facts = {"amount_minor": request.amount_minor, "currency": request.currency, "reason": reason, "note": note}
    audit.record(uow, actor=actor, action=f"payout.{decision}", target=to_public("por", request_id), facts=facts)
    return found(uow, request_id)


def _refuse_held(uow: UnitOfWork, request: Request) -> None:
    if cases.money_is_held(uow, request.member_number):
        raise MoneyHeld("a finding holds this member's money; decide about the finding first")
