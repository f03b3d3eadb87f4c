"""Mails as the shop's own people see them: what was not sent, and why; and how much a member is told at most;
and webhooks, by which other systems are told.
"""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public
from socialshop.notifications import service
from socialshop.notifications.schemas import (
    MAIL_PREFIX,
    AddressGiven,
    CapList,
    CapWire,
    DeliveryPage,
    DeliveryQuery,
    DeliveryWire,
    EndpointPage,
    EndpointWire,
    MailPage,
    MailQuery,
    MailWire,
    NewEndpoint,
    Replayed,
    ReplayRange,
    ToldSecretWire,
    TypesChosen,
)
from socialshop.notifications.service import DELIVERY_PREFIX, ENDPOINT_PREFIX, Cap, Channel, KindClass
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

_ENDPOINT, _DELIVERY = {"endpoint_id": ENDPOINT_PREFIX}, {"delivery_id": DELIVERY_PREFIX}
room = Room("notifications_admin", __name__, tag="Notices")


@room.operation(
    "GET",
    "/admin/mails",
    access=READS_ALL,
    query=MailQuery,
    replies=Reply(200, MailPage, "Mails, newest first."),
)
def list_mails(call: Call[Nothing, MailQuery]) -> Answer:
    """Mails and what came of each; what they say is their members' alone."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.list_mails(uow, query.status, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(MailPage(data=[MailWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/mails/<mail_id>/retry",
    access=ADMINS,
    ids={"mail_id": MAIL_PREFIX},
    replies=Reply(200, MailWire, "The mail, queued again if it was kept or set aside."),
)
def retry_mail(call: Call[Nothing, Nothing]) -> Answer:
    """Send a mail that was kept because no server was set up, or set aside after too many attempts."""
    return call.transact(
        lambda uow: Answer(MailWire.of(service.retry_mail(uow, call.caller.member_id, call.ids["mail_id"])))
    )


@room.operation("GET", "/admin/notice-caps", access=READS_ALL, replies=Reply(200, CapList, "Every cap."))
def list_notice_caps(call: Call[Nothing, Nothing]) -> Answer:
    """How much a member is told at most, by channel and class of kinds."""
    return call.transact(lambda uow: Answer(_caps(uow)))


@room.operation(
    "POST",
    "/admin/notice-caps",
    access=ADMINS,
    body=CapWire,
    replies=Reply(200, CapList, "Every cap, with this one changed."),
)
def set_notice_cap(call: Call[CapWire, Nothing]) -> Answer:
    """Change one cap. It counts from the next notice and mail on."""
    body = call.body

    def change(uow: UnitOfWork) -> Answer:
        cap = Cap(body.per_day, body.per_week)
        service.set_cap(uow, call.caller.member_id, Channel(body.channel), KindClass(body.kind_class), cap)
        return Answer(_caps(uow))

    return call.transact(change)


def _caps(uow: UnitOfWork) -> CapList:
    return CapList(data=[CapWire.of(*place, cap) for place, cap in service.caps_of(uow).items()])


@room.operation(
    "POST",
    "/admin/webhook-endpoints",
    access=ADMINS,
    body=NewEndpoint,
    replies=Reply(201, ToldSecretWire, "The endpoint, and its secret, told this once."),
    idempotency=Idempotency.IGNORED,
)
def add_webhook_endpoint(call: Call[NewEndpoint, Nothing]) -> Answer:
    """Tell an address of events of some types. It is told of what happens from now on."""
    body, actor = call.body, call.caller.member_id
    return call.transact(
        lambda uow: Answer(
            ToldSecretWire.of(service.add_endpoint(uow, actor, body.url, body.label, body.event_types)), 201
        )
    )


@room.operation(
    "GET",
    "/admin/webhook-endpoints",
    access=READS_ALL,
    query=PageQuery,
    replies=Reply(200, EndpointPage, "Endpoints, newest first."),
)
def list_webhook_endpoints(call: Call[Nothing, PageQuery]) -> Answer:
    """Who is told of what, and how it goes."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.list_endpoints(uow, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(EndpointPage(data=[EndpointWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/webhook-endpoints/<endpoint_id>",
    access=READS_ALL,
    ids=_ENDPOINT,
    replies=Reply(200, EndpointWire, "The endpoint."),
)
def show_webhook_endpoint(call: Call[Nothing, Nothing]) -> Answer:
    """One endpoint."""
    return call.transact(lambda uow: Answer(EndpointWire.of(service.endpoint_of(uow, call.ids["endpoint_id"]))))


@room.operation(
    "POST",
    "/admin/webhook-endpoints/<endpoint_id>/event-types",
    access=ADMINS,
    ids=_ENDPOINT,
    body=TypesChosen,
    replies=Reply(200, EndpointWire, "The endpoint."),
)
def choose_webhook_types(call: Call[TypesChosen, Nothing]) -> Answer:
    """Change what an endpoint is told of, from now on."""
    actor, endpoint_id = call.caller.member_id, call.ids["endpoint_id"]
    return call.transact(
        lambda uow: Answer(EndpointWire.of(service.choose_types(uow, actor, endpoint_id, call.body.event_types)))
    )


