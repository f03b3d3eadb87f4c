"""Cases of payouts over HTTP: a reviewer claims one for a while and gives it up."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.payouts import service
from socialshop.payouts.errors import CaseClaimed, PayoutNotOpen, SelfApproval
from socialshop.payouts.schemas.cases import CaseClaimWire
from socialshop.web.auth import ADMINS
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
