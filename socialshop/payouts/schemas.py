"""Wire shapes of payouts. The account in full is in none of them: the last four characters, at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from socialshop.audit.service import StoredEntry
from socialshop.kernel.currencies import exponent_of
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import MAX_AMOUNT_MINOR
from socialshop.payouts.rules import LONGEST_ACCOUNT, LONGEST_HOLDER
from socialshop.payouts.service import (
    LARGEST_BATCH,
    Batch,
    BatchView,
    Destination,
    Evidence,
    PaidPart,
    Request,
    Statement,
)
from socialshop.web.paging import PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

ChannelName = Literal["bank", "alipay", "wechat"]
Status = Literal["submitted", "approved", "held", "rejected", "cancelled", "batched", "paid", "failed"]
PublicId = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


def _known(currency: str) -> str:
    try:
        exponent_of(currency)
    except InvalidValue as error:
        raise ValueError(error.detail) from None
    return currency


Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(_known)]

_DESTINATION = {
    "id": "pod_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "channel": "bank",
    "holder": "林小满",
    "account_last4": "3000",
    "created_at": "2026-01-31T12:00:00Z",
}
_REQUEST: dict[str, Any] = {
    "id": "por_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "submitted",
    "amount": {"amount_minor": 4200, "currency": "CNY"},
    "channel": "bank",
    "destination_id": "pod_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "holder": "林小满",
    "account_last4": "3000",
    "submitted_at": "2026-01-31T12:00:00Z",
    "decided_at": None,
    "reason": None,
    "ended_at": None,
    "reference": None,
}
_QUEUED = {
    **_REQUEST,
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "member_name": "林小满",
    "batch_id": None,
}
_ACCRUAL = {
    "id": "acr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "order_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "kind": "sale",
    "level": 1,
    "status": "settled",
    "settled_at": "2026-01-30T12:00:00Z",
    "amount": {"amount_minor": 159, "currency": "CNY"},
    "part": {"amount_minor": 159, "currency": "CNY"},
}
_BATCH: dict[str, Any] = {
    "id": "pob_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "frozen",
    "channel": "bank",
    "total": {"amount_minor": 4200, "currency": "CNY"},
    "item_count": 1,
    "content_hash": "9f2c4f3a5d1c7e806b54a1c9e0d2f7384b6a5968d7c0e1f2a3b4c5d6e7f80912",
    "created_by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "created_at": "2026-01-31T12:00:00Z",
    "released_by": None,
    "released_at": None,
}
_ITEM = {
    "request_id": "por_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "amount": {"amount_minor": 4200, "currency": "CNY"},
    "status": "batched",
    "reference": None,
}


class NewDestination(Wire):
    """Where payouts may go: an IBAN or card number, an Alipay account, a WeChat id."""

    model_config = with_example({"channel": "bank", "holder": "林小满", "account": "DE89370400440532013000"})

    channel: ChannelName
    holder: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_HOLDER)]
    account: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ACCOUNT)] = Field(repr=False)


class DestinationWire(Wire):
    """A destination, with the last four characters of its account."""

    model_config = with_example(_DESTINATION)

    id: str
    channel: str
    holder: str
    account_last4: str
    created_at: Instant

    @classmethod
    def of(cls, destination: Destination) -> DestinationWire:
        """The wire form of a destination."""
        said = destination._asdict()
        return cls(**{**said, "id": to_public("pod", destination.id)})


class Destinations(Wire):
    """All destinations of a member."""

    model_config = with_example({"data": [_DESTINATION], "next_cursor": None})

    data: list[DestinationWire]
    next_cursor: None = None


class NewRequest(Wire):
    """How much to pay out, and where to; the shop's currency if none is given."""

    model_config = with_example({"amount_minor": 4200, "destination_id": "pod_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    amount_minor: Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
    destination_id: PublicId
    currency: Currency | None = None


class RequestWire(Wire):
    """A payout request, as its member sees it."""

    model_config = with_example(_REQUEST)

    id: str
    status: str
    amount: MoneyWire
    channel: str
    destination_id: str
    holder: str
    account_last4: str
    submitted_at: Instant
    decided_at: Instant | None
    reason: str | None
    ended_at: Instant | None
    reference: str | None

    @classmethod
    def of(cls, request: Request) -> RequestWire:
        """The wire form of a request."""
        return cls(**_request(request))


class QueuedRequest(RequestWire):
    """A payout request, as those see it who decide."""

    model_config = with_example(_QUEUED)

    member_id: str
    member_name: str | None
    batch_id: str | None

    @classmethod
    def of(cls, request: Request) -> QueuedRequest:
        """The wire form of a request."""
        return cls(**_queued(request))


class QueueQuery(PageQuery):
    """Which requests."""

    status: Status | None = Field(None, description="only those in this status")


class AccrualPart(Wire):
    """A commission behind a request, and how much of it the request takes."""

    model_config = with_example(_ACCRUAL)

    id: str
    order_id: str
    kind: str
    level: int
    status: str
    settled_at: Instant
    amount: MoneyWire
    part: MoneyWire

    @classmethod
    def of(cls, part: PaidPart, currency: str) -> AccrualPart:
        """The wire form of a part."""
        return cls(
            id=to_public("acr", part.accrual_id),
            order_id=to_public("ord", part.order_id),
            kind=part.kind,
            level=part.level,
            status=part.status,
            settled_at=part.settled_at,
            amount=MoneyWire(amount_minor=part.amount_minor, currency=currency),
            part=MoneyWire(amount_minor=part.part_minor, currency=currency),
        )


class StatusSumWire(Wire):
    """The member's other requests in one status."""

    status: str
    requests: int
    amount: MoneyWire


class DestinationUse(Wire):
    """How the destination stands: since when, and how many other members have the same account."""

    created_at: Instant
    shared_with: int


class RefundHistory(Wire):
    """How much of the member's commission was taken back because goods were."""

    accruals: int
    reversed: int
    reversed_amount: MoneyWire


class HistoryEntry(Wire):
    """What was done to the request, by whom."""

    at: Instant
    by: str | None
    action: str
    facts: dict[str, Any]


class EvidenceWire(QueuedRequest):
    """A request with what stands beside it; `accruals` shows the first 200, `findings` what the shop's judges found."""

    model_config = with_example(
        {
            **_QUEUED,
            "accruals": [_ACCRUAL],
            "findings": [],
            "destination": {"created_at": "2026-01-31T12:00:00Z", "shared_with": 0},
            "other_requests": [{"status": "paid", "requests": 1, "amount": {"amount_minor": 900, "currency": "CNY"}}],
            "refund_history": {
                "accruals": 12,
                "reversed": 1,
                "reversed_amount": {"amount_minor": 80, "currency": "CNY"},
            },
            "history": [
                {
                    "at": "2026-01-31T12:00:00Z",
                    "by": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
                    "action": "payout.submitted",
                    "facts": {"amount_minor": 4200, "currency": "CNY", "channel": "bank"},
                }
            ],
        }
    )

    accruals: list[AccrualPart]
    findings: list[str]
    destination: DestinationUse
    other_requests: list[StatusSumWire]
    refund_history: RefundHistory
    history: list[HistoryEntry]

    @classmethod
    def of_evidence(cls, evidence: Evidence) -> EvidenceWire:
        """The wire form of what stands beside a request."""
        currency = evidence.request.currency

        def money(amount_minor: int) -> MoneyWire:
            return MoneyWire(amount_minor=amount_minor, currency=currency)

        reversals = evidence.reversals
        return cls(
            **_queued(evidence.request),
            accruals=_parts(evidence.accruals, currency),
            findings=[],
            destination=DestinationUse(**evidence.destination._asdict()),
            other_requests=[
                StatusSumWire(status=one.status, requests=one.requests, amount=money(one.amount_minor))
                for one in evidence.others
            ],
            refund_history=RefundHistory(
                accruals=reversals.accruals,
                reversed=reversals.reversed,
                reversed_amount=money(reversals.reversed_minor),
            ),
            history=[_history(entry) for entry in evidence.history],
        )


class StatementWire(RequestWire):
    """A payout and the commissions that it was paid from."""

    model_config = with_example({**_REQUEST, "status": "paid", "accruals": [{**_ACCRUAL, "status": "paid_out"}]})

    accruals: list[AccrualPart]

    @classmethod
    def of_statement(cls, statement: Statement) -> StatementWire:
        """The wire form of a statement."""
        request = statement.request
        return cls(**_request(request), accruals=_parts(statement.accruals, request.currency))


class Approval(Wire):
    """An approval, with a word about it if there is one to say."""

    model_config = with_example({"reason": "known seller, first payout looked at"})

    reason: Reason | None = None


class Refusal(Wire):
    """Why a request is rejected or held."""

    model_config = with_example({"reason": "the account belongs to somebody else"})

    reason: Reason


class NewBatch(Wire):
    """Through which channel to pay what is approved; the shop's currency if none is given."""

    model_config = with_example({"channel": "bank"})

    channel: ChannelName
    currency: Currency | None = None


class BatchSummary(Wire):
    """A batch: what was frozen, and by whom it was made and released."""

    model_config = with_example(_BATCH)

    id: str
    status: str
    channel: str
    total: MoneyWire
    item_count: int
    content_hash: str
    created_by: str
    created_at: Instant
    released_by: str | None
    released_at: Instant | None

    @classmethod
    def of(cls, batch: Batch) -> BatchSummary:
        """The wire form of a batch without its items."""
        return cls(**_batch(batch))


class ItemWire(Wire):
    """One request of a batch."""

    model_config = with_example(_ITEM)

    request_id: str
    amount: MoneyWire
    status: str
    reference: str | None


class BatchWire(BatchSummary):
    """A batch with its items."""

    model_config = with_example({**_BATCH, "items": [_ITEM]})

    items: list[ItemWire]

    @classmethod
    def of_view(cls, view: BatchView) -> BatchWire:
        """The wire form of a batch with its items."""
        currency = view.batch.currency
        items = [
            ItemWire(
                request_id=to_public("por", item.request_id),
                amount=MoneyWire(amount_minor=item.amount_minor, currency=currency),
                status=item.status,
                reference=item.reference,
            )
            for item in view.items
        ]
        return cls(**_batch(view.batch), items=items)


class FileQuery(Wire):
    """In which form."""

    format: Literal["csv", "pain001"] = Field("csv", description="csv; pain001 is refused, no bank profile is set up")


class ResultWire(Wire):
    """What the channel said of one request."""

    request_id: PublicId
    outcome: Literal["paid", "failed"]
    reference: Annotated[str, StringConstraints(min_length=1, max_length=140)] | None = None


class Results(Wire):
    """What the channel said."""

    model_config = with_example(
        {"results": [{"request_id": "por_01k9w3q2mxe5tb6v8c4yd7r1hz", "outcome": "paid", "reference": "20260131-7"}]}
    )

    results: Annotated[list[ResultWire], Field(min_length=1, max_length=LARGEST_BATCH)]


def _request(request: Request) -> dict[str, Any]:
    shown = ("status", "channel", "holder", "account_last4", "reason", "reference")
    at = ("submitted_at", "decided_at", "ended_at")
    return {
        **{name: getattr(request, name) for name in (*shown, *at)},
        "id": to_public("por", request.id),
        "destination_id": to_public("pod", request.destination_id),
        "amount": MoneyWire(amount_minor=request.amount_minor, currency=request.currency),
    }


def _queued(request: Request) -> dict[str, Any]:
    return {
        **_request(request),
        "member_id": to_public("mbr", request.member_id),
        "member_name": request.member_name,
        "batch_id": to_public("pob", request.batch_id) if request.batch_id else None,
    }


def _batch(batch: Batch) -> dict[str, Any]:
    return {
        "id": to_public("pob", batch.id),
        "status": batch.status,
        "channel": batch.channel,
        "total": MoneyWire(amount_minor=batch.total_minor, currency=batch.currency),
        "item_count": batch.item_count,
        "content_hash": batch.content_hash.hex(),
        "created_by": to_public("mbr", batch.created_by),
        "created_at": batch.created_at,
        "released_by": to_public("mbr", batch.released_by) if batch.released_by else None,
        "released_at": batch.released_at,
    }


def _parts(parts: Sequence[PaidPart], currency: str) -> list[AccrualPart]:
    return [AccrualPart.of(part, currency) for part in parts]


def _history(entry: StoredEntry) -> HistoryEntry:
    by = to_public("mbr", entry.actor) if entry.actor else None
    return HistoryEntry(at=entry.recorded_at, by=by, action=entry.action, facts=entry.facts)
