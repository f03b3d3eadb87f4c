"""Finding a request and moving it on: one conditional statement decides who is first."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.payouts.errors import PayoutNotOpen
from socialshop.payouts.postings import Claim
from socialshop.payouts.store import requests as store
from socialshop.payouts.store.requests import Request


def found(uow: UnitOfWork, request_id: uuid.UUID) -> Request:
    """The request of this id. Raises NotFound."""
    request = store.find(uow.session, request_id)
    if request is None:
        raise NotFound("no such payout request")
    return request


def move_on(
    uow: UnitOfWork, request: Request, to: str, *, come_from: Sequence[str], reason: str | None, ends: bool
) -> bool:
    """Move a request on; False where it is there already, so that whoever repeats changes nothing.

    Raises PayoutNotOpen where it is somewhere else by now.
    """
    if store.move(uow.session, request.id, come_from=come_from, to=to, now=uow.now, reason=reason, ends=ends):
        return True
    now = found(uow, request.id).status
    if now != to:
        raise PayoutNotOpen(f"the request is {now} by now", state=now)
    return False


def claim_of(request: Request) -> Claim:
    """The money of a request."""
    return Claim(
        request.id,
        request.member_number,
        request.amount_minor,
        request.currency,
        request.channel,
        request.tax_minor,
        request.fee_minor,
    )
