"""Requests as those see them who decide: the queue, the evidence, decisions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.audit.service import StoredEntry
from socialshop.kernel.ids import to_public
from socialshop.notifications.reasons import REASONS, PayoutReason
from socialshop.payouts.schemas.requests import ACCRUAL, REQUEST, AccrualPart, RequestWire, parts_wire, request_fields
from socialshop.payouts.service import (
    Evidence,
    Request,
)
from socialshop.screening.service import StoredFinding
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, absent, with_example

Status = Literal["submitted", "approved", "held", "rejected", "cancelled", "batched", "paid", "failed", "returned"]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
# A text on the wire: strict would ask for a member of the list.
Reason = Annotated[PayoutReason, Field(strict=False)]
_REASON = {
    "code": "account_of_another",
    "en": REASONS[PayoutReason.ACCOUNT_OF_ANOTHER].english,
    "zh": REASONS[PayoutReason.ACCOUNT_OF_ANOTHER].chinese,
    "holds": True,
    "rejects": True,
}
_QUEUED = {
    **REQUEST,
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "member_name": "林小满",
    "batch_id": None,
}


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


class Queue(Page[QueuedRequest]):
    """Requests, oldest first."""

    model_config = with_example({"data": [_QUEUED], "next_cursor": None})


class QueueQuery(PageQuery):
    """Which requests: of any status if it is absent."""

    status: Status = absent()


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


class FindingWire(Wire):
    """What the shop noticed about the request, and what shows it."""

    code: str
    severity: Literal["info", "warning", "severe"]
    evidence: dict[str, Any]
    at: Instant

    @classmethod
    def of(cls, finding: StoredFinding) -> FindingWire:
        """The wire form of a finding."""
        return cls.model_validate(
            {
                "code": finding.code,
                "severity": finding.severity,
                "evidence": finding.evidence,
                "at": finding.found_at,
            }
        )


class HistoryEntry(Wire):
    """What was done to the request, by whom."""

    at: Instant
    by: str | None
    action: str
    facts: dict[str, Any]


class EvidenceWire(QueuedRequest):
    """A request with what stands beside it; `accruals` shows the first 200, `findings` what the shop noticed."""

    model_config = with_example(
        {
            **_QUEUED,
            "accruals": [ACCRUAL],
            "findings": [
                {
                    "code": "clawback_owed",
                    "severity": "warning",
                    "evidence": {
                        "refund": "rfd_01k9w3q2mxe5tb6v8c4yd7r1hz",
                        "order": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
                        "owed_minor": 420,
                        "currency": "CNY",
                    },
                    "at": "2026-02-03T12:00:00Z",
                }
            ],
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
    findings: list[FindingWire]
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
            accruals=parts_wire(evidence.accruals, currency),
            findings=[FindingWire.of(finding) for finding in evidence.findings],
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


class Approval(Wire):
    """An approval, with a word for colleagues if there is one to say."""

    model_config = with_example({"note": "known seller, first payout looked at"})

    note: Note = absent()


class Refusal(Wire):
    """Why a request is rejected or held: of the published list, in the member's language; and a word for colleagues."""

    model_config = with_example({"reason": "account_of_another", "note": "the holder is the sponsor's wife"})

    reason: Reason
    note: Note = absent()


class ReasonWire(Wire):
    """A reason of the list, as a member reads it."""

    model_config = with_example(_REASON)

    code: PayoutReason
    en: str
    zh: str
    holds: bool
    rejects: bool


class Reasons(Wire):
    """Why payouts are held or refused."""

    model_config = with_example({"data": [_REASON]})

    data: list[ReasonWire]

    @classmethod
    def all(cls) -> Reasons:
        """The whole list."""
        return cls(
            data=[
                ReasonWire(code=code, en=words.english, zh=words.chinese, holds=words.holds, rejects=words.rejects)
                for code, words in REASONS.items()
            ]
        )


def _queued(request: Request) -> dict[str, Any]:
    return {
        **request_fields(request),
        "member_id": to_public("mbr", request.member_id),
        "member_name": request.member_name,
        "batch_id": to_public("pob", request.batch_id) if request.batch_id else None,
    }


def _history(entry: StoredEntry) -> HistoryEntry:
    by = to_public("mbr", entry.actor) if entry.actor else None
    return HistoryEntry(at=entry.recorded_at, by=by, action=entry.action, facts=entry.facts)
