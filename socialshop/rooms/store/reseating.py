"""Seats that were lost and are taken again in another room; and which open room of a deal that is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.service import RESERVED, UNINVITED
from socialshop.identity.service import BARRED
from socialshop.orders.service import BOUGHT_BEFORE, REVIVED
from socialshop.rooms.store.claiming import NEWCOMERS_SEAT, PLACE_TAKEN, ROOM_MADE, kept


class LostSeat(NamedTuple):
    """A seat that was given up, and what its deal says of money that comes after."""

    room_id: uuid.UUID
    deal_id: uuid.UUID
    member: int
    quantity: int
    late_payer: str


class Reseated(NamedTuple):
    """What taking the seat again came to. Unless the first three hold, its changes must be undone."""

    placed: bool
    revived: bool
    reserved: bool
    barred: bool
    deal_id: uuid.UUID | None
    per_member_limit: int | None
    minimum_tier: str | None
    circle_of: int | None
    early_until: datetime | None
    newcomer_only: bool | None
    bought: bool
    uninvited: bool


_JOINABLE = """
    FROM rooms r WHERE r.deal_id = :deal AND r.status = 'open' AND r.expires_at > :now AND r.seats_taken < r.size
        AND (CAST(:latest AS timestamptz) IS NULL OR r.expires_at <= :latest)
        AND NOT EXISTS (SELECT FROM seats s
            WHERE s.room_id = r.id AND s.member = :member AND s.status IN ('held', 'paid', 'confirmed'))
"""
_NEAREST = f"SELECT r.id {_JOINABLE} ORDER BY r.size - r.seats_taken, r.expires_at, r.id LIMIT 1 FOR NO KEY UPDATE"
_NEAREST_FREE = text(f"{_NEAREST} SKIP LOCKED")
_NEAREST_WAITING = text(_NEAREST)
_ANY = text(f"SELECT EXISTS (SELECT {_JOINABLE})")


def lock_nearest(
    session: Session, deal_id: uuid.UUID, member: int, now: datetime, *, latest: datetime | None = None
) -> uuid.UUID | None:
    """Lock the room of a deal that lacks the fewest seats and that this member can join, open until `latest` at most.

    Rooms in somebody's hands are passed over while another is free; where none is, the nearest is waited for. Whoever
    waited in vain looks anew: None says that at that moment there was no such room. One lock at a time is waited for,
    so nobody can meet another in a circle.
    """
    values = {"deal": deal_id, "member": member, "now": now, "latest": latest}
    while True:
        for statement in (_NEAREST_FREE, _NEAREST_WAITING):
            found = session.execute(statement, values).scalar_one_or_none()
            if found is not None:
                return uuid.UUID(str(found))
        if not session.execute(_ANY, values).scalar_one():
            return None


_RESEAT = f"""
    seat AS (
        UPDATE seats s SET room_id = room.id, status = 'held', hold_until = room.expires_at, ended_at = NULL,
            newcomer = {NEWCOMERS_SEAT}
        FROM room WHERE s.order_id = :order_id AND s.status = 'released'
            AND NOT ({NEWCOMERS_SEAT} AND EXISTS (SELECT FROM seats o
                WHERE o.member = :member AND o.newcomer AND o.status IN ('held', 'paid', 'confirmed')))
        RETURNING s.room_id, s.member
    ), told AS (
        INSERT INTO room_events (room_id, kind, member, at) SELECT room_id, 'seat_held', member, :now FROM seat
    ), wanted AS (
        SELECT deal_id, CAST(:quantity AS bigint) AS quantity, opens,
            coalesce((SELECT lost.sku_id FROM seats lost WHERE lost.order_id = :order_id), sku_id) AS sku_id
        FROM room
    ), {RESERVED}, reviving AS (
        SELECT CAST(:order_id AS uuid) AS order_id, room_id FROM seat
    ), {REVIVED}
    SELECT EXISTS (SELECT FROM seat), EXISTS (SELECT FROM revived), EXISTS (SELECT FROM reserved), {BARRED},
        r.deal_id, r.per_member_limit, r.minimum_tier, r.circle_of, r.early_until,
        r.newcomer_only, r.newcomer_only AND NOT r.opens AND {BOUGHT_BEFORE}, {UNINVITED}
    FROM (SELECT) AS once LEFT JOIN room r ON true
"""  # noqa: S608 - texts of the rooms' own
_REROUTE = text(f"WITH room AS ({PLACE_TAKEN}), {_RESEAT}")
_NEW_ROOM = text(f"WITH room AS ({ROOM_MADE}), {_RESEAT}")


def find_lost(session: Session, order_id: uuid.UUID) -> LostSeat | None:
    """The seat of this order, if it was given up; None for one that is held, paid or refunded."""
    row = session.execute(
        text(
            """
            SELECT s.room_id, r.deal_id, s.member, s.quantity, d.late_payer
            FROM seats s JOIN rooms r ON r.id = s.room_id JOIN deals d ON d.id = r.deal_id
            WHERE s.order_id = :order AND s.status = 'released'
            """
        ),
        {"order": order_id},
    ).one_or_none()
    return LostSeat(*row) if row else None


def reroute(session: Session, values: Mapping[str, object]) -> Reseated:
    """Take the lost seat of an order in another open room; it is held, and its order awaits its payment."""
    return Reseated(*session.execute(_REROUTE, values).one())


def open_for(session: Session, values: Mapping[str, object]) -> Reseated:
    """Take the lost seat of an order as the host of a new room."""
    return Reseated(*session.execute(_NEW_ROOM, kept(values)).one())
