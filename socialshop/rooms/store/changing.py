"""Statements that move rooms and seats after the claim. Everybody locks rooms first, in id order, then their seats.

With the rooms' rows locked, what a later statement reads of their seats is what stands: seats change only under it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class PaidSeat(NamedTuple):
    """A seat that money was told of: `seat` and `room` are the statuses as they are now, `newly` paid or before.

    `gives_back`: the room's terms give something of the price back at the fill; `late_payer` is what the deal says of
    money for a seat that is lost.
    """

    order_id: uuid.UUID
    payment_id: uuid.UUID
    room_id: uuid.UUID
    seat: str
    room: str
    newly: bool
    gives_back: bool
    late_payer: str


class GivenUp(NamedTuple):
    """A seat that was given up; `was_paid`: its money is held and must go back."""

    room_id: uuid.UUID
    deal_id: uuid.UUID
    sku_id: uuid.UUID
    order_id: uuid.UUID
    quantity: int
    payment_id: uuid.UUID | None
    was_paid: bool


def lock_rooms_of_orders(session: Session, order_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Lock the rooms in which these orders were placed."""
    rows = session.execute(
        text(
            "SELECT id FROM rooms WHERE id IN (SELECT room_id FROM seats WHERE order_id = ANY(:orders))"
            " ORDER BY id FOR NO KEY UPDATE"
        ),
        {"orders": list(order_ids)},
    )
    return list(rows.scalars())


def lock_room(session: Session, room_id: uuid.UUID) -> str | None:
    """Lock one room; returns its status, None where there is none."""
    row = session.execute(
        text("SELECT status FROM rooms WHERE id = :id FOR NO KEY UPDATE"), {"id": room_id}
    ).one_or_none()
    return row.status if row else None


def lock_room_of_paid(session: Session, order_id: uuid.UUID, member: int) -> tuple[str, bool] | None:
    """Lock the room in which this member's order has a paid seat, None without one.

    Returns its status, and whether its terms give something of the price back at the fill.
    """
    row = session.execute(
        text(
            "SELECT status, price_steps IS NOT NULL OR host_perk IS NOT NULL FROM rooms"
            " WHERE id = (SELECT room_id FROM seats WHERE order_id = :order AND member = :member AND status = 'paid')"
            " FOR NO KEY UPDATE"
        ),
        {"order": order_id, "member": member},
    ).one_or_none()
    return (row[0], row[1]) if row else None


def seat_of(session: Session, room_id: uuid.UUID, member: int) -> tuple[uuid.UUID, str] | None:
    """The member's live seat in the room, and its status."""
    row = session.execute(
        text(
            "SELECT id, status FROM seats WHERE room_id = :room AND member = :member"
            " AND status IN ('held', 'paid', 'confirmed')"
        ),
        {"room": room_id, "member": member},
    ).one_or_none()
    return (row.id, row.status) if row else None


