"""Statements on publishers."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class PublisherRow(NamedTuple):
    """A publisher as it stands; the name is None once the person has left."""

    member_id: uuid.UUID
    number: int
    display_name: str | None
    site_name: str
    site_url: str
    kind: str
    status: str
    reason: str | None
    applied_at: datetime
    decided_at: datetime | None
    approved_at: datetime | None
    ended_at: datetime | None


_PUBLISHER = """
    SELECT m.id, m.number, n.display_name, p.site_name, p.site_url, p.kind, p.status, p.reason, p.applied_at,
        p.decided_at, p.approved_at, p.ended_at
    FROM publishers p JOIN members m ON m.number = p.member
    LEFT JOIN member_profiles n ON n.member_id = m.id
"""


def apply(session: Session, values: dict[str, object]) -> bool:
    """Insert who asks, or let who was refused or ended ask again; False where it waits or is approved."""
    row = session.execute(
        text(
            """
            INSERT INTO publishers AS p (member, site_name, site_url, kind, status, applied_at)
            VALUES (:member, :site_name, :site_url, :kind, 'open', :at)
            ON CONFLICT (member) DO UPDATE SET site_name = excluded.site_name, site_url = excluded.site_url,
                kind = excluded.kind, status = 'open', reason = NULL, applied_at = excluded.applied_at,
                decided_at = NULL, approved_at = NULL, ended_at = NULL
            WHERE p.status IN ('rejected', 'ended') RETURNING member
            """
        ),
        values,
    ).one_or_none()
    return row is not None


def of_member(session: Session, member: int) -> PublisherRow | None:
    """The publisher that a member is, or asks to be."""
    return next(iter(_read(session, "WHERE p.member = :member", {"member": member})), None)


def by_status(session: Session, status: str, after: uuid.UUID | None, limit: int) -> list[PublisherRow]:
    """Up to `limit` publishers that stand so, in the order of their members, after this one."""
    return _read(
        session,
        "WHERE p.status = :status AND (CAST(:after AS uuid) IS NULL OR p.member > ("
        "SELECT number FROM members WHERE id = :after)) ORDER BY p.member LIMIT :limit",
        {"status": status, "after": after, "limit": limit},
    )


def lock(session: Session, member_id: uuid.UUID) -> PublisherRow | None:
    """One publisher, for this transaction alone to decide."""
    session.execute(
        text("SELECT FROM publishers p JOIN members m ON m.number = p.member WHERE m.id = :id FOR NO KEY UPDATE OF p"),
        {"id": member_id},
    )
    return find(session, member_id)


def find(session: Session, member_id: uuid.UUID) -> PublisherRow | None:
    """One publisher, as it stands."""
    return next(iter(_read(session, "WHERE m.id = :id", {"id": member_id})), None)


def decide(session: Session, row: PublisherRow) -> None:
    """Write how a locked publisher stands."""
    session.execute(
        text(
            """
            UPDATE publishers SET status = :status, reason = :reason, decided_at = :decided_at,
                approved_at = :approved_at, ended_at = :ended_at
            WHERE member = :number
            """
        ),
        row._asdict(),
    )


def _read(session: Session, condition: str, values: dict[str, object]) -> list[PublisherRow]:
    return [PublisherRow(*row) for row in session.execute(text(f"{_PUBLISHER} {condition}"), values)]


def set_feed_key(session: Session, member: int, key_hash: bytes) -> bool:
    """Keep the hash of an approved publisher's new key; False for who is none."""
    row = session.execute(
        text(
            "UPDATE publishers SET feed_key_hash = :hash"
            " WHERE member = :member AND status = 'approved' RETURNING member"
        ),
        {"hash": key_hash, "member": member},
    ).one_or_none()
    return row is not None


def by_feed_key(session: Session, key_hash: bytes) -> PublisherRow | None:
    """The approved publisher whose feed has this key."""
    condition = "WHERE p.feed_key_hash = :hash AND p.status = 'approved'"
    return next(iter(_read(session, condition, {"hash": key_hash})), None)


class DayRow(NamedTuple):
    """What a day and channel brought besides clicks and sales: views, and what was counted earned; by kind of count."""

    on_day: date
    channel: str | None
    views: int
    repeats: int
    own: int
    bots: int
    closed: int
    counted_minor: int


def count_days(session: Session, member_id: uuid.UUID, number: int, since: date, currency: str) -> list[DayRow]:
    """Views of a member's banners, and what counts earned less what was taken back, by day and channel."""
    rows = session.execute(
        text(
            """
            SELECT on_day, channel, CAST(sum(views) AS bigint), CAST(sum(repeats) AS bigint), CAST(sum(own) AS bigint),
                CAST(sum(bots) AS bigint), CAST(sum(closed) AS bigint), CAST(sum(counted_minor) AS bigint)
            FROM (
                SELECT d.on_day, l.channel, d.views, d.repeats, d.own, d.bots, d.closed, 0 AS counted_minor
                FROM invite_links l JOIN banner_view_days d ON d.link_id = l.id
                WHERE l.owner_id = :member_id AND d.on_day >= :since
                UNION ALL
                SELECT y.on_day, l.channel, 0, 0, 0, 0, 0, a.amount_minor - a.clawed_minor
                FROM tallies y JOIN accruals a ON a.tally_id = y.id LEFT JOIN invite_links l ON l.id = y.link_id
                WHERE y.member = :number AND y.on_day >= :since AND a.currency = :currency AND a.status <> 'rejected'
            ) f GROUP BY on_day, channel
            """
        ),
        {"member_id": member_id, "number": number, "since": since, "currency": currency},
    )
    return [DayRow(*row) for row in rows]


class ChannelRow(NamedTuple):
    """A channel of a publisher that was listed, and until when."""

    channel: str
    listed_at: datetime
    ended_at: datetime | None


def channels(session: Session, member: int) -> list[ChannelRow]:
    """A publisher's listed channels, also those that ended; the newest first."""
    rows = session.execute(
        text(
            "SELECT channel, listed_at, ended_at FROM publisher_channels WHERE member = :member"
            " ORDER BY listed_at DESC, channel LIMIT 100"
        ),
        {"member": member},
    )
    return [ChannelRow(*row) for row in rows]


def has_channel(session: Session, member_id: uuid.UUID, channel: str) -> bool:
    """Whether the member has a link of this channel."""
    found = session.execute(
        text("SELECT FROM invite_links WHERE owner_id = :id AND channel = :channel LIMIT 1"),
        {"id": member_id, "channel": channel},
    )
    return found.first() is not None


def list_channel(session: Session, member: int, channel: str, now: datetime) -> bool:
    """List a channel; False if it is."""
    row = session.execute(
        text(
            "INSERT INTO publisher_channels (member, channel, listed_at) VALUES (:member, :channel, :now)"
            " ON CONFLICT (member, channel) WHERE ended_at IS NULL DO NOTHING RETURNING member"
        ),
        {"member": member, "channel": channel, "now": now},
    )
    return row.first() is not None


def end_channels(session: Session, member: int, channel: str | None, now: datetime) -> int:
    """Take a channel off the list, or all of the publisher's; how many there were."""
    rows = session.execute(
        text(
            "UPDATE publisher_channels SET ended_at = :now WHERE member = :member AND ended_at IS NULL"
            " AND (CAST(:channel AS text) IS NULL OR channel = :channel) RETURNING channel"
        ),
        {"member": member, "channel": channel, "now": now},
    )
    return len(rows.all())
