"""Somebody follows a link: the click is recorded, and the landing page's facts come back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from socialshop.infra import spool, wired
from socialshop.infra.spool import Spool
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites import rules
from socialshop.invites.gateway import Subjects
from socialshop.invites.rules import Closed, Kind, ShareSubject
from socialshop.invites.store import clicks as store
from socialshop.invites.store.clicks import RECORD_BYTES, Click
from socialshop.kernel.errors import NotFound

_BATCH = 5_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who opens a link: the hash of the visitor's number, the member where one is signed in, and whether a program."""

    visitor: bytes
    member_id: uuid.UUID | None
    bot: bool


@dataclass(frozen=True, slots=True)
class Landing:
    """What a visitor sees: who invites, and to what. `subject` is None for a member's link, or once it is gone.

    `code` is the one that is handed on; a link that is `closed` shows nothing else and binds nobody.
    """

    link_id: uuid.UUID
    code: str
    kind: Kind
    target_id: uuid.UUID | None
    inviter: str
    subject: ShareSubject | None
    closed: Closed | None = None


def landing(uow: UnitOfWork, code: str, subjects: Subjects) -> Landing:
    """What the link with this code leads to. Raises NotFound. One statement, and one for a target."""
    canonical = rules.canonical(code)
    key = rules.vanity_key(canonical)
    opened = store.open_link(uow.session, canonical, key) if key or rules.is_code(canonical) else None
    if opened is None:
        raise NotFound("no such invite link")
    kind, closed = Kind(opened.kind), rules.closed(opened.expires_at, opened.paused_at, uow.now)
    target_id = None if closed else opened.target_id
    subject = None if target_id is None else find_subject(uow, subjects, kind, target_id)
    shown = opened.vanity or opened.code
    return Landing(opened.id, shown, kind, target_id, opened.owner_name or "", subject, closed)


def record_click(landing: Landing, visit: Visit, now: datetime) -> None:
    """Record that somebody opened a link: in the spool, from where it comes into the database with many others.

    A disk that takes no more costs the click, which the log has, and never the page.
    """
    try:
        click = Click(landing.link_id, visit.visitor, visit.member_id, visit.bot, now, landing.closed is not None)
        _spool().append(click.pack())
    except OSError as error:
        _log.error("a click was not recorded", link=str(landing.link_id), why=error.strerror or str(error))


def clicks_are_due() -> bool:
    """Whether this caller should take the clicks that wait."""
    return _spool().is_due()


def take_clicks(uow: UnitOfWork) -> bool:
    """Write spooled clicks down; True while more wait."""

    def put(records: list[bytes]) -> None:
        store.add(uow.session, [Click.unpack(record) for record in records])

    return _spool().take(uow, put) > 0


def _spool() -> Spool:
    return spool.spool("clicks", RECORD_BYTES)


def find_subject(uow: UnitOfWork, subjects: Subjects, kind: Kind, target_id: uuid.UUID) -> ShareSubject | None:
    """What a link leads to; None once it is gone."""
    try:
        return subjects[kind](uow, target_id)
    except NotFound:
        return None


def sharing_a_browser(uow: UnitOfWork, numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Who of these members came with the same browser, a group of numbers a browser."""
    return store.browser_groups(uow.session, numbers)


def recognize(uow: UnitOfWork, visitor: bytes, member_id: uuid.UUID) -> None:
    """Remember that a visitor is this member, whose own links the visitor's clicks then do not count for."""
    store.recognize(uow.session, visitor, member_id, uow.now)


@dataclass(frozen=True, slots=True)
class Window:
    """Since when a link counts that a member followed with another browser, and whether the first or the last does."""

    since: datetime
    first: bool


def window(now: datetime) -> Window:
    """What the shop counts of links now."""
    settings = wired.settings()
    return Window(now - timedelta(days=settings.attribution_days), settings.attribution_touch == "first")


def followed_elsewhere(uow: UnitOfWork, number: int, among: Window) -> uuid.UUID | None:
    """The link that a member followed with any browser in which the member signed in since; some seconds behind."""
    return store.touched(uow.session, number, among.since, uow.now, first=among.first)


def judge_clicks(uow: UnitOfWork) -> bool:
    """Take the clicks that were spooled, judge them, and add them up; True while more wait.

    One at a time, so that of two clicks of one visitor the second finds the first judged.
    """
    advisory_lock(uow, "invites:judging")
    taken = take_clicks(uow)
    zone = wired.settings().time_zone
    return store.judge(uow.session, _BATCH, rules.REPEAT_WITHIN, zone) == _BATCH or taken


def forget_visitors(uow: UnitOfWork, before: datetime) -> bool:
    """Forget which visitor was which member, where that was noticed before then; True if there may be more."""
    return store.forget_visitors(uow.session, before, _BATCH) == _BATCH


def forget_clicks(uow: UnitOfWork, before: datetime) -> bool:
    """Forget clicks of before then, which the links' figures have counted; True if there may be more."""
    return store.forget(uow.session, before, _BATCH) == _BATCH


def forget_click_days(uow: UnitOfWork, before: datetime) -> bool:
    """Forget what each link was clicked on days before then; its whole figures stay. True if there may be more."""
    return store.forget_days(uow.session, before.date(), _BATCH) == _BATCH
