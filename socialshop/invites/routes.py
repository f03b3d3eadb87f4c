"""Invite links over HTTP: making them, their figures, their QR codes, and the page behind each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import structlog
from flask import request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from socialshop.deals import service as deals
from socialshop.infra import wired
from socialshop.infra.keys import secret_for
from socialshop.infra.pictures import Size
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.invites import banner, kit, landing, poster, qr, rules, service, visitors, wording
from socialshop.invites.banner import Strip
from socialshop.invites.cookies import Attributed
from socialshop.invites.errors import PosterUnavailable, VanityKept, VanityTaken
from socialshop.invites.gateway import subjects
from socialshop.invites.poster import Fonts, Sheet
from socialshop.invites.rules import Kind
from socialshop.invites.schemas import (
    TARGET_PREFIX,
    BannerQuery,
    DaysQuery,
    DaysWire,
    DayWire,
    LandingQuery,
    LandingWire,
    LinkEdit,
    LinkPage,
    LinkWire,
    NewLink,
    PosterQuery,
    SharedLink,
    StatsWire,
    VanityWish,
)
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import from_public
from socialshop.kernel.time import last_days
from socialshop.web import auth, limits
from socialshop.web.auth import BUYERS, PUBLIC, SIGNED_IN
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("invites", __name__, tag="Invite links")
landing_room = Room("landing", __name__, tag="Invite links", base="")

_PROJECT = Path(__file__).resolve().parents[2]
_log = structlog.stdlib.get_logger("socialshop.invites")
_HTML = "text/html; charset=utf-8"
_VARY = {"Vary": "Accept, Accept-Language, Cookie"}
# What a poster says of seats may be a minute old.
_POSTER_KEPT = "public, max-age=60"
# Each view asks for the picture, whatever page it stands on.
_EVERY_TIME_ANYWHERE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Language",
}
_KEPT = {"Cache-Control": "public, max-age=86400"}


@room.operation(
    "POST",
    "/invite-links",
    access=BUYERS,
    body=NewLink,
    replies=Reply(201, SharedLink, "Your link; asked for again, the same one."),
    refuses=(InvalidValue, NotFound),
)
def make_link(call: Call[NewLink, Nothing]) -> Answer:
    """Make an invite link to yourself, a deal, a room, a bargain, a storefront, a product or a note.

    Who registers through it is bound to you. `share_text` is in the language that `Accept-Language` prefers: zh or en.
    """
    body, kind, language = call.body, Kind(call.body.kind), best_language("zh")
    if (body.target_id is None) != (kind is Kind.MEMBER):
        wrong = f"say which {kind} the link leads to" if body.target_id is None else "a link to yourself has no target"
        raise InvalidValue(wrong, field="target_id")
    target_id = None if body.target_id is None else from_public(TARGET_PREFIX[kind], body.target_id)

    def make(uow: UnitOfWork) -> Answer:
        shared = service.create_link(
            uow, call.caller.member_id, service.NewLink(kind, target_id, body.channel), subjects()
        )
        link = shared.link
        text = wording.share_text(
            language, shared.subject, code=link.shown_code, url=_url(link.shown_code), zone=wired.settings().time_zone
        )
        here, posters = wired.public_address(), _fonts().are_there()
        return Answer(SharedLink.with_text(link, here, uow.now, text, posters=posters), 201)

    return call.transact(make)


@room.operation(
    "GET", "/invite-links", access=SIGNED_IN, query=PageQuery, replies=Reply(200, LinkPage, "Your links, oldest first.")
)
def list_links(call: Call[Nothing, PageQuery]) -> Answer:
    """Your own invite links."""
    query = call.query

    def read(uow: UnitOfWork) -> Answer:
        found = service.links_of(uow, call.caller.member_id, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda link: link.id)
        return Answer(LinkPage(data=_shown(rows, uow), next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "PATCH",
    "/invite-links/<code>",
    access=BUYERS,
    body=LinkEdit,
    replies=Reply(200, LinkWire, "Your link, changed."),
    refuses=(NotFound, InvalidValue),
)
def edit_link(call: Call[LinkEdit, Nothing]) -> Answer:
    """Pause your link or let it go on, and say until when it is good.

    While it is paused, or its time is over, its page says so and it binds nobody. Who came before stays.
    """
    me, code, edit = call.caller.member_id, call.path["code"], call.body

    def keep(uow: UnitOfWork) -> Answer:
        link, given = service.own_link(uow, me, code), edit.model_fields_set
        kept = service.keep_link(
            uow,
            me,
            code,
            is_paused=edit.paused if "paused" in given else link.paused_at is not None,
            expires_at=edit.expires_at if "expires_at" in given else link.expires_at,
        )
        return Answer(_shown([kept], uow)[0])

    return call.transact(keep)


@room.operation(
    "POST",
    "/invite-links/<code>/vanity",
    access=BUYERS,
    body=VanityWish,
    replies=Reply(200, LinkWire, "Your link, with the code that you chose."),
    refuses=(NotFound, InvalidValue, VanityTaken, VanityKept),
    limit=limits.CODE_CHOICES,
)
def name_link(call: Call[VanityWish, Nothing]) -> Answer:
    """Give your link a code of your choice, for good; the other stays good too.

    4 to 20 letters, figures and single hyphens. What is taken for another link's code is refused, and so are words
    that speak for the shop.
    """
    me, code, vanity = call.caller.member_id, call.path["code"], call.body.vanity

    def name(uow: UnitOfWork) -> Answer:
        link = service.name_link(uow, me, code, vanity)
        return Answer(_shown([link], uow)[0])

    return call.transact(name)


@room.operation(
    "GET",
    "/invite-links/days",
    access=SIGNED_IN,
    query=DaysQuery,
    replies=Reply(200, DaysWire, "What came of your links day by day."),
    refuses=(NotFound,),
)
def show_days(call: Call[Nothing, DaysQuery]) -> Answer:
    """What came of your links, or of one of them, by day of the shop's and by channel.

    What was clicked before days were counted stands in the link's whole figures alone.
    """
    query, settings, me = call.query, wired.settings(), call.caller.member_id

    def read(uow: UnitOfWork) -> Answer:
        link = None if query.code is None else service.own_link(uow, me, query.code)
        since = last_days(uow.now, query.days, settings.time_zone)[0]
        found = service.days(uow, me, link, since=since, zone=settings.time_zone, currency=settings.currency)
        return Answer(DaysWire(data=[DayWire.of(day) for day in found]))

    return call.transact(read)


@room.operation(
    "GET",
    "/invite-links/<code>/stats",
    access=SIGNED_IN,
    replies=Reply(200, StatsWire, "The figures of your link."),
    refuses=(NotFound,),
)
def show_stats(call: Call[Nothing, Nothing]) -> Answer:
    """What became of your link: who came, what they bought, what you earned.

    Clicks are judged every few seconds; programs, repeats within a day and your own do not count.
    """

    def read(uow: UnitOfWork) -> Answer:
        link, stats = service.stats(uow, call.caller.member_id, call.path["code"], wired.settings().currency)
        return Answer(StatsWire.of(link, stats))

    return call.transact(read)


# No limit by address: a link that spreads brings thousands a minute through one carrier's gateway.
@landing_room.operation(
    "GET",
    "/i/<code>",
    access=PUBLIC,
    query=LandingQuery,
    limited=False,
    listed=False,
    refuses=(NotFound,),
    replies=(Reply(200, None, "A page.", _HTML), Reply(200, LandingWire, "Its facts.")),
)
def open_link(call: Call[Nothing, LandingQuery]) -> Answer:
    """The page behind an invite link; the click is recorded, and a cookie remembers the link for registration."""
    language, as_page = landing.pages().language(), _wants_page()
    visitor, cookies = visitors.greet()
    bot = request.method == "HEAD" or rules.is_bot(request.headers.get("User-Agent", ""))

    caller = auth.look(None) if "Authorization" in request.headers else None
    visit = service.Visit(visitor, caller.member_id if caller else None, bot)
    now = wired.clock().now()
    try:
        found = landing.kept(call.path["code"], lambda: _landing(call.path["code"]))
    except NotFound:
        if not as_page:
            raise
        return _page(landing.page(None, language), 404, [])
    service.record_click(found, visit, now)
    if service.clicks_are_due():
        _take(service.take_clicks)
    if found.closed is None:
        cookies += visitors.remember(Attributed(found.link_id, now))
    if as_page:
        cookies += landing.pages().cookies()
        return _page(landing.page(found, language), 200, cookies)
    return Answer(LandingWire.of(found), headers={**_VARY, "Set-Cookie": cookies})


@landing_room.operation(
    "GET",
    "/i/<code>/qr.svg",
    access=PUBLIC,
    listed=False,
    refuses=(NotFound,),
    replies=Reply(200, None, "A QR code.", "image/svg+xml"),
)
def show_qr_svg(call: Call[Nothing, Nothing]) -> Answer:
    """The link as a QR code for screens and print."""
    return _qr(call, "svg", "image/svg+xml")


@landing_room.operation(
    "GET",
    "/i/<code>/qr.png",
    access=PUBLIC,
    listed=False,
    refuses=(NotFound,),
    replies=Reply(200, None, "A QR code.", "image/png"),
)
def show_qr_png(call: Call[Nothing, Nothing]) -> Answer:
    """The link as a QR code in pixels."""
    return _qr(call, "png", "image/png")


@landing_room.operation(
    "GET",
    "/i/<code>/poster.png",
    access=PUBLIC,
    query=PosterQuery,
    listed=False,
    refuses=(NotFound, PosterUnavailable),
    replies=(
        Reply(200, None, "A poster.", "image/png"),
        Reply(304, None, "Nothing on it has changed since the ETag that `If-None-Match` names."),
    ),
)
def show_poster(call: Call[Nothing, PosterQuery]) -> Answer:
    """A picture to send along: the goods, the price, who invites, and the link as a QR code."""
    settings = wired.settings()

    def read(uow: UnitOfWork) -> tuple[service.ShareKit, bytes | None]:
        shared = service.share_kit(uow, call.path["code"], subjects())
        cover = None if shared.subject is None else shared.subject.cover
        return shared, None if cover is None else deals.picture_file(uow, cover.digest, Size.MIDDLE)

    found, picture = in_unit_of_work(read, wired.clock())
    code = found.link.shown_code
    language = call.query.lang or best_language("zh")
    sheet = Sheet(found.subject, found.inviter, _url(code), code, language, settings.time_zone, picture)
    headers = {"ETag": f'"{sheet.tag()}"', "Cache-Control": _POSTER_KEPT, "Vary": "Accept-Language"}
    if request.if_none_match.contains_weak(sheet.tag()):
        return Answer(status=304, headers=headers)
    return Answer(poster.draw(sheet, _fonts()), media_type="image/png", headers=headers)


# No limit by address, as for landings.
@landing_room.operation(
    "GET",
    "/i/<code>/banner/<key>.png",
    access=PUBLIC,
    query=BannerQuery,
    limited=False,
    listed=False,
    refuses=(NotFound, PosterUnavailable),
    replies=Reply(200, None, "A banner.", "image/png"),
)
def show_banner(call: Call[Nothing, BannerQuery]) -> Answer:
    """A small picture of what a link leads to, for a publisher's page; who fetches it is counted as a view."""
    code, now = call.path["code"], wired.clock().now()
    found = landing.kept(code, lambda: _landing(code))
    if not service.is_banner_key(secret_for("banners"), found.link_id, call.path["key"]):
        raise NotFound("no such banner")
    bot = request.method == "HEAD" or rules.is_bot(request.headers.get("User-Agent", ""))
    drawn = banner.draw(Strip(found.subject, call.query.lang or best_language("zh")), _fonts())
    service.record_view(found, visitors.passer_by(now), bot, now)
    if service.views_are_due():
        _take(service.take_views)
    return Answer(drawn, media_type="image/png", headers=_EVERY_TIME_ANYWHERE)


