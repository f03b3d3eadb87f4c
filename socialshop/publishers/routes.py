"""Asking to be a publisher, over HTTP."""

from __future__ import annotations

from socialshop.commissions import service as commissions
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.publishers import service
from socialshop.publishers.errors import AlreadyPublishes
from socialshop.publishers.schemas import DisallowancePage, DisallowanceWire, PublisherWire, SiteWire
from socialshop.web.auth import BUYERS, SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("publishers", __name__, tag="Publishers")


@room.operation(
    "POST",
    "/me/publisher",
    access=BUYERS,
    body=SiteWire,
    replies=Reply(201, PublisherWire, "Your application: an admin answers it."),
    refuses=(AlreadyPublishes, InvalidValue),
)
def apply_to_publish(call: Call[SiteWire, Nothing]) -> Answer:
    """Ask to be a publisher, whose clicks and views the plan may pay."""

    def ask(uow: UnitOfWork) -> Answer:
        return Answer(PublisherWire.of(service.apply_to_publish(uow, call.caller.number, call.body.site())), 201)

    return call.transact(ask)


@room.operation(
    "GET",
    "/me/publisher",
    access=SIGNED_IN,
    replies=Reply(200, PublisherWire, "How you stand as a publisher."),
    refuses=(NotFound,),
)
def show_own_publisher(call: Call[Nothing, Nothing]) -> Answer:
    """What you asked, and what the shop answered."""
    return call.transact(lambda uow: Answer(PublisherWire.of(service.publisher_of(uow, call.caller.number))))


@room.operation(
    "GET",
    "/me/publisher/disallowances",
    access=SIGNED_IN,
    query=PageQuery,
    replies=Reply(200, DisallowancePage, "What was struck out of your counts."),
)
def list_own_disallowances(call: Call[Nothing, PageQuery]) -> Answer:
    """Which of your counted clicks and views were found to be none, and why."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = commissions.disallowances_of(uow, call.caller.number, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(DisallowancePage(data=[DisallowanceWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)
