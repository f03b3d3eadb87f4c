"""Wire shapes of invite links, their figures and their landing page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from socialshop.infra.keys import secret_for
from socialshop.invites.rules import LONGEST_CHANNEL, Kind, ShareSubject
from socialshop.invites.service import DayStats, Landing, Link, Stats, banner_key
from socialshop.kernel.ids import to_public
from socialshop.web.paging import Page
from socialshop.web.schemas import GivenInstant, Instant, MoneyWire, Wire, with_example

TARGET_PREFIX = {
    Kind.DEAL: "deal",
    Kind.ROOM: "room",
    Kind.PRODUCT: "prd",
    Kind.NOTE: "post",
    Kind.BARGAIN: "brg",
    Kind.STOREFRONT: "sfr",
    Kind.SESSION: "fls",
}
_LINK: dict[str, Any] = {
    "code": "7KQ2M9XWTB",
    "kind": "room",
    "target_id": "room_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "channel": "moments",
    "url": "https://shop.example/i/7KQ2M9XWTB",
    "qr_svg_url": "https://shop.example/i/7KQ2M9XWTB/qr.svg",
    "qr_png_url": "https://shop.example/i/7KQ2M9XWTB/qr.png",
    "poster_url": "https://shop.example/i/7KQ2M9XWTB/poster.png",
    "banner_url": "https://shop.example/i/7KQ2M9XWTB/banner/Qm9vdHN0cmFwIGtl.png",
    "created_at": "2026-01-31T12:00:00Z",
    "vanity": "LIN-TEA",
    "state": "open",
    "expires_at": None,
}
_NOT_COUNTED: dict[str, Any] = {"repeats": 7, "own": 2, "bots": 5, "closed": 0}
_SUBJECT: dict[str, Any] = {
    "title": "Spring tea, 250 g",
    "price": {"amount_minor": 9900, "currency": "CNY"},
    "size": 5,
    "seats_left": 2,
    "ends_at": "2026-02-01T12:00:00Z",
    "is_open": True,
}


_DAY: dict[str, Any] = {
    "on": "2026-01-31",
    "channel": "moments",
    "clicks": 24,
    "not_counted": _NOT_COUNTED,
    "members": 3,
    "seats": 3,
    "orders": 2,
    "earned": {"amount_minor": 1584, "currency": "CNY"},
}
MOST_DAYS = 90


class NewLink(Wire):
    """What a link leads to, and where it will be shared; `target_id` is for all kinds but `member`."""

    model_config = with_example({"kind": "member", "channel": "moments"})

    kind: Literal["member", "deal", "room", "product", "note", "bargain", "storefront", "session"]
    target_id: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    channel: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CHANNEL)] | None = None


class PosterQuery(Wire):
    """How the poster speaks: by default as `Accept-Language` prefers."""

    lang: Literal["zh", "en"] | None = None


class BannerQuery(Wire):
    """How the banner speaks: by default as `Accept-Language` prefers. What pages hang on besides is passed over."""

    model_config = ConfigDict(extra="ignore")

    lang: Literal["zh", "en"] | None = None


class LinkWire(Wire):
    """An own invite link; `poster_url` and `banner_url` are null where the fonts of posters are not installed."""

    model_config = with_example(_LINK)

    code: str
    kind: str
    target_id: str | None
    channel: str | None
    url: str
    qr_svg_url: str
    qr_png_url: str
    poster_url: str | None
    banner_url: str | None = Field(description="a small picture for a page of yours; who sees it is counted as a view")
    created_at: Instant
    vanity: str | None = Field(description="the code that you chose; the other stays good")
    state: Literal["open", "paused", "expired"] = Field(description="only an open link binds anybody")
    expires_at: Instant | None

    @classmethod
    def of(cls, link: Link, public_url: str, now: datetime, *, posters: bool) -> LinkWire:
        """The wire form of a link."""
        return cls(**_link(link, public_url, now, posters))


class SharedLink(LinkWire):
    """An own invite link with a text to send along, in the language that `Accept-Language` prefers: zh or en."""

    model_config = with_example(
        {**_LINK, "share_text": "Buy “Spring tea, 250 g” together with me: https://shop.example/i/7KQ2M9XWTB"}
    )

    share_text: str

    @classmethod
    def with_text(cls, link: Link, public_url: str, now: datetime, share_text: str, *, posters: bool) -> SharedLink:
        """The wire form of a link that was just made."""
        return cls(**_link(link, public_url, now, posters), share_text=share_text)


class LinkPage(Page[LinkWire]):
    """A page of links."""

    model_config = with_example({"data": [_LINK], "next_cursor": None})


class NotCounted(Wire):
    """What was recorded and does not count as a click."""

    repeats: int = Field(description="the same visitor within a day")
    own: int = Field(description="the link's owner")
    bots: int = Field(description="programs, by what they say of themselves")
    closed: int = Field(description="while the link was paused or its time was over")

    @classmethod
    def of(cls, stats: Stats | DayStats) -> NotCounted:
        """The wire form of what does not count."""
        return cls(repeats=stats.repeats, own=stats.own, bots=stats.bots, closed=stats.closed)


class StatsWire(Wire):
    """What became of a link, some seconds behind."""

    model_config = with_example(
        {
            "code": "7KQ2M9XWTB",
            "kind": "room",
            "channel": None,
            "views": 31,
            "clicks": 24,
            "members": 3,
            "orders": 2,
            "earned": {"amount_minor": 1584, "currency": "CNY"},
            "not_counted": _NOT_COUNTED,
        }
    )

    code: str
    kind: str
    channel: str | None
    views: int = Field(description="openings by people other than the owner")
    clicks: int = Field(description="openings that count: one a visitor and day")
    members: int = Field(description="members who registered through the link")
    orders: int = Field(description="confirmed orders that named the link")
    earned: MoneyWire = Field(description="the owner's commission on those orders, less what was clawed back")
    not_counted: NotCounted

    @classmethod
    def of(cls, link: Link, stats: Stats) -> StatsWire:
        """The wire form of a link's figures."""
        return cls(
            code=link.code,
            kind=link.kind.value,
            channel=link.channel,
            views=stats.views,
            clicks=stats.clicks,
            members=stats.members,
            orders=stats.orders,
            earned=MoneyWire.of(stats.earned),
            not_counted=NotCounted.of(stats),
        )


