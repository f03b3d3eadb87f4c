"""Payouts over HTTP, for who decides: the queue, batches, files, results. Finance reads all of it and moves nothing."""

from __future__ import annotations

from socialshop.infra import wired
from socialshop.infra.csvfile import FileRefused
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import from_public
from socialshop.payouts import service
from socialshop.payouts.errors import (
    BatchChanged,
    BatchNotReleased,
    CaseClaimed,
    MoneyHeld,
    NothingToPay,
    PayeeDecided,
    PayeeUnverified,
    PayoutFileRefused,
    PayoutNotOpen,
    ReleasedByApprover,
    ReleasedByRequester,
    ResultConflict,
    ResultsRefused,
    SelfApproval,
)
from socialshop.payouts.rules import Channel
from socialshop.payouts.schemas.batches import (
    BatchPage,
    BatchSummary,
    BatchWire,
    FileQuery,
    NewBatch,
    Results,
    ResultsFile,
)
from socialshop.payouts.schemas.payees import ListedPayee, PayeeDecision, PayeePage, PayeeQuery
from socialshop.payouts.schemas.review import Approval, EvidenceWire, Queue, QueuedRequest, QueueQuery, Refusal
from socialshop.payouts.service import Outcome
from socialshop.payouts.transfers import transfer_gateways
from socialshop.web.auth import ADMINS, READS_ALL, SIGNERS, StepUpRequired
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("payouts_admin", __name__, tag="Payout review")

_REQUEST = {"request_id": "por"}
_BATCH = {"batch_id": "pob"}
_DECIDED = Reply(200, QueuedRequest, "Decided; the same decision again changes nothing.")


