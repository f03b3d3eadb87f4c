"""A publisher's page shows the banner of a link: the view is recorded, and a job judges it as clicks are judged."""

from __future__ import annotations

import base64
import hmac
import uuid
from datetime import datetime

import structlog

from socialshop.infra import spool, wired
from socialshop.infra.spool import Spool
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.invites import rules
from socialshop.invites.service.visiting import Landing
from socialshop.invites.store import views as store
from socialshop.invites.store.views import RECORD_BYTES, View

_BATCH = 5_000
_KEY_BYTES = 12
_log = structlog.get_logger(__name__)


def banner_key(secret: bytes, link_id: uuid.UUID) -> str:
    """What makes the banner's address of a link one that the shop gave out: nobody counts views for another's code."""
    mac = hmac.digest(secret, link_id.bytes, "sha256")[:_KEY_BYTES]
    return base64.urlsafe_b64encode(mac).decode()


def is_banner_key(secret: bytes, link_id: uuid.UUID, key: str) -> bool:
    """Whether the address is ours."""
    return key.isascii() and hmac.compare_digest(key, banner_key(secret, link_id))


def record_view(landing: Landing, visitor: bytes, bot: bool, now: datetime) -> None:
    """Record that somebody saw the banner of a link, as `record_click` does a click."""
    try:
        _spool().append(View(landing.link_id, visitor, bot, landing.closed is not None, now).pack())
    except OSError as error:
        _log.error("a view was not recorded", link=str(landing.link_id), why=error.strerror or str(error))


def views_are_due() -> bool:
    """Whether this caller should take the views that wait."""
    return _spool().is_due()


def take_views(uow: UnitOfWork) -> bool:
    """Write spooled views down; True while more wait."""

    def put(records: list[bytes]) -> None:
        store.add(uow.session, [View.unpack(record) for record in records])

    return _spool().take(uow, put) > 0


def judge_views(uow: UnitOfWork) -> bool:
    """Take the views that were spooled, judge them, and add them up; True while more wait. One at a time."""
    advisory_lock(uow, "invites:judging_views")
    taken = take_views(uow)
    zone = wired.settings().time_zone
    return store.judge(uow.session, _BATCH, rules.REPEAT_WITHIN, zone) == _BATCH or taken


def forget_views(uow: UnitOfWork, before: datetime) -> bool:
    """Forget views of before then, which the days' figures have counted; True if there may be more."""
    return store.forget(uow.session, before, _BATCH) == _BATCH


def forget_view_days(uow: UnitOfWork, before: datetime) -> bool:
    """Forget how often each banner was seen on days before then; what was paid for stays. True if there may be more."""
    return store.forget_days(uow.session, before.date(), _BATCH) == _BATCH


def _spool() -> Spool:
    return spool.spool("views", RECORD_BYTES)
