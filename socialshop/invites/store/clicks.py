"""Clicks: spooled as they come, written down many at a time, judged and counted later by a job."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows


class Opened(NamedTuple):
    """A link as its landing page shows it; the owner's name is None once that person has left the shop."""

    id: uuid.UUID
    kind: str
    target_id: uuid.UUID | None
    owner_name: str | None


class Click(NamedTuple):
    """Somebody opened a link."""

    link_id: uuid.UUID
    visitor: bytes
    member_id: uuid.UUID | None
    bot: bool
    clicked_at: datetime

    def pack(self) -> bytes:
        """As it lies in the spool: a member of nobody is the nil UUID, the instant counts microseconds."""
        member = _NOBODY if self.member_id is None else self.member_id.bytes
        instant = (self.clicked_at - _EPOCH) // _MICROSECOND
        return _RECORD.pack(self.link_id.bytes, self.visitor, member, self.bot, instant)

    @classmethod
    def unpack(cls, record: bytes) -> Click:
        """A click as it was packed."""
        link, visitor, member, bot, instant = _RECORD.unpack(record)
        member_id = None if member == _NOBODY else uuid.UUID(bytes=member)
        return cls(uuid.UUID(bytes=link), visitor, member_id, bot, _EPOCH + instant * _MICROSECOND)


_RECORD = struct.Struct(">16s32s16s?q")
RECORD_BYTES = _RECORD.size
_NOBODY = bytes(16)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_OPEN = text(
    "SELECT l.id, l.kind, l.target_id, p.display_name"
    " FROM invite_links l LEFT JOIN member_profiles p ON p.member_id = l.owner_id WHERE l.code = :code"
)

# Of the clicks of one visitor on one link within a day at most one counts, in whatever order they become visible: an
# earlier one stands against it, and so does any that was judged before.
_JUDGE = text(
    """
    WITH waiting AS (
        SELECT id, link_id, visitor, member_id, bot, clicked_at FROM invite_clicks
        WHERE verdict IS NULL ORDER BY id LIMIT :batch
    ), judged AS (
        UPDATE invite_clicks c SET verdict = CASE
            WHEN w.bot THEN 'bot'
            WHEN w.member_id = l.owner_id OR EXISTS (
                SELECT FROM invite_visitors v WHERE v.visitor = w.visitor AND v.member_id = l.owner_id
            ) THEN 'self'
            WHEN EXISTS (
                SELECT FROM invite_clicks e
                WHERE e.link_id = w.link_id AND e.visitor = w.visitor AND NOT e.bot AND e.id <> w.id
                    AND e.clicked_at > w.clicked_at - CAST(:within AS interval)
                    AND e.clicked_at < w.clicked_at + CAST(:within AS interval)
                    AND ((e.clicked_at, e.id) < (w.clicked_at, w.id) OR e.verdict IS NOT NULL)
            ) THEN 'repeat'
            ELSE 'counted'
        END
        FROM waiting w JOIN invite_links l ON l.id = w.link_id
        WHERE c.id = w.id
        RETURNING c.link_id, c.verdict
    ), counted AS (
        INSERT INTO invite_click_counts AS k (link_id, clicks, repeats, own, bots)
        SELECT link_id, count(*) FILTER (WHERE verdict = 'counted'), count(*) FILTER (WHERE verdict = 'repeat'),
            count(*) FILTER (WHERE verdict = 'self'), count(*) FILTER (WHERE verdict = 'bot')
        FROM judged GROUP BY link_id
        ON CONFLICT (link_id) DO UPDATE SET clicks = k.clicks + excluded.clicks, repeats = k.repeats + excluded.repeats,
            own = k.own + excluded.own, bots = k.bots + excluded.bots
    )
    SELECT count(*) FROM judged
    """
)


def open_link(session: Session, code: str) -> Opened | None:
    """The link with this code."""
    row = session.execute(_OPEN, {"code": code}).one_or_none()
    return None if row is None else Opened._make(row)


def add(session: Session, clicks: Sequence[Click]) -> None:
    """Write clicks down, to be judged."""
    copy_rows(session, "invite_clicks", Click._fields, clicks)


def judge(session: Session, batch: int, within: timedelta) -> int:
    """Judge the oldest `batch` clicks that wait, and add them up; how many there were. For one at a time."""
    return int(session.execute(_JUDGE, {"batch": batch, "within": within}).scalar_one())


def recognize(session: Session, visitor: bytes, member_id: uuid.UUID, at: datetime) -> None:
    """Remember that this visitor is that member, and when it was noticed last."""
    session.execute(
        text(
            "INSERT INTO invite_visitors (visitor, member_id, seen_at) VALUES (:visitor, :member_id, :at)"
            " ON CONFLICT (visitor, member_id) DO UPDATE SET seen_at = excluded.seen_at"
        ),
        {"visitor": visitor, "member_id": member_id, "at": at},
    )


def browser_groups(session: Session, numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Who of these members came with the same browser, a group a browser. One statement."""
    found = session.execute(
        text(
            """
            SELECT DISTINCT array_agg(m.number ORDER BY m.number)
            FROM members m JOIN invite_visitors v ON v.member_id = m.id
            WHERE m.number = ANY(CAST(:numbers AS bigint[]))
            GROUP BY v.visitor HAVING count(*) > 1 ORDER BY 1
            """
        ),
        {"numbers": list(numbers)},
    )
    return [tuple(numbers) for (numbers,) in found]


def forget(session: Session, before: datetime, limit: int) -> int:
    """Of the oldest `limit` clicks, remove those of before then that were added up; returns how many."""
    removed = session.execute(
        text(
            """
            DELETE FROM invite_clicks c USING (SELECT id FROM invite_clicks ORDER BY id LIMIT :limit) oldest
            WHERE c.id = oldest.id AND c.clicked_at < :before AND c.verdict IS NOT NULL RETURNING c.id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())


def forget_visitors(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` visitors who were recognized before then; returns how many."""
    removed = session.execute(
        text(
            """
            DELETE FROM invite_visitors WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM invite_visitors WHERE seen_at < :before LIMIT :limit FOR UPDATE SKIP LOCKED))
            RETURNING 1
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())