def overdue_rooms(session: Session, room_ids: Collection[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Of these locked rooms, those that are open past their time."""
    rows = session.execute(
        text("SELECT id FROM rooms WHERE id = ANY(:ids) AND status = 'open' AND expires_at <= :now"),
        {"ids": list(room_ids), "now": now},
    )
    return list(rows.scalars())


def lock_overdue(session: Session, now: datetime, seats: int) -> list[uuid.UUID]:
    """Lock rooms that are open past their time and in nobody else's hands; returns so many as have these seats, or one.

    What ended first comes first; a room without a seat counts as one. Those that are locked beyond wait for the next
    step, and a second scheduler takes what lies behind them.
    """
    rows = session.execute(
        text(
            """
            WITH due AS MATERIALIZED (
                SELECT id, expires_at, greatest(seats_taken, 1) AS seats FROM rooms
                WHERE status = 'open' AND expires_at <= :now
                ORDER BY expires_at LIMIT :seats FOR NO KEY UPDATE SKIP LOCKED
            )
            SELECT id FROM (
                SELECT id, sum(seats) OVER (ORDER BY expires_at, id) - seats AS before FROM due
            ) counted WHERE before < :seats ORDER BY before
            """
        ),
        {"now": now, "seats": seats},
    )
    return list(rows.scalars())


def lock_with_lapsed_holds(session: Session, now: datetime, limit: int) -> list[uuid.UUID]:
    """Lock the rooms of up to `limit` seats whose hold has lapsed; rooms in somebody's hands wait for the next time."""
    rows = session.execute(
        text(
            """
            SELECT id FROM rooms WHERE status = 'open' AND id IN (
                SELECT room_id FROM seats WHERE status = 'held' AND hold_until <= :now
                ORDER BY hold_until LIMIT :limit
            )
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
            """
        ),
        {"now": now, "limit": limit},
    )
    return list(rows.scalars())


class Money(NamedTuple):
    """Money that is held for an order; the room may wait for its other members until `latest`, None: without end."""

    order_id: uuid.UUID
    payment_id: uuid.UUID
    latest: datetime | None


def pay_seats(session: Session, held: Sequence[Money], now: datetime) -> list[PaidSeat]:
    """Held seats of open rooms become paid, and a room whose last seat this was becomes filled (locked before).

    The clock of a room that goes on is cut to what its money allows, but never to less than others have to pay for a
    seat, so no hold is longer than its room: money that cannot wait so long pays no seat, unless it is the last.
    Returns every seat that money was told of, as it stands after: who lost it in the meantime finds it here too, and
    `held` is one whose money cannot wait.
    """
    rows = session.execute(
        text(
            """
            WITH told AS (
                SELECT s.id, s.room_id, s.order_id, s.status, given.payment_id, given.latest
                FROM unnest(CAST(:orders AS uuid[]), CAST(:payments AS uuid[]), CAST(:latest AS timestamptz[]))
                    AS given (order_id, payment_id, latest)
                JOIN seats s ON s.order_id = given.order_id
            ), paid AS (
                UPDATE seats s SET status = 'paid', paid_at = :now, payment_id = told.payment_id
                FROM told, rooms r
                WHERE s.id = told.id AND s.status = 'held' AND r.id = s.room_id AND r.status = 'open'
                    AND (told.latest >= r.expires_at IS NOT false OR r.seats_paid + 1 >= r.size
                        OR told.latest >= :now + greatest(r.seat_hold_seconds, 1) * interval '1 second')
                RETURNING s.id, s.room_id, s.member, told.latest
            ), known AS (
                UPDATE seats s SET payment_id = told.payment_id FROM told
                WHERE s.id = told.id AND s.payment_id IS NULL AND s.status = 'released'
            ), counted AS (
                UPDATE rooms r SET seats_paid = seats_paid + n.seats, version = version + 1,
                    expires_at = CASE WHEN seats_paid + n.seats >= size THEN expires_at
                        ELSE least(expires_at, n.latest) END,
                    status = CASE WHEN seats_paid + n.seats >= size THEN 'filled' ELSE status END,
                    seats_at_fill = CASE WHEN seats_paid + n.seats >= size THEN seats_paid + n.seats END,
                    closed_at = CASE WHEN seats_paid + n.seats >= size THEN CAST(:now AS timestamptz) END
                FROM (SELECT room_id, count(*) AS seats, min(latest) AS latest FROM paid GROUP BY room_id) n
                WHERE r.id = n.room_id
                RETURNING r.id, r.status
            ), heard AS (
                INSERT INTO room_events (room_id, kind, member, at)
                SELECT room_id, kind, member, :now FROM (
                    SELECT room_id, 'seat_paid' AS kind, member, 1 AS step FROM paid
                    UNION ALL SELECT id, 'filled', NULL, 2 FROM counted WHERE status = 'filled'
                ) steps ORDER BY step
            )
            SELECT told.order_id, told.payment_id, told.room_id,
                CASE WHEN paid.id IS NOT NULL THEN 'paid' ELSE told.status END,
                coalesce(counted.status, r.status), paid.id IS NOT NULL,
                r.price_steps IS NOT NULL OR r.host_perk IS NOT NULL, d.late_payer
            FROM told JOIN rooms r ON r.id = told.room_id JOIN deals d ON d.id = r.deal_id
            LEFT JOIN paid ON paid.id = told.id LEFT JOIN counted ON counted.id = told.room_id
            """
        ),
        {
            "orders": [each.order_id for each in held],
            "payments": [each.payment_id for each in held],
            "latest": [each.latest for each in held],
            "now": now,
        },
    )
    return [PaidSeat(*row) for row in rows]


_GIVE_UP = """
    WITH given_up AS (
        UPDATE seats s SET status = 'released', ended_at = :now FROM seats before
        WHERE before.id = s.id AND {condition}
        RETURNING s.room_id, s.sku_id, s.member, s.order_id, s.quantity, s.payment_id,
            before.status = 'paid' AS was_paid
    ), heard AS (
        INSERT INTO room_events (room_id, kind, member, at) SELECT room_id, 'seat_released', member, :now FROM given_up
    ), counted AS (
        UPDATE rooms r SET version = version + 1, seats_taken = seats_taken - n.seats,
            seats_paid = seats_paid - n.paid
        FROM (
            SELECT room_id, count(*) AS seats, count(*) FILTER (WHERE was_paid) AS paid FROM given_up GROUP BY room_id
        ) n
        WHERE r.id = n.room_id
    )
    SELECT g.room_id, r.deal_id, coalesce(g.sku_id, r.sku_id), g.order_id, g.quantity, g.payment_id, g.was_paid
    FROM given_up g JOIN rooms r ON r.id = g.room_id
"""


def give_up_seat(session: Session, seat_id: uuid.UUID, now: datetime) -> list[GivenUp]:
    """Give up one held seat of a locked room."""
    return _give_up(session, "s.id = :seat AND s.status = 'held'", {"seat": seat_id, "now": now})


def give_up_held(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> list[GivenUp]:
    """Give up the seats of these orders (their rooms are locked) that are held and not paid."""
    return _give_up(session, "s.order_id = ANY(:orders) AND s.status = 'held'", {"orders": list(order_ids), "now": now})


def give_up_orders(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> list[GivenUp]:
    """Give up the paid seats of these orders (their rooms are locked)."""
    return _give_up(session, "s.order_id = ANY(:orders) AND s.status = 'paid'", {"orders": list(order_ids), "now": now})


def give_up_lapsed(session: Session, room_ids: Collection[uuid.UUID], now: datetime) -> list[GivenUp]:
    """Give up the seats of these locked rooms whose hold has lapsed."""
    condition = "s.room_id = ANY(:rooms) AND s.status = 'held' AND s.hold_until <= :now"
    return _give_up(session, condition, {"rooms": list(room_ids), "now": now})


def give_up_unpaid(session: Session, room_ids: Collection[uuid.UUID], now: datetime) -> list[GivenUp]:
    """Give up the seats of these locked rooms that nobody has paid for, whatever their hold."""
    return _give_up(session, "s.room_id = ANY(:rooms) AND s.status = 'held'", {"rooms": list(room_ids), "now": now})


def give_up_all(session: Session, room_ids: Collection[uuid.UUID], now: datetime) -> list[GivenUp]:
    """Give up every seat of these locked rooms."""
    condition = "s.room_id = ANY(:rooms) AND s.status IN ('held', 'paid')"
    return _give_up(session, condition, {"rooms": list(room_ids), "now": now})


def _give_up(session: Session, condition: str, values: dict[str, object]) -> list[GivenUp]:
    return [GivenUp(*row) for row in session.execute(text(_GIVE_UP.format(condition=condition)), values)]


def close_rooms(
    session: Session, room_ids: Collection[uuid.UUID], status: str, now: datetime, reason: str | None = None
) -> None:
    """These locked, empty rooms are over; `reason` is the shop's, where the shop cancelled them."""
    session.execute(
        text(
            """
            WITH closed AS (
                UPDATE rooms SET status = :status, closed_at = :now, cancel_reason = :reason, version = version + 1
                WHERE id = ANY(:ids) AND status = 'open' RETURNING id, status
            )
            INSERT INTO room_events (room_id, kind, at) SELECT id, status, :now FROM closed
            """
        ),
        {"ids": list(room_ids), "status": status, "now": now, "reason": reason},
    )


def hand_on(session: Session, room_ids: Collection[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Where the host of a locked open room has no seat any more, the member who paid first becomes host.

    Returns the rooms in which nobody has paid: they cannot go on.
    """
    rows = session.execute(
        text(
            """
            WITH orphaned AS (
                SELECT r.id FROM rooms r WHERE r.id = ANY(:ids) AND r.status = 'open' AND NOT EXISTS (
                    SELECT FROM seats s WHERE s.room_id = r.id AND s.member = r.host AND s.status IN ('held', 'paid'))
            ), heir AS (
                SELECT DISTINCT ON (s.room_id) s.room_id, s.member FROM seats s JOIN orphaned o ON o.id = s.room_id
                WHERE s.status = 'paid' ORDER BY s.room_id, s.paid_at, s.id
            ), handed AS (
                UPDATE rooms r SET host = heir.member, version = version + 1 FROM heir WHERE r.id = heir.room_id
                RETURNING r.id, r.host
            ), heard AS (
                INSERT INTO room_events (room_id, kind, member, at) SELECT id, 'host_changed', host, :now FROM handed
            )
            SELECT id FROM orphaned WHERE id NOT IN (SELECT room_id FROM heir)
            """
        ),
        {"ids": list(room_ids), "now": now},
    )
    return list(rows.scalars())


def confirm_seats(session: Session, order_ids: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, int]:
    """The money of these seats was taken; returns the host of each of their orders. Their rooms are locked.

    Those confirmed before are returned too: what follows must be safe to repeat.
    """
    rows = session.execute(
        text(
            """
            WITH confirmed AS (
                UPDATE seats SET status = 'confirmed' WHERE order_id = ANY(:orders) AND status = 'paid'
                RETURNING room_id, member
            ), heard AS (
                INSERT INTO room_events (room_id, kind, member, at)
                SELECT room_id, 'seat_confirmed', member, :now FROM confirmed
            ), seen AS (
                UPDATE rooms SET version = version + 1 WHERE id IN (SELECT room_id FROM confirmed)
            )
            SELECT s.order_id, r.host FROM seats s JOIN rooms r ON r.id = s.room_id
            WHERE s.order_id = ANY(:orders) AND s.status IN ('paid', 'confirmed')
            """
        ),
        {"orders": list(order_ids), "now": now},
    )
    return {row.order_id: row.host for row in rows}


def refund_seats(session: Session, order_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """The held money of these given-up seats went back; returns their orders, those told before too."""
    rows = session.execute(
        text(
            """
            WITH refunded AS (
                UPDATE seats SET status = 'refunded' WHERE order_id = ANY(:orders) AND status = 'released'
                RETURNING order_id
            )
            SELECT order_id FROM refunded
            UNION SELECT order_id FROM seats WHERE order_id = ANY(:orders) AND status = 'refunded'
            """
        ),
        {"orders": list(order_ids)},
    )
    return list(rows.scalars())


def touch_open_rooms(session: Session, deal_ids: Collection[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    """Give the open rooms of these deals a new version; returns the rooms."""
    rows = session.execute(
        text(
            """
            WITH touched AS (
                UPDATE rooms SET version = version + 1 WHERE id IN (
                    SELECT id FROM rooms WHERE deal_id = ANY(:deals) AND status = 'open' ORDER BY id FOR NO KEY UPDATE)
                RETURNING id
            )
            INSERT INTO room_events (room_id, kind, at) SELECT id, 'deal_changed', :now FROM touched RETURNING room_id
            """
        ),
        {"deals": list(deal_ids), "now": now},
    )
    return list(rows.scalars())


def forget_events(session: Session, before: datetime, limit: int) -> int:
    """Of the oldest `limit` events, remove those of rooms that closed before then; returns how many."""
    removed = session.execute(
        text(
            """
            DELETE FROM room_events e USING (SELECT id FROM room_events ORDER BY id LIMIT :limit) oldest, rooms r
            WHERE e.id = oldest.id AND r.id = e.room_id AND r.closed_at < :before RETURNING e.id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(removed.all())
