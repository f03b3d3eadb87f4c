"""What is shown of a request: to its member, to who reviews it, and as a statement when it is over."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.audit import service as audit
from socialshop.audit.service import StoredEntry
from socialshop.commissions import service as commissions
from socialshop.commissions.service import Reversals, Span
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.payouts import rules
from socialshop.payouts.service.moving import found
from socialshop.payouts.service.noting import with_notes
from socialshop.payouts.store import destinations as places
from socialshop.payouts.store import requests as store
from socialshop.payouts.store.destinations import Use
from socialshop.payouts.store.requests import PaidPart, Request, StatusSum
from socialshop.screening import cases
from socialshop.screening import service as screening
from socialshop.screening.cases import StoredCase
from socialshop.screening.service import StoredFinding

SHOWN_ACCRUALS = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands beside a request while somebody decides.

    `accruals` are the settled commissions behind it: first settled first, from where earlier payouts end; for a paid
    request those that it took, though it was returned since; for one that came to nothing none.
    """

    request: Request
    accruals: Sequence[PaidPart]
    destination: Use
    others: Sequence[StatusSum]
    reversals: Reversals
    findings: Sequence[StoredFinding]
    history: Sequence[StoredEntry]


@dataclass(frozen=True, slots=True)
class Statement:
    """A request with what it was paid from, for the member's own files.

    `netted_minor` of what came back paid a debt at once. The hash is over all of it, and there once it is over.
    """

    request: Request
    accruals: Sequence[PaidPart]
    netted_minor: int
    statement_hash: bytes | None


def page_of(
    uow: UnitOfWork,
    *,
    limit: int,
    after: uuid.UUID | None,
    status: str | None = None,
    member_id: uuid.UUID | None = None,
) -> list[Request]:
    """Up to `limit + 1` requests beyond `after`: a member's own newest first, all of them oldest first."""
    return store.page(uow.session, limit=limit + 1, after=after, status=status, member_id=member_id)


def own_request(uow: UnitOfWork, member_id: uuid.UUID, request_id: uuid.UUID) -> Request:
    """A member's own request. Raises NotFound for another's too."""
    request = found(uow, request_id)
    if request.member_id != member_id:
        raise NotFound("no such payout request")
    return request


def evidence(uow: UnitOfWork, request_id: uuid.UUID) -> Evidence:
    """A request with what stands beside it. A constant number of statements. Raises NotFound."""
    request = found(uow, request_id)
    return Evidence(
        request=request,
        accruals=_accruals_behind(uow, request, SHOWN_ACCRUALS),
        destination=places.use_of(uow.session, request.destination_id),
        others=store.others_of(uow.session, request),
        reversals=commissions.reversals_of(uow, request.member_number, request.currency),
        findings=[
            *screening.findings_about(uow, [to_public("por", request_id)]),
            *map(_as_finding, cases.cases_about(uow, [request.member_number])),
        ],
        history=with_notes(uow, request_id, audit.history(uow, [to_public("por", request_id)])),
    )


def sharing_an_account(uow: UnitOfWork, numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Who of these members named the same account to be paid on, a group of numbers an account."""
    return places.groups(uow.session, numbers)


def statement(uow: UnitOfWork, member_id: uuid.UUID, request_id: uuid.UUID) -> Statement:
    """A member's own request with all commissions behind it. Raises NotFound for another's too."""
    request = own_request(uow, member_id, request_id)
    parts = _accruals_behind(uow, request, None)
    netted = store.netted_of(
        uow.session, to_public("por", request_id), chart.member_receivable(request.member_number), request.currency
    )
    is_over = request.ended_at is not None
    return Statement(request, parts, netted, rules.statement_hash(_facts(request, netted), parts) if is_over else None)


def _facts(request: Request, netted_minor: int) -> Sequence[object]:
    sums = (request.amount_minor, request.tax_minor, request.fee_minor, request.net_minor, netted_minor)
    return (request.id, request.currency, request.status, *sums)


def _accruals_behind(uow: UnitOfWork, request: Request, most: int | None) -> list[PaidPart]:
    if request.status in ("paid", "returned"):
        return store.paid_parts(uow.session, request.id, most)
    if request.status not in store.OPEN:
        return []
    start = store.taken_before(uow.session, request)
    span = Span(request.id, request.member_number, start, start + request.amount_minor)
    parts = commissions.accruals_behind(uow, span, request.currency, most or SHOWN_ACCRUALS)
    return [PaidPart(*part[1:]) for part in parts]


def _as_finding(case: StoredCase) -> StoredFinding:
    """What stands about the member is shown as what was noticed about the request."""
    return StoredFinding(case.id, case.subject, case.code, case.severity, case.evidence, case.found_at)
