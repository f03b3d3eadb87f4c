"""Who listens to webhooks: endpoints, what they hear of, and their secrets. All of it is an admin's, and recorded."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialshop.audit import service as audit
from socialshop.infra import wired
from socialshop.infra.safe import Safe, safe_for
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.time import to_text
from socialshop.notifications import signing
from socialshop.notifications.addresses import check_url
from socialshop.notifications.catalogue import EVENT_TYPES
from socialshop.notifications.events import WebhooksDue
from socialshop.notifications.store import endpoints
from socialshop.notifications.store import webhooks as store
from socialshop.notifications.store.endpoints import Endpoint
from socialshop.notifications.store.webhooks import DeliveryRow, Replay

ENDPOINT_PREFIX, DELIVERY_PREFIX, EVENT_PREFIX = "whk", "whd", "evt"
LONGEST_LABEL = 100
# What one call may change and lock.
REPLAYED_AT_ONCE = 1_000
# As long as somebody needs to put the new secret everywhere.
_FORMER_SECRET_LASTS = timedelta(hours=24)
_BY_AN_ADMIN = "by an admin"


@dataclass(frozen=True, slots=True)
class ToldSecret:
    """An endpoint, and its secret as it is told this once."""

    endpoint: Endpoint
    secret: str


def safe() -> Safe:
    """Seals and opens the secrets of endpoints. Needs an app context."""
    return safe_for("webhook secrets")


def add_endpoint(uow: UnitOfWork, actor: uuid.UUID, url: str, label: str, event_types: Collection[str]) -> ToldSecret:
    """Tell this address of events of these types. Raises InvalidValue (url, event_types)."""
    endpoint_id, secret = new_id(), signing.new_secret()
    values = {
        "id": endpoint_id,
        "url": check_url(url, to_loopback=wired.settings().webhooks_to_loopback),
        "label": label.strip()[:LONGEST_LABEL],
        "event_types": _known(event_types),
        "sealed_secret": safe().seal(endpoint_id, secret),
        "created_at": uow.now,
    }
    endpoints.add_endpoint(uow.session, values)
    _record(uow, actor, "added", endpoint_id, url=url, event_types=values["event_types"])
    return ToldSecret(endpoint_of(uow, endpoint_id), signing.secret_text(secret))


def change_address(uow: UnitOfWork, actor: uuid.UUID, endpoint_id: uuid.UUID, url: str) -> Endpoint:
    """Tell the endpoint at this address from now on, what waits included. Raises NotFound, InvalidValue (url).

    What failed at the former address is no failure of this one.
    """
    former = endpoint_of(uow, endpoint_id).url
    checked = check_url(url, to_loopback=wired.settings().webhooks_to_loopback)
    if checked != former:
        endpoints.set_url(uow.session, endpoint_id, checked)
        _record(uow, actor, "moved", endpoint_id, url=checked, former=former)
    return endpoint_of(uow, endpoint_id)


def remove_endpoint(uow: UnitOfWork, actor: uuid.UUID, endpoint_id: uuid.UUID) -> None:
    """Forget the endpoint, its secrets, what it was told and what waits for it. Raises NotFound."""
    url = endpoint_of(uow, endpoint_id).url
    if not endpoints.remove(uow.session, endpoint_id):
        raise NotFound("no such endpoint")
    _record(uow, actor, "removed", endpoint_id, url=url)


def choose_types(uow: UnitOfWork, actor: uuid.UUID, endpoint_id: uuid.UUID, event_types: Collection[str]) -> Endpoint:
    """Tell the endpoint of these types from now on. Raises NotFound, InvalidValue."""
    endpoint_of(uow, endpoint_id)
    known = _known(event_types)
    endpoints.set_types(uow.session, endpoint_id, known)
    _record(uow, actor, "changed", endpoint_id, event_types=known)
    return endpoint_of(uow, endpoint_id)


def change_secret(uow: UnitOfWork, actor: uuid.UUID, endpoint_id: uuid.UUID) -> ToldSecret:
    """A new secret; for a day messages are signed by the former one too. Raises NotFound."""
    endpoint_of(uow, endpoint_id)
    secret = signing.new_secret()
    until = uow.now + _FORMER_SECRET_LASTS
    endpoints.change_secret(uow.session, endpoint_id, safe().seal(endpoint_id, secret), until)
    _record(uow, actor, "secret_changed", endpoint_id, former_until=to_text(until))
    return ToldSecret(endpoint_of(uow, endpoint_id), signing.secret_text(secret))


def disable_endpoint(uow: UnitOfWork, actor: uuid.UUID, endpoint_id: uuid.UUID) -> Endpoint:
    """Tell the endpoint nothing more; what waits for it stays. Raises NotFound."""
    endpoint_of(uow, endpoint_id)
    if endpoints.disable(uow.session, [endpoint_id], _BY_AN_ADMIN, uow.now):
        _record(uow, actor, "disabled", endpoint_id)
    return endpoint_of(uow, endpoint_id)


def enable_endpoint(uow: UnitOfWork, actor: uuid.UUID, endpoint_id: uuid.UUID) -> Endpoint:
    """Tell the endpoint again, and what waited. Raises NotFound."""
    endpoint_of(uow, endpoint_id)
    if endpoints.enable(uow.session, endpoint_id, uow.now):
        _record(uow, actor, "enabled", endpoint_id)
        uow.emit(WebhooksDue())
    return endpoint_of(uow, endpoint_id)


def replay_delivery(uow: UnitOfWork, actor: uuid.UUID, delivery_id: uuid.UUID) -> DeliveryRow:
    """Tell it once more, under the same id; one that waits anyway stays as it is. Raises NotFound."""
    if store.replay_one(uow.session, delivery_id, uow.now):
        target = to_public(DELIVERY_PREFIX, delivery_id)
        audit.record(uow, actor=actor, action="webhook.replayed", target=target, facts={})
        uow.emit(WebhooksDue())
    return delivery_of(uow, delivery_id)


def replay_range(
    uow: UnitOfWork, actor: uuid.UUID, endpoint_id: uuid.UUID, since: datetime, until: datetime, *, failed_only: bool
) -> Replay:
    """Tell the endpoint once more what happened from `since` on and before `until`, a thousand events a call.

    Raises NotFound, InvalidValue (until).
    """
    endpoint_of(uow, endpoint_id)
    if until <= since:
        raise InvalidValue("the end must be later than the beginning", field="until")
    told = store.replay_range(
        uow.session, endpoint_id, since, until, uow.now, failed_only=failed_only, limit=REPLAYED_AT_ONCE
    )
    _record(uow, actor, "replayed", endpoint_id, since=to_text(since), until=to_text(until), queued=told.queued)
    if told.queued:
        uow.emit(WebhooksDue())
    return told


def list_endpoints(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> Sequence[Endpoint]:
    """Up to `limit` endpoints, the newest first."""
    return endpoints.endpoints(uow.session, before, limit)


def endpoint_of(uow: UnitOfWork, endpoint_id: uuid.UUID) -> Endpoint:
    """One endpoint. Raises NotFound."""
    found = endpoints.endpoint(uow.session, endpoint_id)
    if found is None:
        raise NotFound("no such endpoint")
    return found


def list_deliveries(
    uow: UnitOfWork, endpoint_id: uuid.UUID | None, status: str | None, before: uuid.UUID | None, limit: int
) -> Sequence[DeliveryRow]:
    """Up to `limit` deliveries, the newest first."""
    return store.deliveries(uow.session, endpoint_id, status, before, limit)


def delivery_of(uow: UnitOfWork, delivery_id: uuid.UUID) -> DeliveryRow:
    """One delivery. Raises NotFound."""
    found = store.delivery(uow.session, delivery_id)
    if found is None:
        raise NotFound("no such delivery")
    return found


def _known(event_types: Collection[str]) -> list[str]:
    """The types in their order. Raises InvalidValue (event_types) for none, and for one that there is not."""
    if not event_types or set(event_types) - set(EVENT_TYPES):
        raise InvalidValue("choose at least one of the types of events that there are", field="event_types")
    return [name for name in EVENT_TYPES if name in event_types]


def _record(uow: UnitOfWork, actor: uuid.UUID, deed: str, endpoint_id: uuid.UUID, **facts: object) -> None:
    target = to_public(ENDPOINT_PREFIX, endpoint_id)
    audit.record(uow, actor=actor, action=f"webhook_endpoint.{deed}", target=target, facts=facts)
