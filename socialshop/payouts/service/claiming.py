"""Claiming a case, so that two reviewers don't work on one: for a while, by one person, ended by the decision."""

from __future__ import annotations

import uuid

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.time import to_text
from socialshop.payouts.errors import CaseClaimed, PayoutNotOpen, SelfApproval
from socialshop.payouts.rules import CLAIM_LASTS
from socialshop.payouts.service.moving import found
from socialshop.payouts.store import claims as store
from socialshop.payouts.store.claims import CaseClaim


def claim_case(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID) -> CaseClaim:
    """Claim a case for half an hour; one's own again lasts as long from now on.

    Raises NotFound, SelfApproval for an own request, CaseClaimed while another has it, PayoutNotOpen where nothing is
    left to decide.
    """
    request = found(uow, request_id)
    if request.member_id == actor:
        raise SelfApproval("somebody else decides about your own payout request")
    before = store.standing(uow.session, request_id, uow.now)
    if not store.claim(uow.session, request_id, actor, until=uow.now + CLAIM_LASTS, now=uow.now):
        refuse_claimed(uow, request_id, actor)
        state = found(uow, request_id).status
        raise PayoutNotOpen(f"the request is {state} by now", state=state)
    # Claimed on and on while somebody reads, it is one act in the record.
    if before is None or before.claimed_by != actor:
        _record(uow, actor, request_id, "claimed")
    claimed = store.standing(uow.session, request_id, uow.now)
    if claimed is None:
        raise LookupError("a claim that was just written is not there")
    return claimed


def let_go(uow: UnitOfWork, *, actor: uuid.UUID, request_id: uuid.UUID) -> None:
    """Give an own claim up; where none stands nothing changes. Raises NotFound, CaseClaimed for another's."""
    found(uow, request_id)
    refuse_claimed(uow, request_id, actor)
    if store.remove(uow.session, request_id, actor, uow.now):
        _record(uow, actor, request_id, "let_go")


def claim_on(uow: UnitOfWork, request_id: uuid.UUID) -> CaseClaim | None:
    """The claim that stands on a case. One statement."""
    return store.standing(uow.session, request_id, uow.now)


def refuse_claimed(uow: UnitOfWork, request_id: uuid.UUID, actor: uuid.UUID) -> None:
    """Raises CaseClaimed while somebody else has the case, and names who and until when."""
    claim = store.standing(uow.session, request_id, uow.now)
    if claim is not None and claim.claimed_by != actor:
        until, who = to_text(claim.claimed_until), claim.name or to_public("mbr", claim.claimed_by)
        raise CaseClaimed(
            f"{who} has claimed this case until {until}",
            claimed_by=to_public("mbr", claim.claimed_by),
            claimed_by_name=claim.name,
            claimed_until=until,
        )


def end_claim(uow: UnitOfWork, request_id: uuid.UUID) -> None:
    """The case is decided, or taken back: nobody's claim is left on it."""
    store.remove(uow.session, request_id, None, uow.now)


def _record(uow: UnitOfWork, actor: uuid.UUID, request_id: uuid.UUID, deed: str) -> None:
    audit.record(uow, actor=actor, action=f"payout.{deed}", target=to_public("por", request_id), facts={})
