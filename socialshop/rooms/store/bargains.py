"""Statements on bargains and their chops. Whoever moves a bargain locks its row first and reads what it needs after."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.orders.service import BOUGHT_BEFORE
from socialshop.rooms.chops import Bargain
from socialshop.screening.signals import Signals


class BargainRow(NamedTuple):
    """A bargain; `seed` never leaves the shop."""

    id: uuid.UUID
    deal_id: uuid.UUID
    sku_id: uuid.UUID
    member: int
    title: str
    currency: str
    return_days: int
    seat_hold_seconds: int
    per_member_limit: int | None
    shipping_minor: int | None
    start_minor: int
    floor_minor: int
    price_minor: int
    chops: int
    chops_made: int
    buy_at: str
    newcomer_bps: int
    seed: bytes
    device: bytes | None
    status: Bargain
    room_id: uuid.UUID | None
    version: int
    expires_at: datetime


class ChopRow(NamedTuple):
    """A friend's chop; the name is None once the person has left."""

    member: int
    display_name: str | None
    amount_minor: int
    at: datetime


class Seen(NamedTuple):
    """What decides whether a chop counts, read under the bargain's lock."""

    chopped: bool
    same_device: bool
    of_network: int
    paused: bool
    newcomer: bool


class OverRow(NamedTuple):
    """A bargain whose time ran out."""

    id: uuid.UUID
    member: int
    title: str


_COLUMNS = ", ".join(f"b.{name}" for name in BargainRow._fields)
_FIND = text(f"SELECT {_COLUMNS} FROM bargains b WHERE b.id = :id")  # noqa: S608 - a constant
_LOCK = text(f"SELECT {_COLUMNS} FROM bargains b WHERE b.id = :id FOR NO KEY UPDATE")  # noqa: S608 - a constant


def start(session: Session, values: dict[str, Any]) -> bool:
    """Insert a bargain; False where the member's other one on this offer runs."""
    row = session.execute(
        text(
            """
            INSERT INTO bargains (id, deal_id, sku_id, member, title, currency, return_days, seat_hold_seconds,
                per_member_limit, shipping_minor, start_minor, floor_minor, price_minor, chops, buy_at, newcomer_bps,
                seed, device, started_at, expires_at)
            VALUES (:id, :deal_id, :sku_id, :member, :title, :currency, :return_days, :seat_hold_seconds,
                :per_member_limit, :shipping_minor, :start_minor, :floor_minor, :start_minor, :chops, :buy_at,
                :newcomer_bps, :seed, :device, :started_at, :expires_at)
            ON CONFLICT (deal_id, member) WHERE status = 'open' DO NOTHING RETURNING id
            """
        ),
        values,
    ).one_or_none()
    return row is not None


def running(session: Session, deal_id: uuid.UUID, member: int) -> uuid.UUID | None:
    """The member's open bargain on this offer."""
    return session.execute(
        text("SELECT id FROM bargains WHERE deal_id = :deal AND member = :member AND status = 'open'"),
        {"deal": deal_id, "member": member},
    ).scalar_one_or_none()


def find(session: Session, bargain_id: uuid.UUID) -> BargainRow | None:
    """One bargain, by its key."""
    return _bargain(session.execute(_FIND, {"id": bargain_id}).one_or_none())


def lock(session: Session, bargain_id: uuid.UUID) -> BargainRow | None:
    """One bargain, for this transaction alone to move."""
    return _bargain(session.execute(_LOCK, {"id": bargain_id}).one_or_none())


def version(session: Session, bargain_id: uuid.UUID) -> int | None:
    """The bargain's version, by its key alone: what most polls cost."""
    return session.execute(text("SELECT version FROM bargains WHERE id = :id"), {"id": bargain_id}).scalar_one_or_none()


def of_member(session: Session, member: int, before: uuid.UUID | None, limit: int) -> list[BargainRow]:
    """Up to `limit` bargains that a member started, the newest first, older than this one."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM bargains b WHERE b.member = :member"  # noqa: S608 - a constant
            " AND (CAST(:before AS uuid) IS NULL OR b.id < :before) ORDER BY b.id DESC LIMIT :limit"
        ),
        {"member": member, "before": before, "limit": limit},
    )
    return [BargainRow(*row)._replace(status=Bargain(row.status)) for row in rows]


def of_room(session: Session, room_id: uuid.UUID) -> uuid.UUID | None:
    """The bargain that was bought in this room for one."""
    return session.execute(text("SELECT id FROM bargains WHERE room_id = :id"), {"id": room_id}).scalar_one_or_none()


def starter_name(session: Session, member: int) -> str | None:
    """What the member is called."""
    return session.execute(
        text(
            "SELECT p.display_name FROM members m JOIN member_profiles p ON p.member_id = m.id WHERE m.number = :member"
        ),
        {"member": member},
    ).scalar_one_or_none()


def chops_of(session: Session, bargain_id: uuid.UUID) -> list[ChopRow]:
    """The chops of a bargain, the newest first."""
    rows = session.execute(
        text(
            """
            SELECT c.member, p.display_name, c.amount_minor, c.at
            FROM bargain_chops c JOIN members m ON m.number = c.member
            LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE c.bargain_id = :id ORDER BY c.place DESC
            """
        ),
        {"id": bargain_id},
    )
    return [ChopRow(*row) for row in rows]


def see(session: Session, row: BargainRow, member: int, signals: Signals, now: datetime) -> Seen:
    """What decides about this member's chop; read after the lock, so with every chop before it."""
    found = session.execute(
        text(
            f"""
            SELECT coalesce(bool_or(c.member = :member), false),
                coalesce(bool_or(c.device = CAST(:device AS bytea)), false),
                count(*) FILTER (WHERE c.network = CAST(:network AS bytea)),
                (SELECT d.paused_at IS NOT NULL AND (d.ends_at IS NULL OR d.ends_at > :now)
                    FROM deals d WHERE d.id = :deal),
                NOT {BOUGHT_BEFORE}
            FROM bargain_chops c WHERE c.bargain_id = :id
            """  # noqa: S608 - a text of orders' own
        ),
        {
            "id": row.id,
            "deal": row.deal_id,
            "member": member,
            "device": signals.device,
            "network": signals.network,
            "now": now,
        },
    ).one()
    return Seen(*found)


