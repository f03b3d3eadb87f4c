"""Statements on flash sessions: what they show, how their clock moves, who asked to be told."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class SessionRow(NamedTuple):
    """A session without its picks; the name is None once who opened it has left."""

    id: uuid.UUID
    opened_by: int
    opener_id: uuid.UUID
    display_name: str | None
    brand: str
    title: str
    intro: str
    starts_at: datetime
    ends_at: datetime
    stream_url: str | None
    pinned_place: int | None
    version: int
    cancelled: bool


class SessionPick(NamedTuple):
    """What stands at a place: a deal or a product; a deal that `holds` keeps to the session's clock."""

    deal_id: uuid.UUID | None
    product_id: uuid.UUID | None
    holds: bool = False


class PulseRow(NamedTuple):
    """What changes while people look at a session; `deal_id` or `product_id` is pinned, or neither.

    `scarce` is another text for every other number of what is nearly sold out in it; empty where nothing is.
    """

    version: int
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    stream_url: str | None
    deal_id: uuid.UUID | None
    product_id: uuid.UUID | None
    scarce: str


class Asked(NamedTuple):
    """Somebody who asked to be told when a session begins."""

    session_id: uuid.UUID
    member: int
    brand: str
    title: str
    ends_at: datetime


class HeldRow(NamedTuple):
    """A deal that is to keep to a session's clock, and the session to whose clock it keeps already."""

    id: uuid.UUID
    opened_by: int
    draft: bool
    invited_only: bool
    paused: bool
    group_size: int
    starts_at: datetime
    ends_at: datetime | None
    session_id: uuid.UUID | None


_SESSION = """
    SELECT s.id, s.opened_by, m.id, p.display_name, s.brand, s.title, s.intro, s.starts_at, s.ends_at, s.stream_url,
        s.pinned_place, s.version, s.cancelled_at IS NOT NULL
    FROM flash_sessions s JOIN members m ON m.number = s.opened_by LEFT JOIN member_profiles p ON p.member_id = m.id
"""


def find(session: Session, session_id: uuid.UUID) -> SessionRow | None:
    """One session."""
    row = session.execute(text(_SESSION + " WHERE s.id = :id"), {"id": session_id}).one_or_none()
    return SessionRow(*row) if row else None


def showing(session: Session, now: datetime, after: uuid.UUID | None, limit: int) -> list[SessionRow]:
    """Up to `limit` sessions that are live or announced, as they were made, after this one."""
    rows = session.execute(
        text(
            _SESSION + " WHERE s.cancelled_at IS NULL AND s.over_at IS NULL AND s.ends_at > :now"
            " AND (CAST(:after AS uuid) IS NULL OR s.id > :after) ORDER BY s.id LIMIT :limit"
        ),
        {"now": now, "after": after, "limit": limit},
    )
    return [SessionRow(*row) for row in rows]


def next_ones(session: Session, now: datetime, limit: int) -> list[SessionRow]:
    """Up to `limit` sessions that are live or announced, what ends or begins first standing first."""
    rows = session.execute(
        text(
            _SESSION + " WHERE s.cancelled_at IS NULL AND s.over_at IS NULL AND s.ends_at > :now"
            " ORDER BY s.starts_at > :now, CASE WHEN s.starts_at > :now THEN s.starts_at ELSE s.ends_at END, s.id"
            " LIMIT :limit"
        ),
        {"now": now, "limit": limit},
    )
    return [SessionRow(*row) for row in rows]


def opened_by(session: Session, number: int | None, before: uuid.UUID | None, limit: int) -> list[SessionRow]:
    """Up to `limit` sessions that a member opened, or anybody where `number` is None, the newest first."""
    rows = session.execute(
        text(
            _SESSION + " WHERE (CAST(:number AS bigint) IS NULL OR s.opened_by = :number)"
            " AND (CAST(:before AS uuid) IS NULL OR s.id < :before) ORDER BY s.id DESC LIMIT :limit"
        ),
        {"number": number, "before": before, "limit": limit},
    )
    return [SessionRow(*row) for row in rows]


