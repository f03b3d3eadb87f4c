"""Asking to be a publisher, over HTTP."""

from __future__ import annotations

from flask import request

from socialshop.commissions import service as commissions
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.time import last_days
from socialshop.publishers import service
from socialshop.publishers.errors import AlreadyPublishes
from socialshop.publishers.schemas import (
    DaysQuery,
    DaysWire,
    DayWire,
    DisallowancePage,
    DisallowanceWire,
    FeedKeyWire,
    FeedQuery,
    FeedWire,
    ItemWire,
    PublisherWire,
    SiteWire,
)
from socialshop.web.auth import BUYERS, PUBLIC, SIGNED_IN
from socialshop.web.idempotency import Idempotency
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("publishers", __name__, tag="Publishers")
feed_room = Room("publisher_feeds", __name__, tag="Publishers", base="")


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


@room.operation(
    "GET",
    "/me/publisher/days",
    access=SIGNED_IN,
    query=DaysQuery,
    replies=Reply(200, DaysWire, "What your links brought day by day."),
    refuses=(NotFound,),
)
def show_publisher_days(call: Call[Nothing, DaysQuery]) -> Answer:
    """Views, clicks, leads and sales of your links by day and channel, what does not count, and what each earned."""
    query, settings, caller = call.query, wired.settings(), call.caller

    def read(uow: UnitOfWork) -> Answer:
        service.publisher_of(uow, caller.number)
        since = last_days(uow.now, query.days, settings.time_zone)[0]
        zone, currency = settings.time_zone, settings.currency
        found = service.days(uow, caller.member_id, caller.number, since=since, zone=zone, currency=currency)
        return Answer(DaysWire(data=[DayWire.of(day) for day in found]))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/publisher/feed-keys",
    access=BUYERS,
    replies=Reply(201, FeedKeyWire, "Where your feed is: told this once."),
    refuses=(NotFound,),
    # The answer has a secret: it is not kept.
    idempotency=Idempotency.IGNORED,
)
def make_feed_key(call: Call[Nothing, Nothing]) -> Answer:
    """Make the addresses of your feed of goods; those before them open nothing any more."""

    def make(uow: UnitOfWork) -> Answer:
        base = f"{wired.public_address()}/feeds/{service.new_key(uow, call.caller.number)}"
        return Answer(FeedKeyWire(json_url=f"{base}/goods.json", rss_url=f"{base}/goods.xml"), 201)

    return call.transact(make)


@feed_room.operation(
    "GET",
    "/feeds/<key>/goods.json",
    access=PUBLIC,
    query=FeedQuery,
    listed=False,
    refuses=(NotFound, InvalidValue),
    replies=(
        Reply(200, FeedWire, "Deals on sale."),
        Reply(304, None, "Nothing has changed since the ETag that `If-None-Match` names."),
    ),
)
def show_feed(call: Call[Nothing, FeedQuery]) -> Answer:
    """The deals that run and have units left, each with a link that bears the publisher's code."""
    found, following, here = _items(call, "json")
    page = FeedWire(data=[ItemWire.of(item, here) for item in found], next_url=following)
    return _tagged(page.model_dump_json().encode(), "application/json")


@feed_room.operation(
    "GET",
    "/feeds/<key>/goods.xml",
    access=PUBLIC,
    query=FeedQuery,
    listed=False,
    refuses=(NotFound, InvalidValue),
    replies=(
        Reply(200, None, "Deals on sale, as RSS 2.0.", "application/rss+xml"),
        Reply(304, None, "Nothing has changed since the ETag that `If-None-Match` names."),
    ),
)
def show_feed_as_rss(call: Call[Nothing, FeedQuery]) -> Answer:
    """The same as RSS 2.0 with the fields of product feeds: `g:price` alone, `g:sale_price` together."""
    found, following, here = _items(call, "xml")
    return _tagged(service.as_rss(found, here, following), "application/rss+xml")


def _items(call: Call[Nothing, FeedQuery], form: str) -> tuple[list[service.Item], str | None, str]:
    """The page's items, the address of the next page if there may be one, and where the shop is."""
    query, key, here = call.query, call.path["key"], wired.public_address()
    after = None if query.after is None else from_public("deal", query.after)
    found, last = in_unit_of_work(lambda uow: service.items(uow, key, after, query.limit), wired.clock())
    following = None
    if last is not None:
        following = f"{here}/feeds/{key}/goods.{form}?limit={query.limit}&after={to_public('deal', last)}"
    return found, following, here


def _tagged(content: bytes, media_type: str) -> Answer:
    tag = service.tag_of(content)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if request.if_none_match.contains_weak(tag):
        return Answer(status=304, headers=headers)
    return Answer(content, media_type=media_type, headers=headers)
