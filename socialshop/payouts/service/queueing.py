"""The queue of who decides: what waits, since when, and what was noticed about it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.infra.uow import UnitOfWork
from socialshop.payouts.store import review as store
from socialshop.payouts.store.requests import Request
from socialshop.payouts.store.review import Beside, Neighbours, WaitingSum, Wanted

# A person has to decide about these.
UNDECIDED = ("submitted", "held")


@dataclass(frozen=True, slots=True)
class Queued:
    """A request with what stands beside it."""

    request: Request
    beside: Beside


def queue(uow: UnitOfWork, wanted: Wanted, *, limit: int, after: uuid.UUID | None) -> list[Queued]:
    """Up to `limit` requests beyond `after`. Two statements, whatever the number."""
    requests = store.queue(uow.session, wanted, limit=limit, after=after, now=uow.now)
    found = {one.id: one for one in store.beside(uow.session, [request.id for request in requests], uow.now)}
    return [Queued(request, found[request.id]) for request in requests]


def neighbours(uow: UnitOfWork, request_id: uuid.UUID) -> Neighbours:
    """Which undecided requests come before and after one. One statement."""
    return store.neighbours(uow.session, request_id, UNDECIDED)


def waiting_sums(uow: UnitOfWork, statuses: Sequence[str]) -> list[WaitingSum]:
    """What is in these statuses, by status, channel and currency. One statement."""
    return store.waiting_sums(uow.session, statuses)