def titles(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these sessions are called, by id."""
    rows = session.execute(text("SELECT id, title FROM flash_sessions WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.title for row in rows}


def picks_of(session: Session, session_id: uuid.UUID) -> list[SessionPick]:
    """What is picked, in order."""
    rows = session.execute(
        text("SELECT deal_id, product_id, holds FROM flash_session_picks WHERE session_id = :id ORDER BY place"),
        {"id": session_id},
    )
    return [SessionPick(*row) for row in rows]


def pulse(session: Session, session_id: uuid.UUID) -> PulseRow | None:
    """What whoever looks asks for again and again: one read by keys, of the session and what stands in it."""
    row = session.execute(
        text(
            """
            SELECT s.version, s.starts_at, s.ends_at, s.cancelled_at IS NOT NULL, s.stream_url, p.deal_id, p.product_id,
                (SELECT coalesce(md5(string_agg(concat(k.place, '=', n.id, '=', n.units), ' '
                    ORDER BY k.place, n.id)), '') FROM flash_session_picks k CROSS JOIN LATERAL (
                    SELECT u.id, u.stock AS units, u.low_stock_at AS low FROM skus u WHERE u.product_id = k.product_id
                    UNION ALL
                    SELECT d.id, least(sum(u.stock), d.quota - d.taken), sum(u.low_stock_at)
                    FROM deals d JOIN skus u ON u.id = d.sku_id OR u.id IN (
                        SELECT o.sku_id FROM deal_skus o WHERE o.deal_id = d.id)
                    WHERE d.id = k.deal_id GROUP BY d.id
                ) n WHERE k.session_id = s.id AND n.units <= n.low)
            FROM flash_sessions s
            LEFT JOIN flash_session_picks p ON p.session_id = s.id AND p.place = s.pinned_place
            WHERE s.id = :id
            """
        ),
        {"id": session_id},
    ).one_or_none()
    return PulseRow(*row) if row else None


def add(session: Session, values: Mapping[str, object]) -> None:
    """Insert a session; its picks follow."""
    session.execute(
        text(
            "INSERT INTO flash_sessions"
            " (id, opened_by, brand, title, intro, starts_at, ends_at, stream_url, made_at) VALUES"
            " (:id, :opened_by, :brand, :title, :intro, :starts_at, :ends_at, :stream_url, :at)"
        ),
        values,
    )


def lock(session: Session, session_id: uuid.UUID) -> None:
    """Whoever changes a session comes one at a time; what is read afterwards is what the one before left."""
    session.execute(text("SELECT FROM flash_sessions WHERE id = :id FOR NO KEY UPDATE"), {"id": session_id})


def change(session: Session, values: Mapping[str, object]) -> None:
    """Keep what a session says and its clock as they are to be."""
    session.execute(
        text(
            "UPDATE flash_sessions SET brand = :brand, title = :title, intro = :intro, starts_at = :starts_at,"
            " ends_at = :ends_at, stream_url = :stream_url, version = version + 1 WHERE id = :id"
        ),
        values,
    )


def keep_picks(session: Session, session_id: uuid.UUID, picks: Sequence[SessionPick]) -> None:
    """Keep what stands in a session, in this order; nothing of it may be pinned yet."""
    session.execute(text("DELETE FROM flash_session_picks WHERE session_id = :id"), {"id": session_id})
    session.execute(
        text(
            "INSERT INTO flash_session_picks (session_id, place, deal_id, product_id, holds)"
            " SELECT :id, place, deal_id, product_id, holds"
            " FROM unnest(CAST(:deals AS uuid[]), CAST(:products AS uuid[]), CAST(:holds AS boolean[]))"
            " WITH ORDINALITY AS given (deal_id, product_id, holds, place)"
        ),
        {
            "id": session_id,
            "deals": [pick.deal_id for pick in picks],
            "products": [pick.product_id for pick in picks],
            "holds": [pick.holds for pick in picks],
        },
    )


def lock_deals(session: Session, deal_ids: Sequence[uuid.UUID]) -> list[HeldRow]:
    """These deals under their locks, taken in id order: what holds one of them is read once nobody can change it."""
    session.execute(
        text("SELECT FROM deals WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"), {"ids": list(deal_ids)}
    )
    rows = session.execute(
        text(
            """
            SELECT d.id, d.opened_by, d.draft, d.invited_only, d.paused_at IS NOT NULL, d.group_size, d.starts_at,
                coalesce(d.ended_at, d.ends_at), p.session_id
            FROM deals d LEFT JOIN flash_session_picks p ON p.deal_id = d.id AND p.holds
            WHERE d.id = ANY(:ids) ORDER BY d.id
            """
        ),
        {"ids": list(deal_ids)},
    )
    return [HeldRow(*row) for row in rows]


def set_deal_clocks(session: Session, deal_ids: Sequence[uuid.UUID], starts_at: datetime, ends_at: datetime) -> None:
    """These deals begin and end with their session; drafts are published by it."""
    session.execute(
        text(
            "UPDATE deals SET starts_at = :starts_at, ends_at = :ends_at, draft = false"
            " WHERE id = ANY(:ids) AND ended_at IS NULL"
        ),
        {"ids": list(deal_ids), "starts_at": starts_at, "ends_at": ends_at},
    )


def end_deals(session: Session, deal_ids: Sequence[uuid.UUID], at: datetime) -> list[uuid.UUID]:
    """End these deals for good, a pause with them; returns those that were not over yet."""
    rows = session.execute(
        text(
            "UPDATE deals SET ended_at = :at, paused_at = NULL"
            " WHERE id = ANY(:ids) AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > :at) RETURNING id"
        ),
        {"ids": list(deal_ids), "at": at},
    )
    return list(rows.scalars())


def let_go(session: Session, session_id: uuid.UUID, deal_ids: Sequence[uuid.UUID]) -> None:
    """These deals keep to the session's clock no more: another session may take them."""
    session.execute(
        text("UPDATE flash_session_picks SET holds = false WHERE session_id = :id AND deal_id = ANY(:deals)"),
        {"id": session_id, "deals": list(deal_ids)},
    )


def cancel(session: Session, session_id: uuid.UUID, at: datetime) -> None:
    """Call a session off, and forget who waited for it."""
    session.execute(
        text("UPDATE flash_sessions SET cancelled_at = :at, pinned_place = NULL, version = version + 1 WHERE id = :id"),
        {"id": session_id, "at": at},
    )
    session.execute(text("DELETE FROM flash_session_reminders WHERE session_id = :id"), {"id": session_id})


def pin(session: Session, session_id: uuid.UUID, place: int | None, now: datetime) -> bool:
    """Pin what stands at this place, or nothing, while the session is live. False where it is not."""
    row = session.execute(
        text(
            "UPDATE flash_sessions SET pinned_place = :place, version = version + 1"
            " WHERE id = :id AND cancelled_at IS NULL AND starts_at <= :now AND ends_at > :now RETURNING id"
        ),
        {"id": session_id, "place": place, "now": now},
    ).one_or_none()
    return row is not None


def begin_due(session: Session, now: datetime, limit: int) -> list[uuid.UUID]:
    """Mark up to `limit` sessions as begun whose start has come; a second scheduler passes over them."""
    rows = session.execute(
        text(
            """
            WITH due AS (
                SELECT id FROM flash_sessions
                WHERE begun_at IS NULL AND cancelled_at IS NULL AND starts_at <= :now
                ORDER BY starts_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
            )
            UPDATE flash_sessions s SET begun_at = :now, version = version + 1 FROM due WHERE s.id = due.id
            RETURNING s.id
            """
        ),
        {"now": now, "limit": limit},
    )
    return sorted(rows.scalars())


def end_due(session: Session, now: datetime, limit: int) -> list[uuid.UUID]:
    """Mark up to `limit` sessions as over whose end has come; nothing is pinned any more."""
    rows = session.execute(
        text(
            """
            WITH due AS (
                SELECT id FROM flash_sessions
                WHERE over_at IS NULL AND begun_at IS NOT NULL AND cancelled_at IS NULL AND ends_at <= :now
                ORDER BY ends_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
            )
            UPDATE flash_sessions s SET over_at = :now, pinned_place = NULL, version = version + 1
            FROM due WHERE s.id = due.id RETURNING s.id
            """
        ),
        {"now": now, "limit": limit},
    )
    return sorted(rows.scalars())


def ask(session: Session, session_id: uuid.UUID, member: int, at: datetime) -> None:
    """Note that a member wants to be told; once more changes nothing."""
    session.execute(
        text(
            "INSERT INTO flash_session_reminders (session_id, member, asked_at) VALUES (:id, :member, :at)"
            " ON CONFLICT DO NOTHING"
        ),
        {"id": session_id, "member": member, "at": at},
    )


def ask_no_more(session: Session, session_id: uuid.UUID, member: int) -> None:
    """Note that a member does not want to be told."""
    session.execute(
        text("DELETE FROM flash_session_reminders WHERE session_id = :id AND member = :member"),
        {"id": session_id, "member": member},
    )


def has_asked(session: Session, session_id: uuid.UUID, member: int) -> bool:
    """Whether the member waits to be told."""
    return bool(
        session.execute(
            text("SELECT EXISTS (SELECT FROM flash_session_reminders WHERE session_id = :id AND member = :member)"),
            {"id": session_id, "member": member},
        ).scalar_one()
    )


def take_asked(session: Session, session_ids: Sequence[uuid.UUID], now: datetime) -> list[Asked]:
    """Who waits for these sessions, of those that have not ended meanwhile; from now on nobody does."""
    rows = session.execute(
        text(
            """
            WITH gone AS (
                DELETE FROM flash_session_reminders WHERE session_id = ANY(:ids) RETURNING session_id, member
            )
            SELECT s.id, g.member, s.brand, s.title, s.ends_at
            FROM gone g JOIN flash_sessions s ON s.id = g.session_id
            WHERE s.cancelled_at IS NULL AND s.ends_at > :now ORDER BY s.id, g.member
            """
        ),
        {"ids": list(session_ids), "now": now},
    )
    return [Asked(*row) for row in rows]
