"""Who publishes, and what of their counts is none, for admins."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from socialshop.commissions import service as commissions
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.invites import service as invites
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.publishers import service
from socialshop.publishers.errors import PublisherDecided
from socialshop.publishers.schemas import (
    ChannelDecision,
    ChannelList,
    ChannelWire,
    DisallowedWire,
    NewDisallowance,
    PublisherDecision,
    PublisherPage,
    PublisherQuery,
    PublisherWire,
)
from socialshop.publishers.service import Status
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("publishers_admin", __name__, tag="Publishers")


@room.operation(
    "GET",
    "/admin/publishers",
    access=READS_ALL,
    query=PublisherQuery,
    replies=Reply(200, PublisherPage, "Publishers that stand so."),
)
def list_publishers(call: Call[Nothing, PublisherQuery]) -> Answer:
    """Who publishes, or asks to."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.publishers(uow, query.status, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.member_id)
        return Answer(PublisherPage(data=[PublisherWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/publishers/<member_id>/approve",
    access=ADMINS,
    body=PublisherDecision,
    replies=Reply(200, PublisherWire, "The member publishes: whole days from now on are paid as the plan says."),
    refuses=(PublisherDecided,),
    ids={"member_id": "mbr"},
)
def approve_publisher(call: Call[PublisherDecision, Nothing]) -> Answer:
    """Let a member be a publisher."""
    return _decide(call, "approved")


@room.operation(
    "POST",
    "/admin/publishers/<member_id>/reject",
    access=ADMINS,
    body=PublisherDecision,
    replies=Reply(200, PublisherWire, "Refused; the member reads why, and may ask again."),
    refuses=(PublisherDecided,),
    ids={"member_id": "mbr"},
)
def reject_publisher(call: Call[PublisherDecision, Nothing]) -> Answer:
    """Refuse who asks to be a publisher."""
    return _decide(call, "rejected")


@room.operation(
    "POST",
    "/admin/publishers/<member_id>/end",
    access=ADMINS,
    body=PublisherDecision,
    replies=Reply(200, PublisherWire, "A publisher no more: what was earned stays, this day is not paid."),
    refuses=(PublisherDecided,),
    ids={"member_id": "mbr"},
)
def end_publisher(call: Call[PublisherDecision, Nothing]) -> Answer:
    """End a publisher."""
    return _decide(call, "ended")


@room.operation(
    "POST",
    "/admin/publishers/<member_id>/disallowances",
    access=ADMINS,
    body=NewDisallowance,
    replies=Reply(201, DisallowedWire, "Struck out, and taken back."),
    refuses=(NotFound, InvalidValue),
    ids={"member_id": "mbr"},
)
def disallow_traffic(call: Call[NewDisallowance, Nothing]) -> Answer:
    """Strike out counted clicks or views that were none, and take back what they earned. The publisher reads why."""
    body, member_id = call.body, call.ids["member_id"]

    def strike(uow: UnitOfWork) -> Answer:
        link = None if body.link is None else invites.own_link(uow, member_id, body.link).id
        number = service.number_of(uow, member_id)
        struck = commissions.Struck(member_id, number, body.kind, body.first_day, body.last_day, link)
        done = commissions.disallow(uow, call.caller.member_id, struck, body.reason, wired.settings().currency)
        return Answer(DisallowedWire.of(done), 201)

    return call.transact(strike)


@room.operation(
    "GET",
    "/admin/publishers/<member_id>/channels",
    access=READS_ALL,
    replies=Reply(200, ChannelList, "Channels that count for conditions, or did."),
    refuses=(NotFound,),
    ids={"member_id": "mbr"},
    sees="member_id",
)
def list_publisher_channels(call: Call[Nothing, Nothing]) -> Answer:
    """A publisher's channels that an admin has looked at: those alone meet the conditions of plans."""
    return call.transact(lambda uow: _channels(uow, call.ids["member_id"]))


@room.operation(
    "POST",
    "/admin/publishers/<member_id>/channels",
    access=ADMINS,
    body=ChannelDecision,
    replies=Reply(200, ChannelList, "The channel counts for conditions from now on."),
    refuses=(NotFound, PublisherDecided, InvalidValue),
    ids={"member_id": "mbr"},
)
def list_publisher_channel(call: Call[ChannelDecision, Nothing]) -> Answer:
    """Let a channel of a publisher's links count for conditions of plans."""
    return _decide_channel(call, service.list_channel)


@room.operation(
    "POST",
    "/admin/publishers/<member_id>/channels/end",
    access=ADMINS,
    body=ChannelDecision,
    replies=Reply(200, ChannelList, "The channel counts no more."),
    refuses=(NotFound, InvalidValue),
    ids={"member_id": "mbr"},
)
def end_publisher_channel(call: Call[ChannelDecision, Nothing]) -> Answer:
    """Take a publisher's channel off the list; what it brought before stays."""
    return _decide_channel(call, service.end_channel)


def _decide_channel(call: Call[ChannelDecision, Nothing], decide: Callable[..., None]) -> Answer:
    member_id, body = call.ids["member_id"], call.body

    def decided(uow: UnitOfWork) -> Answer:
        decide(uow, call.caller.member_id, member_id, body.channel, body.reason)
        return _channels(uow, member_id)

    return call.transact(decided)


def _channels(uow: UnitOfWork, member_id: uuid.UUID) -> Answer:
    found = service.channels_of(uow, service.show_publisher(uow, member_id).number)
    return Answer(ChannelList(data=[ChannelWire.of(row) for row in found]))


def _decide(call: Call[PublisherDecision, Nothing], status: Status) -> Answer:
    member_id, actor = call.ids["member_id"], call.caller.member_id
    return call.transact(
        lambda uow: Answer(PublisherWire.of(service.decide(uow, actor, member_id, status, call.body.reason)))
    )
