"""Telling other systems what happened: from the outbox into a queue, and from the queue to each endpoint.

At least once: the `webhook-id` is the event's own on every attempt and replay, and a receiver tells by it what it knows
already. What fails is tried again later each time, for three days; an endpoint that took nothing in all that time is
told nothing more, and the shop's admins hear of it. No order is promised.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from socialshop.identity import service as identity
from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideQueue, Refused
from socialshop.infra.safe import Safe
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.notifications import signing
from socialshop.notifications.catalogue import EVENT_TYPES
from socialshop.notifications.events import WebhooksDue
from socialshop.notifications.gateway import Courier
from socialshop.notifications.service.listening import ENDPOINT_PREFIX, EVENT_PREFIX, safe
from socialshop.notifications.service.telling import tell
from socialshop.notifications.store import endpoints
from socialshop.notifications.store import webhooks as store
from socialshop.notifications.store.gathering import Told
from socialshop.notifications.store.webhooks import Due, Outcome

# standard-webhooks, "Deliverability and reliability": more than a day in all, further apart each time.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
_FAILED_FOR = timedelta(days=1)
_SIDE_BY_SIDE, _OF_AN_ENDPOINT = 16, 4
# Longer than two calls one after the other may last.
_LEASE = timedelta(minutes=2)
_LEASES_A_RUN = 20
_A_STEP = 5_000
_MOST_ADMINS = 1_000
_GONE = "the endpoint said that it is gone"
_FAILING = "it took nothing for days"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery, ready to leave."""

    due: Due
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Message({self.due.id})"


def announce(event_type: str, uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow the fact of an event type: queue it for whoever listens, once. One statement where nobody does."""
    listening = store.listeners(uow.session, event_type)
    if not listening:
        return
    kind = EVENT_TYPES[event_type]
    # A fact that came twice in a batch is one all the same.
    told = {subject: data for payload in payloads for subject, data in kind.told(payload)}
    if store.add_events(uow.session, kind, list(told.items()), listening, uow.now):
        uow.emit(WebhooksDue())


def types_heard(uow: UnitOfWork) -> set[str]:
    """The types of events that somebody listens to. One statement."""
    return store.types_heard(uow.session)


def deliver_due(clock: Clock, courier: Courier) -> None:
    """Follow WebhooksDue: tell what is due, so much at most; the rest follows. Any number of times is safe."""
    queue = OutsideQueue[Message, None](
        "webhooks",
        claim=_claim,
        call=lambda message: courier.deliver(message.due.url, message.headers, message.body),
        record=_record,
        width=_SIDE_BY_SIDE,
    )
    for _ in range(_LEASES_A_RUN):
        if not queue.make(clock):
            return
    in_unit_of_work(lambda uow: uow.emit(WebhooksDue()), clock)


def poll_webhooks(uow: UnitOfWork) -> bool:
    """Say that something is due that nobody told: put off, or left by who died. For the table."""
    if store.is_any_due(uow.session, uow.now):
        uow.emit(WebhooksDue())
    return False


def forget_webhooks(uow: UnitOfWork, before: datetime) -> bool:
    """Forget what was told before then; True if there may be more."""
    return store.forget(uow.session, before, _A_STEP) == _A_STEP


def _claim(uow: UnitOfWork) -> list[Message]:
    due = store.lease(uow.session, uow.now, uow.now + _LEASE, each=_OF_AN_ENDPOINT, limit=2 * _SIDE_BY_SIDE)
    keeper = safe()
    return [_message(row, keeper, uow.now) for row in due]


def _message(row: Due, keeper: Safe, now: datetime) -> Message:
    event_id = to_public(EVENT_PREFIX, row.event_id)
    told = {"type": row.type, "version": row.version, "timestamp": to_text(row.occurred_at), "data": row.data}
    body = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
    sealed = [row.sealed_secret]
    if row.former_secret is not None and row.former_until is not None and now < row.former_until:
        sealed.append(row.former_secret)
    keys = [keeper.open(row.endpoint_id, secret) for secret in sealed]
    headers = {
        **signing.signed_headers(event_id, now, body, keys),
        "content-type": "application/json",
        "user-agent": "socialshop-webhooks/1",
    }
    return Message(row, headers, body)


Answered = Sequence[tuple[Message, OutcomeUnknown | Refused | None]]


def _record(uow: UnitOfWork, answered: Answered) -> None:
    """What came of each, how the endpoints are, and which of them are told nothing more."""
    outcomes = [_outcome(message.due, answer, uow.now) for message, answer in answered]
    store.record(uow.session, outcomes, uow.now)
    well = {message.due.endpoint_id for message, answer in answered if answer is None}
    failing = {message.due.endpoint_id for message, answer in answered if answer is not None}
    store.note_health(uow.session, well, failing, uow.now)
    gone = {message.due.endpoint_id for message, answer in answered if isinstance(answer, Refused)}
    given_up = {
        message.due.endpoint_id
        for (message, _), outcome in zip(answered, outcomes, strict=True)
        if outcome.status == "given_up"
    }
    if gone:
        _disable(uow, sorted(gone), _GONE)
    if given_up:
        _disable(uow, store.failing_before(uow.session, given_up, uow.now - _FAILED_FOR), _FAILING)


def _outcome(due: Due, answer: OutcomeUnknown | Refused | None, now: datetime) -> Outcome:
    if answer is None:
        return Outcome(due.id, "delivered", now, None)
    _log.warning("webhook failed", delivery=str(due.id), attempts=due.attempts, because=str(answer))
    if isinstance(answer, Refused) or due.attempts > len(WAITS):
        return Outcome(due.id, "given_up", now, str(answer))
    # Up to a tenth later, by the delivery's own number: what failed together does not come back together.
    spread = 1 + (due.id.int % 1_000) / 10_000
    return Outcome(due.id, "queued", now + WAITS[due.attempts - 1] * spread, str(answer))


def _disable(uow: UnitOfWork, endpoint_ids: Sequence[uuid.UUID], because: str) -> None:
    """Tell these nothing more, and every admin that it is so."""
    disabled = endpoints.disable(uow.session, endpoint_ids, because, uow.now)
    if not disabled:
        return
    admins = identity.search(uow, None, Role.ADMIN, None, _MOST_ADMINS)
    tell(
        uow,
        [
            Told(admin.number, "webhook_disabled", f"{one} {to_text(uow.now)}", None, one, _facts(one))
            for one in disabled
            for admin in admins
        ],
    )


def _facts(endpoint_id: uuid.UUID) -> dict[str, Any]:
    return {"endpoint": to_public(ENDPOINT_PREFIX, endpoint_id)}
