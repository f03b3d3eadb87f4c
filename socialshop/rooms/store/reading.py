"""Reading rooms."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.service import LEFT_OF_DEAL, cover_of
from socialshop.infra.db import Statement
from socialshop.orders.service import BOUGHT_BEFORE
from socialshop.rooms.rules import Seat


class RoomRow(NamedTuple):
    """A room with its live seats: pairs of a display name and a seat's status, the earliest claim first."""

    id: uuid.UUID
    deal_id: uuid.UUID
    host_name: str
    status: str
    size: int
    seats_taken: int
    seats_paid: int
    expires_at: datetime
    price_minor: int
    currency: str
    version: int
    members: list[Any]
    title: str
    price_steps: list[dict[str, int]] | None
    host_perk: dict[str, Any] | None
    seats_at_fill: int | None
    newcomer_only: bool
    seats_subsidised: int
    cancel_reason: str | None
    skus: dict[str, Any] | None
    sku_id: uuid.UUID
    shipping_minor: int | None
    invited_only: bool


class VersionRow(NamedTuple):
    """How often a room has changed, and whether its deal is for those alone who are invited."""

    version: int
    deal_id: uuid.UUID
    invited_only: bool


class ShareRow(NamedTuple):
    """What a stranger who was sent a link may see of a room."""

    title: str
    price_minor: int
    currency: str
    status: str
    size: int
    seats_taken: int
    expires_at: datetime
    alone_minor: int
    price_steps: list[dict[str, int]] | None
    seats_paid: int
    units_left: int
    low_at: int
    cover: dict[str, Any] | None


class OpenRow(NamedTuple):
    """A room that can be joined."""

    id: uuid.UUID
    host_name: str | None
    size: int
    seats_taken: int
    expires_at: datetime


class OwnSeatRow(NamedTuple):
    """A member's newest seat in a room, given up or not."""

    id: uuid.UUID
    status: str
    quantity: int
    hold_until: datetime
    order_id: uuid.UUID


class PassageRow(NamedTuple):
    """When an order's seat was paid, when its room was filled, and when the seat was given up; None: not (yet)."""

    paid_at: datetime | None
    filled_at: datetime | None
    given_up_at: datetime | None


class NewcomerRow(NamedTuple):
    """Whether a member has bought before, and in which room for newcomers they have a seat now."""

    bought: bool
    room_id: uuid.UUID | None


class RemindableRow(NamedTuple):
    """What decides who may remind whom of a room; `leader` opened its deal."""

    title: str
    host: int
    leader: int
    status: str
    size: int
    seats_taken: int
    expires_at: datetime


class SeatRow(NamedTuple):
    """A live seat."""

    member: int
    status: Seat
    hold_until: datetime


class EventRow(NamedTuple):
    """Something that happened in a room; `display_name` of whom it is about."""

    id: int
    kind: str
    at: datetime
    display_name: str | None


# A room in which nothing will happen any more: over, or filled and every seat confirmed.
_EVENTS = text(
    """
    SELECT r.id, r.status IN ('expired', 'cancelled') OR (r.status = 'filled' AND NOT EXISTS (
            SELECT FROM seats s WHERE s.room_id = r.id AND s.status = 'paid')) AS over,
        e.id AS number, e.kind, e.at, p.display_name
    FROM unnest(CAST(:ids AS uuid[]), CAST(:afters AS bigint[])) AS asked (id, after)
    JOIN rooms r ON r.id = asked.id JOIN deals d ON d.id = r.deal_id AND (NOT d.invited_only OR :invited_too)
    LEFT JOIN LATERAL (
        SELECT * FROM room_events e WHERE e.room_id = r.id AND e.id > asked.after ORDER BY e.id LIMIT :limit
    ) e ON true
    LEFT JOIN members m ON m.number = e.member
    LEFT JOIN member_profiles p ON p.member_id = m.id
    ORDER BY e.id
    """
)
# Built once: these are what pollers of rooms ask.
_VERSION = Statement(
    "SELECT version, deal_id, (SELECT d.invited_only FROM deals d WHERE d.id = r.deal_id) FROM rooms r WHERE id = :id"
)
_PULSE = Statement(
    f"""
    SELECT version, CASE WHEN status = 'open' AND units_left <= low_at THEN units_left END FROM (
        SELECT r.version, r.status, {LEFT_OF_DEAL}
        FROM rooms r JOIN deals d ON d.id = r.deal_id JOIN skus s ON s.id = d.sku_id WHERE r.id = :id
    ) seen
    """  # noqa: S608 - a constant
)
_ROOM = Statement(
    """
    SELECT r.id, r.deal_id, (
            SELECT p.display_name FROM members m JOIN member_profiles p ON p.member_id = m.id
            WHERE m.number = r.host
        ), r.status, r.size, r.seats_taken, r.seats_paid, r.expires_at, r.price_minor, r.currency, r.version,
        (
            SELECT coalesce(json_agg(json_build_array(p.display_name, s.status) ORDER BY s.claimed_at, s.id),
                '[]')
            FROM seats s JOIN members m ON m.number = s.member
            LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE s.room_id = r.id AND s.status IN ('held', 'paid', 'confirmed')
        ), r.title, r.price_steps, r.host_perk, r.seats_at_fill,
        r.newcomer_only, r.seats_subsidised, r.cancel_reason, r.skus, r.sku_id, r.shipping_minor,
        (SELECT d.invited_only FROM deals d WHERE d.id = r.deal_id)
    FROM rooms r WHERE r.id = :id
    """
)