class DaysQuery(Wire):
    """How far back, and which link; without a code all of yours."""

    days: int = Field(30, ge=1, le=MOST_DAYS, description="days that are told, today the last of them")
    code: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None


class DayWire(Wire):
    """What came of your links of one channel on one day of the shop's."""

    model_config = with_example(_DAY)

    on: date
    channel: str | None
    clicks: int = Field(description="openings that count: one a visitor and day")
    not_counted: NotCounted
    members: int = Field(description="members who registered")
    seats: int = Field(description="seats that were taken, kept or not")
    orders: int = Field(description="of these, orders that were confirmed")
    earned: MoneyWire = Field(description="your commission on those orders, less what was clawed back")

    @classmethod
    def of(cls, day: DayStats) -> DayWire:
        """The wire form of a day."""
        return cls(
            on=day.on_day,
            channel=day.channel,
            clicks=day.clicks,
            not_counted=NotCounted.of(day),
            members=day.members,
            seats=day.seats,
            orders=day.orders,
            earned=MoneyWire.of(day.earned),
        )


class DaysWire(Wire):
    """What came of links, a row a day and channel that had anything, the earliest first."""

    model_config = with_example({"data": [_DAY]})

    data: list[DayWire]


class LinkEdit(Wire):
    """What is given changes, what is absent stays; `expires_at` null: good for good."""

    model_config = with_example({"paused": True, "expires_at": "2036-02-01T00:00:00Z"})

    paused: bool = False
    expires_at: GivenInstant | None = None


class VanityWish(Wire):
    """A code of your choice."""

    model_config = with_example({"vanity": "lin-tea"})

    vanity: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class SubjectWire(Wire):
    """What the link leads to; what a kind of thing lacks is null."""

    model_config = with_example(_SUBJECT)

    title: str
    price: MoneyWire | None
    size: int | None
    seats_left: int | None
    ends_at: Instant | None
    is_open: bool

    @classmethod
    def of(cls, subject: ShareSubject) -> SubjectWire:
        """The wire form of a subject."""
        return cls(
            title=subject.title,
            price=MoneyWire.of(subject.price) if subject.price else None,
            size=subject.size,
            seats_left=subject.seats_left,
            ends_at=subject.ends_at,
            is_open=subject.is_open,
        )


class InviterWire(Wire):
    """Who invites; the name is empty once that person has left the shop."""

    display_name: str


class LandingQuery(Wire):
    """Whatever messengers and campaigns hang on to a link that is handed on; `lang` is read by the page."""

    model_config = ConfigDict(extra="ignore")


class LandingWire(Wire):
    """The landing page's facts, for programs: the same as the page shows."""

    model_config = with_example(
        {
            "code": "7KQ2M9XWTB",
            "kind": "room",
            "target_id": "room_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "inviter": {"display_name": "林小满"},
            "subject": _SUBJECT,
            "closed": None,
        }
    )

    code: str
    kind: str
    target_id: str | None
    inviter: InviterWire
    subject: SubjectWire | None
    closed: Literal["paused", "expired"] | None = Field(description="why the link binds nobody now")

    @classmethod
    def of(cls, landing: Landing) -> LandingWire:
        """The wire form of a landing."""
        return cls(
            code=landing.code,
            kind=landing.kind.value,
            target_id=to_public(TARGET_PREFIX[landing.kind], landing.target_id) if landing.target_id else None,
            inviter=InviterWire(display_name=landing.inviter),
            subject=SubjectWire.of(landing.subject) if landing.subject else None,
            closed=None if landing.closed is None else landing.closed.value,
        )


def banner_address(public_url: str, link: Link) -> str:
    """The signed address of a link's banner; it bears the shop's own code, which nothing changes."""
    return f"{public_url}/i/{link.code}/banner/{banner_key(secret_for('banners'), link.id)}.png"


def _link(link: Link, public_url: str, now: datetime, posters: bool) -> dict[str, Any]:
    url = f"{public_url}/i/{link.shown_code}"
    return {
        "code": link.code,
        "kind": link.kind.value,
        "target_id": to_public(TARGET_PREFIX[link.kind], link.target_id) if link.target_id else None,
        "channel": link.channel,
        "url": url,
        "qr_svg_url": f"{url}/qr.svg",
        "qr_png_url": f"{url}/qr.png",
        "poster_url": f"{url}/poster.png" if posters else None,
        "banner_url": banner_address(public_url, link) if posters else None,
        "created_at": link.created_at,
        "vanity": link.vanity,
        "state": link.closed(now) or "open",
        "expires_at": link.expires_at,
    }
