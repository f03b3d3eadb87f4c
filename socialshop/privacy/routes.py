"""Consents, export, erasure, and who looked, over HTTP."""

from __future__ import annotations

from socialshop.identity import service as identity
from socialshop.identity.service import SignInAgain, TermsNeeded
from socialshop.infra.uow import UnitOfWork
from socialshop.privacy import service
from socialshop.privacy.errors import MoneyLeft, PayoutUnderway
from socialshop.privacy.schemas import (
    ConsentDecision,
    Consents,
    ConsentWire,
    ErasureQuery,
    Export,
    LeavingWire,
    LookPage,
    LookQuery,
    LookWire,
    document_of,
    place_of,
)
from socialshop.web.auth import SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("privacy", __name__, tag="Privacy")
_STANDING = Reply(200, Consents, "How every document stands.")


@room.operation("GET", "/me/consents", access=SIGNED_IN, replies=_STANDING)
def list_consents(call: Call[Nothing, Nothing]) -> Answer:
    """What you agree to.

    Being named to those who share your team, and goods chosen for you, stand with the terms until you withdraw them.
    """
    return call.transact(lambda uow: _consents(uow, call))


@room.operation(
    "POST", "/me/consents", access=SIGNED_IN, body=ConsentDecision, replies=_STANDING, refuses=(TermsNeeded,)
)
def decide_consent(call: Call[ConsentDecision, Nothing]) -> Answer:
    """Agree to something, or no longer; every decision is kept with its version and instant."""

    def decide(uow: UnitOfWork) -> Answer:
        identity.decide_consent(uow, call.caller.member_id, document_of(call.body), given=call.body.given)
        return _consents(uow, call)

    return call.transact(decide)


@room.operation(
    "GET",
    "/me/export",
    access=SIGNED_IN,
    isolation="REPEATABLE READ",
    replies=Reply(200, Export, "All that the shop holds of you."),
)
def export_me(call: Call[Nothing, Nothing]) -> Answer:
    """Everything held about you, rows by table, for machines."""
    return call.transact(lambda uow: Answer(service.export_of(uow, call.caller.member_id)))


@room.operation(
    "GET",
    "/me/leaving",
    access=SIGNED_IN,
    replies=Reply(200, LeavingWire, "What is still there; nothing is done."),
)
def show_leaving(call: Call[Nothing, Nothing]) -> Answer:
    """What you would lose by leaving now: money, points, a plan that runs, gifts that nobody has redeemed."""
    return call.transact(lambda uow: Answer(LeavingWire.of(service.leaving_of(uow, call.caller.number))))


@room.operation(
    "DELETE",
    "/me",
    access=SIGNED_IN,
    query=ErasureQuery,
    replies=Reply(200, LeavingWire, "You have left; nothing tells who you were. What you lost by it."),
    refuses=(MoneyLeft, PayoutUnderway, SignInAgain),
    # Whoever asks again is nobody any more.
    idempotency=Idempotency.IGNORED,
)
def erase_me(call: Call[Nothing, ErasureQuery]) -> Answer:
    """Leave the shop for good; `GET /me/leaving` says before what is lost by it.

    Everything that tells who you are is erased and every session ends; sums, the tree, orders and the books stay, under
    a number. Money that could be paid out is refused to be lost by accident: take it, or say `gives_up=money`. Asked in
    a session that is older than an hour it is refused: sign in again first.
    """

    def erase(uow: UnitOfWork) -> Answer:
        identity.check_signed_in_lately(uow, call.caller.session_id)
        lost = service.erase(uow, call.caller.member_id, gives_up=call.query.gives_up is not None)
        return Answer(LeavingWire.of(lost))

    return call.transact(erase)


@room.operation(
    "GET", "/me/access-log", access=SIGNED_IN, query=LookQuery, replies=Reply(200, LookPage, "Looks, newest first.")
)
def list_looks(call: Call[Nothing, LookQuery]) -> Answer:
    """Who of the shop saw data of yours, one by one: your profile, an order, a refund, a payout."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.looks_at(uow, call.caller.member_id, query.before(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, place_of)
        return Answer(LookPage(data=[LookWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


def _consents(uow: UnitOfWork, call: Call[ConsentDecision, Nothing] | Call[Nothing, Nothing]) -> Answer:
    found = identity.consents_of(uow, call.caller.member_id)
    return Answer(Consents(data=[ConsentWire.of(consent) for consent in found]))
