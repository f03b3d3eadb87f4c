"""Wire shapes of publishers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from socialshop.commissions.service import DISALLOWANCE_PREFIX, DisallowanceRow, Disallowed
from socialshop.kernel.ids import to_public
from socialshop.publishers.service import (
    LONGEST_CHANNEL,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_URL,
    Item,
    PublisherDay,
    Site,
    SiteKind,
    Status,
    address_of,
)
from socialshop.publishers.store import ChannelRow, PublisherRow
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, MoneyWire, Wire, with_example

_SITE: dict[str, Any] = {"site_name": "Tea notes", "site_url": "https://tea.example/", "kind": "blog"}
_PUBLISHER: dict[str, Any] = {
    "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "display_name": "林小满",
    **_SITE,
    "status": "open",
    "reason": None,
    "applied_at": "2026-01-31T12:00:00Z",
    "decided_at": None,
}
_DAY: dict[str, Any] = {
    "on": "2026-01-31",
    "channel": "blog",
    "views": 1240,
    "clicks": 24,
    "leads": 3,
    "sales": 2,
    "not_counted": {"repeats": 310, "own": 2, "bots": 41, "closed": 0},
    "sales_earned": {"amount_minor": 1584, "currency": "CNY"},
    "counts_earned": {"amount_minor": 2580, "currency": "CNY"},
}
_ITEM: dict[str, Any] = {
    "deal_id": "deal_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "title": "Spring tea, 250 g",
    "price": {"amount_minor": 9900, "currency": "CNY"},
    "price_alone": {"amount_minor": 10900, "currency": "CNY"},
    "group_size": 3,
    "left": 90,
    "picture_url": "https://shop.example/api/v1/goods-pictures/9f2c/large",
    "url": "https://shop.example/i/7KQ2M9XWTB",
}
_CHANNEL: dict[str, Any] = {"channel": "blog", "listed_at": "2026-01-31T12:00:00Z", "ended_at": None}
MOST_DAYS, MOST_ITEMS = 90, 200
_STRUCK: dict[str, Any] = {"kind": "click", "first_day": "2026-01-30", "last_day": "2026-01-31"}
_DISALLOWANCE: dict[str, Any] = {
    "id": "dis_01k9w3q2mxe5tb6v8c4yd7r1hz",
    **_STRUCK,
    "reason": "clicked by a farm",
    "disallowed_at": "2026-02-03T12:00:00Z",
}
_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]


class SiteWire(Wire):
    """Where you would bring people from."""

    model_config = with_example(_SITE)

    site_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME)]
    site_url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL)]
    kind: SiteKind

    def site(self) -> Site:
        """As the service takes it."""
        return Site(self.site_name, self.site_url, self.kind)


class PublisherWire(Wire):
    """A publisher, or who asks to be one."""

    model_config = with_example(_PUBLISHER)

    member_id: str
    display_name: str
    site_name: str
    site_url: str
    kind: SiteKind
    status: Status
    reason: str | None = Field(description="why the shop decided so")
    applied_at: Instant
    decided_at: Instant | None

    @classmethod
    def of(cls, row: PublisherRow) -> Self:
        """The wire form of a publisher."""
        said = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        known = {"member_id": to_public("mbr", row.member_id), "display_name": row.display_name or ""}
        return cls.model_validate({**said, **known})


class PublisherPage(Page[PublisherWire]):
    """Publishers."""

    model_config = with_example({"data": [_PUBLISHER], "next_cursor": None})


class PublisherQuery(PageQuery):
    """Which publishers: those that wait, by default."""

    status: Status = "open"


class PublisherDecision(Wire):
    """Why the shop decides so: the member reads it."""

    model_config = with_example({"reason": "Welcome."})

    reason: _Reason


class NewDisallowance(Wire):
    """Which counts are none: of all the publisher's links, or of one, on these days of the shop's."""

    model_config = with_example({**_STRUCK, "reason": _DISALLOWANCE["reason"]})

    kind: Literal["click", "view"]
    first_day: date
    last_day: date
    link: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    reason: _Reason


class DisallowedWire(Wire):
    """How many had been counted, and what was taken back of what they earned."""

    model_config = with_example(
        {"id": _DISALLOWANCE["id"], "counted": 740, "taken_back": {"amount_minor": 2220, "currency": "CNY"}}
    )

    id: str
    counted: int
    taken_back: MoneyWire

    @classmethod
    def of(cls, done: Disallowed) -> Self:
        """The wire form of what was done."""
        taken = MoneyWire.of(done.taken)
        return cls(id=to_public(DISALLOWANCE_PREFIX, done.id), counted=done.counted, taken_back=taken)


class DisallowanceWire(Wire):
    """Counts that were found to be none, and why."""

    model_config = with_example(_DISALLOWANCE)

    id: str
    kind: Literal["click", "view"]
    first_day: date
    last_day: date
    reason: str
    disallowed_at: Instant

    @classmethod
    def of(cls, row: DisallowanceRow) -> Self:
        """The wire form of a disallowance."""
        said = {name: getattr(row, name) for name in cls.model_fields}
        return cls.model_validate({**said, "id": to_public(DISALLOWANCE_PREFIX, row.id)})


class DisallowancePage(Page[DisallowanceWire]):
    """What was struck out, the newest first."""

    model_config = with_example({"data": [_DISALLOWANCE], "next_cursor": None})


class ChannelDecision(Wire):
    """A channel of the publisher's links, and why the shop decides so."""

    model_config = with_example({"channel": "blog", "reason": "The blog that applied."})

    channel: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CHANNEL)]
    reason: _Reason