_SHARE = text(
    f"""
    SELECT r.title, r.price_minor, r.currency, r.status, r.size, r.seats_taken, r.expires_at, s.price_minor,
        r.price_steps, r.seats_paid, {LEFT_OF_DEAL}, {cover_of("s.product_id")}
    FROM rooms r JOIN deals d ON d.id = r.deal_id JOIN skus s ON s.id = r.sku_id WHERE r.id = :id
    """  # noqa: S608 - constants
)


def share_facts(session: Session, room_id: uuid.UUID) -> ShareRow | None:
    """The room without its members, by its key alone."""
    row = session.execute(
        _SHARE,
        {"id": room_id},
    ).one_or_none()
    return ShareRow(*row) if row else None


def events(
    session: Session, after: Mapping[uuid.UUID, int], limit: int, *, invited_too: bool
) -> dict[uuid.UUID, tuple[bool, list[EventRow]]]:
    """Of each room: whether it is at rest, and what happened in it after the event `after[room]`, at most `limit`.

    A room that does not exist is left out, and unless `invited_too` one of a deal for some alone. One statement, so all
    is of one instant: a room at rest of which nothing is left to tell stays so.
    """
    found: dict[uuid.UUID, tuple[bool, list[EventRow]]] = {}
    values = {"ids": list(after), "afters": list(after.values()), "limit": limit, "invited_too": invited_too}
    for room_id, over, number, *told in session.execute(_EVENTS, values):
        rows = found.setdefault(room_id, (over, []))[1]
        if number is not None:
            rows.append(EventRow(number, *told))
    return found


class Pulse(NamedTuple):
    """What changes while people look: the room's version, of an open room how few units are left, if few."""

    version: int
    few: int | None


def pulse(session: Session, room_id: uuid.UUID) -> Pulse | None:
    """The room's version, and whether what it sells is nearly gone, by others' rooms too. Rows by their keys alone."""
    row = _PULSE.row(session, {"id": room_id})
    return Pulse(*row) if row else None


def version(session: Session, room_id: uuid.UUID) -> VersionRow | None:
    """The room's version, by its key and its deal's: what most polls cost."""
    row = _VERSION.row(session, {"id": room_id})
    return VersionRow(*row) if row else None


def find(session: Session, room_id: uuid.UUID) -> RoomRow | None:
    """The room and its live seats, in one statement: both of one instant."""
    row = _ROOM.row(session, {"id": room_id})
    return RoomRow(*row) if row else None


def titles(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these rooms are about, by id."""
    rows = session.execute(text("SELECT id, title FROM rooms WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return {row.id: row.title for row in rows}


def open_of_deal(session: Session, deal_id: uuid.UUID, now: datetime, limit: int) -> list[OpenRow]:
    """Up to `limit` rooms of a deal that can be joined: those that lack the fewest first."""
    rows = session.execute(
        text(
            """
            SELECT r.id, p.display_name, r.size, r.seats_taken, r.expires_at
            FROM rooms r JOIN members m ON m.number = r.host LEFT JOIN member_profiles p ON p.member_id = m.id
            WHERE r.deal_id = :deal AND r.status = 'open' AND r.expires_at > :now AND r.seats_taken < r.size
            ORDER BY r.size - r.seats_taken, r.expires_at LIMIT :limit
            """
        ),
        {"deal": deal_id, "now": now, "limit": limit},
    )
    return [OpenRow(*row) for row in rows]


def own_seat(session: Session, room_id: uuid.UUID, member: int) -> OwnSeatRow | None:
    """The member's seat in the room: the live one, else the newest that was given up."""
    row = session.execute(
        text(
            """
            SELECT id, status, quantity, hold_until, order_id FROM seats WHERE room_id = :room AND member = :member
            ORDER BY status IN ('held', 'paid', 'confirmed') DESC, id DESC LIMIT 1
            """
        ),
        {"room": room_id, "member": member},
    ).one_or_none()
    return OwnSeatRow(*row) if row else None


def passage(session: Session, order_id: uuid.UUID) -> PassageRow | None:
    """When the seat that the order pays for was paid, its room filled, and it was given up."""
    row = session.execute(
        text(
            """
            SELECT s.paid_at, CASE WHEN r.status = 'filled' THEN r.closed_at END, s.ended_at
            FROM seats s JOIN rooms r ON r.id = s.room_id WHERE s.order_id = :order
            """
        ),
        {"order": order_id},
    ).one_or_none()
    return PassageRow(*row) if row else None


def newcomer(session: Session, member: int) -> NewcomerRow:
    """What keeps a member out of rooms for newcomers, if anything."""
    row = session.execute(
        text(
            f"""
            SELECT {BOUGHT_BEFORE}, (
                SELECT room_id FROM seats
                WHERE member = :member AND newcomer AND status IN ('held', 'paid', 'confirmed'))
            """  # noqa: S608 - a text of the orders' own
        ),
        {"member": member},
    ).one()
    return NewcomerRow(*row)


def find_remindable(session: Session, room_id: uuid.UUID) -> RemindableRow | None:
    """The room with its host and its deal's leader."""
    row = session.execute(
        text(
            "SELECT r.title, r.host, d.opened_by, r.status, r.size, r.seats_taken, r.expires_at"
            " FROM rooms r JOIN deals d ON d.id = r.deal_id WHERE r.id = :id"
        ),
        {"id": room_id},
    ).one_or_none()
    return RemindableRow(*row) if row else None


def live_seats(session: Session, room_id: uuid.UUID) -> list[SeatRow]:
    """The live seats of the room, the earliest claim first."""
    rows = session.execute(
        text(
            "SELECT member, status, hold_until FROM seats"
            " WHERE room_id = :id AND status IN ('held', 'paid', 'confirmed') ORDER BY claimed_at, id"
        ),
        {"id": room_id},
    )
    return [SeatRow(row.member, Seat(row.status), row.hold_until) for row in rows]
