"""Cases of payouts over HTTP: claimed for a while and given up, noted on; several are decided together."""

from __future__ import annotations

from dataclasses import replace

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import from_public
from socialshop.payouts import service
from socialshop.payouts.errors import CaseClaimed, PayoutNotOpen, PayoutRulesOver, SelfApproval
from socialshop.payouts.schemas.cases import (
    CaseClaimWire,
    CaseNoteWire,
    ChosenQuery,
    Decisions,
    DecisionsWire,
    NewCaseNote,
    SummaryWire,
)
from socialshop.payouts.schemas.rulesets import NewPayoutRules, PayoutRulesWire, RulesSignature
from socialshop.payouts.service import Said
from socialshop.web.auth import ADMINS, READS_ALL, SIGNERS, StepUpRequired
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("payout_cases_admin", __name__, tag="Payout review")

_REQUEST = {"request_id": "por"}


@room.operation(
    "POST",
    "/admin/payout-requests/<request_id>/claim",
    access=ADMINS,
    ids=_REQUEST,
    replies=Reply(200, CaseClaimWire, "The case is yours; again, it lasts as long from now on."),
    refuses=(SelfApproval, CaseClaimed, PayoutNotOpen),
)
def claim_payout_case(call: Call[Nothing, Nothing]) -> Answer:
    """Claim a case for half an hour: nobody else decides about it meanwhile."""

    def claim(uow: UnitOfWork) -> Answer:
        claimed = service.claim_case(uow, actor=call.caller.member_id, request_id=call.ids["request_id"])
        return Answer(CaseClaimWire.of(claimed))

    return call.transact(claim)


@room.operation(
    "DELETE",
    "/admin/payout-requests/<request_id>/claim",
    access=ADMINS,
    ids=_REQUEST,
    replies=Reply(204, None, "Given up; where nothing was claimed nothing changes."),
    refuses=(CaseClaimed,),
)
def let_payout_case_go(call: Call[Nothing, Nothing]) -> Answer:
    """Give up a case that you claimed, before its time."""

    def let_go(uow: UnitOfWork) -> Answer:
        service.let_go(uow, actor=call.caller.member_id, request_id=call.ids["request_id"])
        return Answer(status=204)

    return call.transact(let_go)


@room.operation(
    "POST",
    "/admin/payout-requests/<request_id>/notes",
    access=ADMINS,
    ids=_REQUEST,
    body=NewCaseNote,
    replies=Reply(201, CaseNoteWire, "Noted: it stands in the case's history."),
    refuses=(SelfApproval,),
)
def note_payout_case(call: Call[NewCaseNote, Nothing]) -> Answer:
    """Note something for colleagues on a case, whatever its state. A note is never changed; the member reads none."""
    actor, request_id, note = call.caller.member_id, call.ids["request_id"], call.body.note

    def write(uow: UnitOfWork) -> Answer:
        number = service.note_case(uow, actor=actor, request_id=request_id, note=note)
        return Answer(CaseNoteWire(number=number, at=uow.now), status=201)

    return call.transact(write)


@room.operation(
    "GET",
    "/admin/payout-decisions/summary",
    access=READS_ALL,
    query=ChosenQuery,
    replies=Reply(200, SummaryWire, "What differs among them."),
)
def summarise_payout_requests(call: Call[Nothing, ChosenQuery]) -> Answer:
    """Several requests before they are decided together: sums, findings, first payouts, who stands out, who may not."""
    ids = [from_public("por", one.strip()) for one in (call.query.request_ids or "").split(",") if one]

    def read(uow: UnitOfWork) -> Answer:
        return Answer(SummaryWire.of(service.look_together(uow, actor=call.caller.member_id, request_ids=ids)))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/payout-decisions",
    access=SIGNERS,
    body=Decisions,
    replies=Reply(200, DecisionsWire, "Each that may be decided is; the others are named with why."),
    refuses=(StepUpRequired,),
)
def decide_payout_requests(call: Call[Decisions, Nothing]) -> Answer:
    """Approve, hold or reject up to 100 requests with one reason. Each is checked alone and undoes no other."""
    said = call.body
    ids = [from_public("por", one) for one in said.request_ids]

    def decide(uow: UnitOfWork) -> Answer:
        by = Said(call.caller.member_id, said.decision, said.reason or None, said.note or None)
        return Answer(DecisionsWire.of(service.decide_together(uow, ids, by)))

    return call.transact(decide)


@room.operation(
    "GET",
    "/admin/payout-rules",
    access=READS_ALL,
    replies=Reply(200, PayoutRulesWire, "The rules of review."),
)
def show_payout_rules(call: Call[Nothing, Nothing]) -> Answer:
    """How long payouts may wait, which are approved without a person, and the versions before."""
    return call.transact(_rules)


@room.operation(
    "POST",
    "/admin/payout-rules",
    access=SIGNERS,
    body=NewPayoutRules,
    replies=Reply(201, PayoutRulesWire, "Written down; another admin signs them."),
    refuses=(StepUpRequired,),
)
def publish_payout_rules(call: Call[NewPayoutRules, Nothing]) -> Answer:
    """Propose other rules of review. Until another admin signs them those before hold."""

    def publish(uow: UnitOfWork) -> Answer:
        service.publish_payout_rules(uow, call.caller.member_id, call.body.rules, call.body.note)
        return replace(_rules(uow), status=201)

    return call.transact(publish)


@room.operation(
    "POST",
    "/admin/payout-rules/sign",
    access=SIGNERS,
    body=RulesSignature,
    replies=Reply(200, PayoutRulesWire, "In force."),
    refuses=(StepUpRequired, SelfApproval, PayoutRulesOver),
)
def sign_payout_rules(call: Call[RulesSignature, Nothing]) -> Answer:
    """Bring the newest version into force, as somebody who did not publish it."""

    def sign(uow: UnitOfWork) -> Answer:
        service.sign_payout_rules(uow, call.caller.member_id, call.body.version)
        return _rules(uow)

    return call.transact(sign)


@room.operation(
    "POST",
    "/admin/payout-rules/stop",
    access=ADMINS,
    replies=Reply(200, PayoutRulesWire, "Nothing is approved without a person; again changes nothing."),
)
def stop_automatic_approval(call: Call[Nothing, Nothing]) -> Answer:
    """Stop automatic approval at once. It works again when two admins have brought rules into force."""

    def stop(uow: UnitOfWork) -> Answer:
        service.stop_automatic(uow, call.caller.member_id)
        return _rules(uow)

    return call.transact(stop)


def _rules(uow: UnitOfWork) -> Answer:
    return Answer(PayoutRulesWire.of(service.payout_rules(uow), service.payout_rules_history(uow)))
