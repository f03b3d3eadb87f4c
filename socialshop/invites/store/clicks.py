"""Clicks: spooled as they come, written down many at a time, judged and counted later by a job."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.db import copy_rows
from socialshop.invites.store import forgetting, judging
from socialshop.invites.store.judging import Kind


class Opened(NamedTuple):
    """A link as its landing page shows it; the owner's name is None once that person has left the shop."""

    id: uuid.UUID
    kind: str
    target_id: uuid.UUID | None
    owner_name: str | None
    code: str
    vanity: str | None
    expires_at: datetime | None
    paused_at: datetime | None


class Click(NamedTuple):
    """Somebody opened a link."""

    link_id: uuid.UUID
    visitor: bytes
    member_id: uuid.UUID | None
    bot: bool
    clicked_at: datetime
    closed: bool = False

    def pack(self) -> bytes:
        """As it lies in the spool: a member of nobody is the nil UUID, the instant counts microseconds."""
        member = _NOBODY if self.member_id is None else self.member_id.bytes
        instant = (self.clicked_at - EPOCH) // MICROSECOND
        flags = self.bot * _BOT | self.closed * _CLOSED
        return _RECORD.pack(self.link_id.bytes, self.visitor, member, flags, instant)

    @classmethod
    def unpack(cls, record: bytes) -> Click:
        """A click as it was packed."""
        link, visitor, member, flags, instant = _RECORD.unpack(record)
        member_id = None if member == _NOBODY else uuid.UUID(bytes=member)
        clicked_at = EPOCH + instant * MICROSECOND
        return cls(uuid.UUID(bytes=link), visitor, member_id, bool(flags & _BOT), clicked_at, bool(flags & _CLOSED))


_RECORD = struct.Struct(">16s32s16sBq")
_BOT, _CLOSED = 1, 2
RECORD_BYTES = _RECORD.size
_NOBODY = bytes(16)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_OPEN = text(
    "SELECT l.id, l.kind, l.target_id, p.display_name, l.code, l.vanity, l.expires_at, l.paused_at"
    " FROM invite_links l LEFT JOIN member_profiles p ON p.member_id = l.owner_id"
    " WHERE l.code = :code OR l.vanity_key = :vanity_key"
)

_JUDGE = judging.statement(
    Kind("invite_clicks", "clicked_at", "invite_click_days", "clicks", knows_member=True, totals="invite_click_counts")
)


# The link of another that the member (`:member`, a number) followed while it was open, since `:followed_since`, in any
# browser that the member has signed in with since: the last one, or the first where `:followed_first`.
FOLLOWED_ELSEWHERE = """
    SELECT c.link_id FROM members me
    JOIN invite_visitors v ON v.member_id = me.id
    JOIN invite_clicks c ON c.visitor = v.visitor AND NOT c.bot AND NOT c.closed
    JOIN invite_links by ON by.id = c.link_id AND by.owner_id <> me.id
    WHERE me.number = :member AND c.clicked_at >= :followed_since AND c.clicked_at <= :now
    ORDER BY CASE WHEN :followed_first THEN c.clicked_at END, c.clicked_at DESC LIMIT 1
"""


def open_link(session: Session, code: str, vanity_key: str | None) -> Opened | None:
    """The link with this code, the shop's or the owner's."""
    row = session.execute(_OPEN, {"code": code, "vanity_key": vanity_key}).one_or_none()
    return None if row is None else Opened._make(row)


def add(session: Session, clicks: Sequence[Click]) -> None:
    """Write clicks down, to be judged."""
    copy_rows(session, "invite_clicks", Click._fields, clicks)


def judge(session: Session, batch: int, within: timedelta, zone: str) -> int:
    """Judge the oldest `batch` clicks that wait, and add them up; how many there were. For one at a time."""
    return judging.judge(session, _JUDGE, batch, within, zone)


def recognize(session: Session, visitor: bytes, member_id: uuid.UUID, at: datetime) -> None:
    """Remember that this visitor is that member, and when it was noticed last."""
    session.execute(
        text(
            "INSERT INTO invite_visitors (visitor, member_id, seen_at) VALUES (:visitor, :member_id, :at)"
            " ON CONFLICT (visitor, member_id) DO UPDATE SET seen_at = excluded.seen_at"
        ),
        {"visitor": visitor, "member_id": member_id, "at": at},
    )


def touched(session: Session, number: int, since: datetime, now: datetime, *, first: bool) -> uuid.UUID | None:
    """The first or last open link since then that any browser of the member's followed; not the own ones."""
    values = {"member": number, "followed_since": since, "followed_first": first, "now": now}
    found: uuid.UUID | None = session.execute(text(FOLLOWED_ELSEWHERE), values).scalar_one_or_none()
    return found


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
    return forgetting.forget_judged(session, "invite_clicks", "clicked_at", before, limit)


def forget_days(session: Session, before: date, limit: int) -> int:
    """Remove up to `limit` sums of days before then; returns how many."""
    return forgetting.forget_days(session, "invite_click_days", before, limit)


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
