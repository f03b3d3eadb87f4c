"""Views of banners: spooled as they come, written down many at a time, judged and counted later by a job."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows
from socialshop.invites.store import forgetting
from socialshop.invites.store.clicks import EPOCH, MICROSECOND


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

# The verdicts of clicks, by the same rules.
_JUDGE = text(
    """
    WITH waiting AS (
        SELECT id, link_id, visitor, bot, closed, viewed_at FROM banner_views
        WHERE verdict IS NULL ORDER BY id LIMIT :batch
    ), judged AS (
        UPDATE banner_views b SET verdict = CASE
            WHEN w.bot THEN 'bot'
            WHEN EXISTS (
                SELECT FROM invite_visitors v WHERE v.visitor = w.visitor AND v.member_id = l.owner_id
            ) THEN 'self'
            WHEN w.closed THEN 'closed'
            WHEN EXISTS (
                SELECT FROM banner_views e
                WHERE e.link_id = w.link_id AND e.visitor = w.visitor AND NOT e.bot AND NOT e.closed AND e.id <> w.id
                    AND e.viewed_at > w.viewed_at - CAST(:within AS interval)
                    AND e.viewed_at < w.viewed_at + CAST(:within AS interval)
                    AND ((e.viewed_at, e.id) < (w.viewed_at, w.id) OR e.verdict IS NOT NULL)
            ) THEN 'repeat'
            ELSE 'counted'
        END
        FROM waiting w JOIN invite_links l ON l.id = w.link_id
        WHERE b.id = w.id
        RETURNING b.link_id, b.verdict, (b.viewed_at AT TIME ZONE :zone)::date AS on_day
    ), by_day AS (
        INSERT INTO banner_view_days AS k (link_id, on_day, views, repeats, own, bots, closed)
        SELECT link_id, on_day, count(*) FILTER (WHERE verdict = 'counted'),
            count(*) FILTER (WHERE verdict = 'repeat'), count(*) FILTER (WHERE verdict = 'self'),
            count(*) FILTER (WHERE verdict = 'bot'), count(*) FILTER (WHERE verdict = 'closed')
        FROM judged GROUP BY link_id, on_day
        ON CONFLICT (link_id, on_day) DO UPDATE SET views = k.views + excluded.views,
            repeats = k.repeats + excluded.repeats, own = k.own + excluded.own, bots = k.bots + excluded.bots,
            closed = k.closed + excluded.closed
    )
    SELECT count(*) FROM judged
    """
)


def add(session: Session, views: Sequence[View]) -> None:
    """Write views down, to be judged."""
    copy_rows(session, "banner_views", View._fields, views)


def judge(session: Session, batch: int, within: timedelta, zone: str) -> int:
    """Judge the oldest `batch` views that wait, and add them up; how many there were. For one at a time."""
    return int(session.execute(_JUDGE, {"batch": batch, "within": within, "zone": zone}).scalar_one())


def forget(session: Session, before: datetime, limit: int) -> int:
    """Of the oldest `limit` views, remove those of before then that were added up; returns how many."""
    return forgetting.forget_judged(session, "banner_views", "viewed_at", before, limit)


def forget_days(session: Session, before: date, limit: int) -> int:
    """Remove up to `limit` sums of days before then; returns how many."""
    return forgetting.forget_days(session, "banner_view_days", before, limit)