@landing_room.operation(
    "GET",
    "/i/<code>/kit.zip",
    access=PUBLIC,
    listed=False,
    refuses=(NotFound,),
    replies=Reply(200, None, "An archive.", "application/zip"),
)
def show_kit(call: Call[Nothing, Nothing]) -> Answer:
    """All of a link in one file: poster and text in Chinese and English, QR code, address."""
    found = in_unit_of_work(lambda uow: service.share_kit(uow, call.path["code"], subjects()), wired.clock())
    code = found.link.shown_code
    packed = kit.pack(found, _url(code), wired.settings().time_zone, _fonts())
    headers = {"Content-Disposition": f'attachment; filename="{code}.zip"', "Cache-Control": _POSTER_KEPT}
    return Answer(packed, media_type="application/zip", headers=headers)


def _page(content: bytes, status: int, cookies: list[str]) -> Answer:
    headers = {**_VARY, **landing.pages().headers, "Set-Cookie": cookies}
    return Answer(content, status, media_type=_HTML, headers=headers)


def _landing(code: str) -> service.Landing:
    return in_unit_of_work(lambda uow: service.landing(uow, code, subjects()))


def _take(step: Callable[[UnitOfWork], bool]) -> None:
    """One visitor in thousands waits until the clicks of all are in the database; without it they wait in the spool."""
    try:
        in_unit_of_work(step)
    except SQLAlchemyError as error:
        _log.warning("clicks wait in the spool", error=type(error).__name__)


def _qr(call: Call[Nothing, Nothing], form: Literal["svg", "png"], media_type: str) -> Answer:
    def draw(uow: UnitOfWork) -> Answer:
        link = service.link_named(uow, call.path["code"])
        return Answer(qr.draw(_url(link.shown_code), form), media_type=media_type, headers=_KEPT)

    return call.transact(draw)


def _wants_page() -> bool:
    return _prefers_page(request.headers.get("Accept", ""))


@lru_cache(maxsize=256)
def _prefers_page(accept: str) -> bool:
    return parse_accept_header(accept, MIMEAccept).best_match(["text/html", "application/json"]) != "application/json"


def _shown(links: Sequence[service.Link], uow: UnitOfWork) -> list[LinkWire]:
    here, posters = wired.public_address(), _fonts().are_there()
    return [LinkWire.of(link, here, uow.now, posters=posters) for link in links]


def _fonts() -> Fonts:
    return Fonts(wired.settings().packages_dir or _PROJECT / "node_modules")


def _url(code: str) -> str:
    return f"{wired.public_address()}/i/{code}"