@room.operation(
    "GET",
    "/admin/payout-requests",
    access=READS_ALL,
    query=QueueQuery,
    replies=Reply(200, Queue, "Payout requests."),
)
def list_payout_requests(call: Call[Nothing, QueueQuery]) -> Answer:
    """The queue of payout requests, oldest first."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        rows = service.page_of(uow, limit=query.limit, after=after, status=query.status or None)
        shown, cursor = cut_page(rows, query.limit, lambda row: row.id)
        return Answer(Queue(data=[QueuedRequest.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/payout-requests/<request_id>",
    access=READS_ALL,
    ids=_REQUEST,
    sees="request_id",
    replies=Reply(200, EvidenceWire, "The request with its evidence."),
    isolation="REPEATABLE READ",
)
def show_payout_request(call: Call[Nothing, Nothing]) -> Answer:
    """A payout request with what stands beside it: commissions, destination, other requests, refunds, history."""
    return call.transact(lambda uow: Answer(EvidenceWire.of_evidence(service.evidence(uow, call.ids["request_id"]))))


@room.operation(
    "POST",
    "/admin/payout-requests/<request_id>/approve",
    access=SIGNERS,
    ids=_REQUEST,
    body=Approval,
    replies=_DECIDED,
    refuses=(StepUpRequired, SelfApproval, PayoutNotOpen, CaseClaimed, PayeeUnverified, MoneyHeld),
)
def approve_payout_request(call: Call[Approval, Nothing]) -> Answer:
    """Approve a payout request: the next batch of its channel takes it."""

    def approve(uow: UnitOfWork) -> Answer:
        actor, request_id = call.caller.member_id, call.ids["request_id"]
        decided = service.approve(uow, actor=actor, request_id=request_id, note=call.body.note or None)
        return Answer(QueuedRequest.of(decided))

    return call.transact(approve)


@room.operation(
    "POST",
    "/admin/payout-requests/<request_id>/reject",
    access=ADMINS,
    ids=_REQUEST,
    body=Refusal,
    replies=_DECIDED,
    refuses=(SelfApproval, PayoutNotOpen, CaseClaimed),
)
def reject_payout_request(call: Call[Refusal, Nothing]) -> Answer:
    """Reject a payout request: its money is available to the member again."""

    def reject(uow: UnitOfWork) -> Answer:
        actor, request_id = call.caller.member_id, call.ids["request_id"]
        said = call.body
        decided = service.reject(uow, actor=actor, request_id=request_id, reason=said.reason, note=said.note or None)
        return Answer(QueuedRequest.of(decided))

    return call.transact(reject)


@room.operation(
    "POST",
    "/admin/payout-requests/<request_id>/hold",
    access=ADMINS,
    ids=_REQUEST,
    body=Refusal,
    replies=_DECIDED,
    refuses=(SelfApproval, PayoutNotOpen, CaseClaimed),
)
def hold_payout_request(call: Call[Refusal, Nothing]) -> Answer:
    """Set a payout request aside: no batch takes it, its money stays reserved."""

    def hold(uow: UnitOfWork) -> Answer:
        actor, request_id = call.caller.member_id, call.ids["request_id"]
        said = call.body
        decided = service.hold(uow, actor=actor, request_id=request_id, reason=said.reason, note=said.note or None)
        return Answer(QueuedRequest.of(decided))

    return call.transact(hold)


@room.operation(
    "GET", "/admin/payees", access=READS_ALL, query=PayeeQuery, replies=Reply(200, PayeePage, "Names of payees.")
)
def list_payees(call: Call[Nothing, PayeeQuery]) -> Answer:
    """Names of members who are paid; `unclear` are those that wait for a person."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        rows = service.payees(uow, status=query.status or None, limit=query.limit, after=after)
        shown, cursor = cut_page(rows, query.limit, lambda row: row.member_id)
        return Answer(PayeePage(data=[ListedPayee.of_payee(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/payees/<member_id>/decision",
    access=ADMINS,
    ids={"member_id": "mbr"},
    body=PayeeDecision,
    replies=Reply(200, ListedPayee, "Decided; the same decision again changes nothing."),
    refuses=(SelfApproval, PayeeDecided),
)
def decide_payee(call: Call[PayeeDecision, Nothing]) -> Answer:
    """Say whether a name is the member's, where the provider could not, or was wrong."""
    actor, member_id, body = call.caller.member_id, call.ids["member_id"], call.body

    def decide(uow: UnitOfWork) -> Answer:
        decided = service.decide_payee(
            uow, actor=actor, member_id=member_id, decision=body.decision, reason=body.reason
        )
        return Answer(ListedPayee.of_payee(decided))

    return call.transact(decide)


@room.operation(
    "POST",
    "/admin/payout-batches",
    access=ADMINS,
    body=NewBatch,
    replies=Reply(201, BatchWire, "What is to be paid, frozen."),
    refuses=(NothingToPay,),
    idempotency=Idempotency.REQUIRED,
)
def create_payout_batch(call: Call[NewBatch, Nothing]) -> Answer:
    """Take up to 1,000 approved requests of a channel, oldest first, into a batch and freeze it."""
    currency = call.body.currency or wired.settings().currency

    def create(uow: UnitOfWork) -> Answer:
        channel = Channel(call.body.channel)
        made = service.create_batch(uow, actor=call.caller.member_id, channel=channel, currency=currency)
        return Answer(BatchWire.of_view(made), 201)

    return call.transact(create)


@room.operation(
    "GET",
    "/admin/payout-batches",
    access=READS_ALL,
    query=PageQuery,
    replies=Reply(200, BatchPage, "Batches."),
)
def list_payout_batches(call: Call[Nothing, PageQuery]) -> Answer:
    """All batches, newest first."""
    after, limit = call.query.after(), call.query.limit

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(service.batches(uow, limit=limit, after=after), limit, lambda batch: batch.id)
        return Answer(BatchPage(data=[BatchSummary.of(batch) for batch in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/payout-batches/<batch_id>",
    access=READS_ALL,
    ids=_BATCH,
    sees="batch_id",
    replies=Reply(200, BatchWire, "The batch."),
)
def show_payout_batch(call: Call[Nothing, Nothing]) -> Answer:
    """A batch and its items."""
    return call.transact(lambda uow: Answer(BatchWire.of_view(service.show_batch(uow, call.ids["batch_id"]))))


@room.operation(
    "POST",
    "/admin/payout-batches/<batch_id>/release",
    access=SIGNERS,
    ids=_BATCH,
    replies=Reply(200, BatchWire, "The money may go; again changes nothing."),
    refuses=(StepUpRequired, ReleasedByApprover, ReleasedByRequester, MoneyHeld, BatchChanged),
    idempotency=Idempotency.REQUIRED,
)
def release_payout_batch(call: Call[Nothing, Nothing]) -> Answer:
    """Release a batch, as somebody who approved none of its requests and asked for none of them."""

    def release(uow: UnitOfWork) -> Answer:
        actor, batch_id = call.caller.member_id, call.ids["batch_id"]
        released = service.release_batch(uow, actor=actor, batch_id=batch_id, by_provider=transfer_gateways())
        return Answer(BatchWire.of_view(released))

    return call.transact(release)


@room.operation(
    "GET",
    "/admin/payout-batches/<batch_id>/file",
    access=READS_ALL,
    ids=_BATCH,
    sees="batch_id",
    query=FileQuery,
    replies=(
        Reply(200, None, "A line or a transfer an item, accounts in full.", media_type="text/csv"),
        Reply(200, None, "The same as a bank's file.", media_type="application/xml"),
    ),
    refuses=(BatchNotReleased, BatchChanged, PayoutFileRefused),
)
def download_payout_file(call: Call[Nothing, FileQuery]) -> Answer:
    """The file for the channel, of a released batch. Who takes it is recorded.

    `pain001` is for bank accounts with an IBAN, once the shop's own account is set up.
    """

    def read(uow: UnitOfWork) -> Answer:
        actor, batch_id = call.caller.member_id, call.ids["batch_id"]
        if call.query.format == "pain001":
            file = service.bank_file(uow, actor=actor, batch_id=batch_id, settings=wired.settings())
        else:
            file = service.frozen_file(uow, actor=actor, batch_id=batch_id)
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
        return Answer(file.content, media_type=file.media_type, headers=headers)

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/payout-batches/<batch_id>/results",
    access=ADMINS,
    ids=_BATCH,
    body=Results,
    replies=Reply(200, BatchWire, "The batch with its results; the same again changes nothing."),
    refuses=(BatchNotReleased, ResultConflict, SelfApproval),
)
def record_payout_results(call: Call[Results, Nothing]) -> Answer:
    """Say what the channel did with each item: paid, or failed and the money is available to the member again.

    What was paid may come back later from the bank: say `returned`, and the money is in the member's wallet.
    """
    results = call.body.results
    if len({result.request_id for result in results}) < len(results):
        raise InvalidValue("a request is named more than once", field="results")

    def take(uow: UnitOfWork) -> Answer:
        outcomes = [
            Outcome(from_public("por", one.request_id), one.outcome, one.reference or None, one.reason or None)
            for one in results
        ]
        batch_id = call.ids["batch_id"]
        view = service.record_results(uow, actor=call.caller.member_id, batch_id=batch_id, outcomes=outcomes)
        return Answer(BatchWire.of_view(view))

    return call.transact(take)


@room.operation(
    "POST",
    "/admin/payout-batches/<batch_id>/results-file",
    access=ADMINS,
    ids=_BATCH,
    body=ResultsFile,
    replies=Reply(200, BatchWire, "The batch with its results; the same again changes nothing."),
    refuses=(BatchNotReleased, FileRefused, ResultsRefused, SelfApproval),
)
def record_payout_results_file(call: Call[ResultsFile, Nothing]) -> Answer:
    """The same from a bank's table: all lines of it are taken, or none and each bad line is named."""

    def take(uow: UnitOfWork) -> Answer:
        batch_id, content = call.ids["batch_id"], call.body.csv.encode()
        view = service.record_results_file(uow, actor=call.caller.member_id, batch_id=batch_id, content=content)
        return Answer(BatchWire.of_view(view))

    return call.transact(take)