def chop(session: Session, row: BargainRow, values: dict[str, Any]) -> None:
    """Write down a chop of a locked bargain and bring its price down, in one statement: the two never part."""
    session.execute(
        text(
            """
            WITH chopped AS (
                INSERT INTO bargain_chops (bargain_id, place, member, amount_minor, newcomer, device, network, at)
                VALUES (:id, :place, :member, :amount_minor, :newcomer, :device, :network, :at)
                RETURNING bargain_id, amount_minor
            )
            UPDATE bargains b SET price_minor = b.price_minor - c.amount_minor, chops_made = b.chops_made + 1,
                version = b.version + 1
            FROM chopped c WHERE b.id = c.bargain_id
            """
        ),
        {"id": row.id, "place": row.chops_made + 1, **values},
    )


def buy(session: Session, bargain_id: uuid.UUID, room_id: uuid.UUID) -> None:
    """A locked bargain is bought in this room."""
    session.execute(
        text("UPDATE bargains SET status = 'bought', room_id = :room, version = version + 1 WHERE id = :id"),
        {"id": bargain_id, "room": room_id},
    )


def reopen_unpaid(session: Session, room_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Bargains whose seat in one of these rooms was lost before it was paid for: open again, or over by now.

    A member has one of an offer that is open: of several the newest goes on.
    """
    session.execute(
        text(
            """
            WITH lost AS (
                SELECT b.id, b.deal_id, b.member FROM bargains b
                WHERE b.room_id = ANY(:rooms) AND b.status = 'bought' AND NOT EXISTS (
                    SELECT FROM seats s WHERE s.room_id = b.room_id AND s.status IN ('held', 'paid', 'confirmed'))
                ORDER BY b.id FOR NO KEY UPDATE
            )
            UPDATE bargains b SET room_id = NULL, version = b.version + 1,
                status = CASE WHEN b.expires_at > :now AND NOT EXISTS (SELECT FROM bargains other
                    WHERE other.deal_id = b.deal_id AND other.member = b.member AND other.status = 'open')
                    AND NOT EXISTS (SELECT FROM lost newer
                        WHERE newer.deal_id = b.deal_id AND newer.member = b.member AND newer.id > b.id)
                    THEN 'open' ELSE 'expired' END
            FROM lost WHERE b.id = lost.id
            """
        ),
        {"rooms": list(room_ids), "now": now},
    )


def expire(session: Session, now: datetime, limit: int) -> list[OverRow]:
    """End up to `limit` open bargains whose time is over and that are in nobody else's hands."""
    rows = session.execute(
        text(
            """
            UPDATE bargains b SET status = 'expired', version = b.version + 1
            WHERE b.id IN (
                SELECT id FROM bargains WHERE status = 'open' AND expires_at <= :now
                ORDER BY expires_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
            )
            RETURNING b.id, b.member, b.title
            """
        ),
        {"now": now, "limit": limit},
    )
    return [OverRow(*row) for row in rows]


def forget_marks(session: Session, before: datetime, limit: int) -> int:
    """Forget devices and networks of bargains that ended before then; returns how many rows had some."""
    forgotten = session.execute(
        text(
            """
            WITH old AS (
                SELECT c.bargain_id, c.place FROM bargain_chops c JOIN bargains b ON b.id = c.bargain_id
                WHERE (c.device IS NOT NULL OR c.network IS NOT NULL) AND c.at < :before
                    AND b.status <> 'open' AND b.expires_at < :before
                LIMIT :limit
            ), starters AS (
                UPDATE bargains SET device = NULL
                WHERE device IS NOT NULL AND status <> 'open' AND expires_at < :before
            )
            UPDATE bargain_chops c SET device = NULL, network = NULL FROM old
            WHERE c.bargain_id = old.bargain_id AND c.place = old.place RETURNING c.place
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(forgotten.all())


def share_titles(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these bargains are about, by id."""
    rows = session.execute(text("SELECT id, title FROM bargains WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.title for row in rows}


def _bargain(row: Any) -> BargainRow | None:
    return None if row is None else BargainRow(*row)._replace(status=Bargain(row.status))
