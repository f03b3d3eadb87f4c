"""Views of banners: spooled as they come, written down many at a time, judged and counted later by a job."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows
from socialshop.invites.store import forgetting, judging
from socialshop.invites.store.clicks import EPOCH, MICROSECOND
from socialshop.invites.store.judging import Kind


class View(NamedTuple):
    """Somebody's browser fetched the banner of a link."""

    link_id: uuid.UUID
    visitor: bytes
    bot: bool
    closed: bool
    viewed_at: datetime

    def pack(self) -> bytes:
        """As it lies in the spool; the instant counts microseconds."""
        instant = (self.viewed_at - EPOCH) // MICROSECOND
        return _RECORD.pack(self.link_id.bytes, self.visitor, self.bot, self.closed, instant)

    @classmethod
    def unpack(cls, record: bytes) -> View:
        """A view as it was packed."""
        link, visitor, bot, closed, instant = _RECORD.unpack(record)
        return cls(uuid.UUID(bytes=link), visitor, bot, closed, EPOCH + instant * MICROSECOND)


_RECORD = struct.Struct(">16s32s??q")
RECORD_BYTES = _RECORD.size

_JUDGE = judging.statement(Kind("banner_views", "viewed_at", "banner_view_days", "views", knows_member=False))


def add(session: Session, views: Sequence[View]) -> None:
    """Write views down, to be judged."""
    copy_rows(session, "banner_views", View._fields, views)


def judge(session: Session, batch: int, within: timedelta, zone: str) -> int:
    """Judge the oldest `batch` views that wait, and add them up; how many there were. For one at a time."""
    return judging.judge(session, _JUDGE, batch, within, zone)


def forget(session: Session, before: datetime, limit: int) -> int:
    """Of the oldest `limit` views, remove those of before then that were added up; returns how many."""
    return forgetting.forget_judged(session, "banner_views", "viewed_at", before, limit)


def forget_days(session: Session, before: date, limit: int) -> int:
    """Remove up to `limit` sums of days before then; returns how many."""
    return forgetting.forget_days(session, "banner_view_days", before, limit)