class ChannelWire(Wire):
    """A channel that counts for conditions of plans, or did until it ended."""

    model_config = with_example(_CHANNEL)

    channel: str
    listed_at: Instant
    ended_at: Instant | None

    @classmethod
    def of(cls, row: ChannelRow) -> Self:
        """The wire form of a channel."""
        return cls.model_validate(row._asdict())


class ChannelList(Wire):
    """A publisher's listed channels, also those that ended; the newest first."""

    model_config = with_example({"data": [_CHANNEL]})

    data: list[ChannelWire]


class DaysQuery(Wire):
    """How far back."""

    days: int = Field(30, ge=1, le=MOST_DAYS, description="days that are told, today the last of them")


class WhyNot(Wire):
    """Views and clicks that were recorded and do not count."""

    repeats: int = Field(description="the same visitor within a day")
    own: int = Field(description="you yourself")
    bots: int = Field(description="programs, by what they say of themselves")
    closed: int = Field(description="while the link was paused or its time was over")


class DayWire(Wire):
    """What your links of one channel brought on one day of the shop's."""

    model_config = with_example(_DAY)

    on: date
    channel: str | None
    views: int = Field(description="banners seen that count")
    clicks: int = Field(description="links followed that count")
    leads: int = Field(description="members who registered")
    sales: int = Field(description="orders that were confirmed, on the day of their seat")
    not_counted: WhyNot
    sales_earned: MoneyWire = Field(description="your commission on those orders, less what was clawed back")
    counts_earned: MoneyWire = Field(description="what clicks, views and milestones of the day earned, less claw backs")

    @classmethod
    def of(cls, day: PublisherDay) -> Self:
        """The wire form of a day."""
        return cls(
            on=day.on_day,
            channel=day.channel,
            views=day.views,
            clicks=day.clicks,
            leads=day.leads,
            sales=day.sales,
            not_counted=WhyNot(repeats=day.repeats, own=day.own, bots=day.bots, closed=day.closed),
            sales_earned=MoneyWire.of(day.sales_earned),
            counts_earned=MoneyWire.of(day.counts_earned),
        )


class DaysWire(Wire):
    """A row a day and channel that had anything, the earliest first."""

    model_config = with_example({"data": [_DAY]})

    data: list[DayWire]


class FeedKeyWire(Wire):
    """The addresses of your feed, with its key: told this once."""

    model_config = with_example(
        {"json_url": "https://shop.example/feeds/k/goods.json", "rss_url": "https://shop.example/feeds/k/goods.xml"}
    )

    json_url: str = Field(repr=False)
    rss_url: str = Field(repr=False)


class FeedQuery(Wire):
    """Which part of the feed; the answer names the next."""

    limit: int = Field(100, ge=1, le=MOST_ITEMS)
    after: Annotated[str, StringConstraints(max_length=60)] | None = None


class ItemWire(Wire):
    """A deal on sale: `price` together, `price_alone` without a group."""

    model_config = with_example(_ITEM)

    deal_id: str
    title: str
    price: MoneyWire
    price_alone: MoneyWire
    group_size: int
    left: int
    picture_url: str | None
    url: str = Field(description="bears your code")

    @classmethod
    def of(cls, item: Item, here: str) -> Self:
        """The wire form of an item."""
        return cls(
            deal_id=to_public("deal", item.id),
            title=item.title,
            price=MoneyWire.of(item.price),
            price_alone=MoneyWire.of(item.price_alone),
            group_size=item.group_size,
            left=item.left,
            picture_url=None if item.picture is None else f"{here}{item.picture}",
            url=address_of(here, item),
        )


class FeedWire(Wire):
    """Deals on sale; `next_url` is null on the last page."""

    model_config = with_example({"data": [_ITEM], "next_url": None})

    data: list[ItemWire]
    next_url: str | None