@room.operation(
    "POST",
    "/admin/webhook-endpoints/<endpoint_id>/address",
    access=ADMINS,
    ids=_ENDPOINT,
    body=AddressGiven,
    replies=Reply(200, EndpointWire, "The endpoint, told there from now on."),
)
def change_webhook_address(call: Call[AddressGiven, Nothing]) -> Answer:
    """Move an endpoint to another address, with its secret and with what waits for it."""
    actor, endpoint_id = call.caller.member_id, call.ids["endpoint_id"]
    return call.transact(
        lambda uow: Answer(EndpointWire.of(service.change_address(uow, actor, endpoint_id, call.body.url)))
    )


@room.operation(
    "DELETE",
    "/admin/webhook-endpoints/<endpoint_id>",
    access=ADMINS,
    ids=_ENDPOINT,
    replies=Reply(204, None, "The endpoint is gone, with its secret and all that it was told."),
)
def remove_webhook_endpoint(call: Call[Nothing, Nothing]) -> Answer:
    """Remove an endpoint for good. To tell it nothing for a while, disable it."""
    actor, endpoint_id = call.caller.member_id, call.ids["endpoint_id"]

    def remove(uow: UnitOfWork) -> Answer:
        service.remove_endpoint(uow, actor, endpoint_id)
        return Answer(None, 204)

    return call.transact(remove)


@room.operation(
    "POST",
    "/admin/webhook-endpoints/<endpoint_id>/secret",
    access=ADMINS,
    ids=_ENDPOINT,
    replies=Reply(200, ToldSecretWire, "The endpoint, and its new secret, told this once."),
    idempotency=Idempotency.IGNORED,
)
def change_webhook_secret(call: Call[Nothing, Nothing]) -> Answer:
    """Give an endpoint a new secret. For a day messages bear two signatures, by the new one and by the former."""
    actor, endpoint_id = call.caller.member_id, call.ids["endpoint_id"]
    return call.transact(lambda uow: Answer(ToldSecretWire.of(service.change_secret(uow, actor, endpoint_id))))


@room.operation(
    "POST",
    "/admin/webhook-endpoints/<endpoint_id>/disable",
    access=ADMINS,
    ids=_ENDPOINT,
    replies=Reply(200, EndpointWire, "The endpoint, told nothing more."),
)
def disable_webhook_endpoint(call: Call[Nothing, Nothing]) -> Answer:
    """Tell an endpoint nothing more; what waits for it stays. Again changes nothing."""
    actor, endpoint_id = call.caller.member_id, call.ids["endpoint_id"]
    return call.transact(lambda uow: Answer(EndpointWire.of(service.disable_endpoint(uow, actor, endpoint_id))))


@room.operation(
    "POST",
    "/admin/webhook-endpoints/<endpoint_id>/enable",
    access=ADMINS,
    ids=_ENDPOINT,
    replies=Reply(200, EndpointWire, "The endpoint, told again."),
)
def enable_webhook_endpoint(call: Call[Nothing, Nothing]) -> Answer:
    """Tell an endpoint again, and what waited for it. What happened in between it is not told."""
    actor, endpoint_id = call.caller.member_id, call.ids["endpoint_id"]
    return call.transact(lambda uow: Answer(EndpointWire.of(service.enable_endpoint(uow, actor, endpoint_id))))


@room.operation(
    "POST",
    "/admin/webhook-endpoints/<endpoint_id>/replay",
    access=ADMINS,
    ids=_ENDPOINT,
    body=ReplayRange,
    replies=Reply(200, Replayed, "How many are told once more."),
)
def replay_webhooks(call: Call[ReplayRange, Nothing]) -> Answer:
    """Tell an endpoint once more what happened in a span of time, each event under its own id again.

    A thousand events a call, the oldest first; go on from `next_since`.
    """
    body, actor, endpoint_id = call.body, call.caller.member_id, call.ids["endpoint_id"]

    def replay(uow: UnitOfWork) -> Answer:
        told = service.replay_range(uow, actor, endpoint_id, body.since, body.until, failed_only=body.failed_only)
        return Answer(Replayed(queued=told.queued, next_since=told.next_since))

    return call.transact(replay)


@room.operation(
    "GET",
    "/admin/webhook-deliveries",
    access=READS_ALL,
    query=DeliveryQuery,
    replies=Reply(200, DeliveryPage, "Deliveries, newest first."),
    refuses=(NotFound,),
)
def list_webhook_deliveries(call: Call[Nothing, DeliveryQuery]) -> Answer:
    """What endpoints were told, and what came of it."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        endpoint = None if query.endpoint_id is None else from_public(ENDPOINT_PREFIX, query.endpoint_id)
        found = service.list_deliveries(uow, endpoint, query.status, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(DeliveryPage(data=[DeliveryWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/webhook-deliveries/<delivery_id>/replay",
    access=ADMINS,
    ids=_DELIVERY,
    replies=Reply(200, DeliveryWire, "The delivery, on its way again."),
)
def replay_webhook(call: Call[Nothing, Nothing]) -> Answer:
    """Tell one event once more, under its own id again; one that waits to be told stays as it is."""
    actor, delivery_id = call.caller.member_id, call.ids["delivery_id"]
    return call.transact(lambda uow: Answer(DeliveryWire.of(service.replay_delivery(uow, actor, delivery_id))))
