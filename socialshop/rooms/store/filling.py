"""Statements of the fill: rooms that are filled by their clock, and what their seats come to."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class TermsRow(NamedTuple):
    """A paid seat of a filled room with what decides what goes back of its price; terms as they are kept."""

    order_id: uuid.UUID
    quantity: int
    is_host: bool
    price_minor: int
    price_steps: list[dict[str, int]] | None
    host_perk: dict[str, Any] | None
    seats_at_fill: int


def with_a_step_reached(session: Session, room_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Of these locked rooms, those whose paid seats reach the smallest step of their ladder."""
    rows = session.execute(
        text(
            "SELECT id FROM rooms WHERE id = ANY(:ids) AND status = 'open'"
            " AND seats_paid >= CAST(price_steps -> 0 ->> 'size' AS integer) ORDER BY id"
        ),
        {"ids": list(room_ids)},
    )
    return list(rows.scalars())


class ShortRow(NamedTuple):
    """A room that lacks `missing` seats and that its deal may fill, at `cost` minor units of `currency`."""

    id: uuid.UUID
    deal_id: uuid.UUID
    missing: int
    cost: int
    currency: str


def short_with_subsidy(session: Session, room_ids: Collection[uuid.UUID]) -> list[ShortRow]:
    """Of these locked rooms, those in which as many have paid as their deal's subsidy asks: what ended first, first.

    A missing seat costs what it would have saved its member: the price alone less the price together, of one unit.
    """
    rows = session.execute(
        text(
            """
            SELECT r.id, r.deal_id, r.size - r.seats_paid, (r.size - r.seats_paid) * (k.price_minor - r.price_minor),
                r.currency
            FROM rooms r JOIN deal_subsidies b ON b.deal_id = r.deal_id JOIN skus k ON k.id = r.sku_id
            WHERE r.id = ANY(:ids) AND r.status = 'open' AND r.seats_paid >= b.from_seats
            ORDER BY r.expires_at, r.id
            """
        ),
        {"ids": list(room_ids)},
    )
    return [ShortRow(*row) for row in rows]


def note_subsidy(session: Session, room_ids: Collection[uuid.UUID]) -> None:
    """What these filled rooms lack, the shop paid for."""
    session.execute(
        text("UPDATE rooms SET seats_subsidised = size - seats_at_fill WHERE id = ANY(:ids) AND status = 'filled'"),
        {"ids": list(room_ids)},
    )


def fill_rooms(session: Session, room_ids: Collection[uuid.UUID], now: datetime) -> None:
    """These locked open rooms, in which every seat is paid, are filled with as many as they have."""
    session.execute(
        text(
            """
            WITH filled AS (
                UPDATE rooms SET status = 'filled', seats_at_fill = seats_paid, closed_at = :now, version = version + 1
                WHERE id = ANY(:ids) AND status = 'open' RETURNING id, status
            )
            INSERT INTO room_events (room_id, kind, at) SELECT id, status, :now FROM filled
            """
        ),
        {"ids": list(room_ids), "now": now},
    )


def seats_with_terms(session: Session, room_ids: Collection[uuid.UUID]) -> list[TermsRow]:
    """The paid seats of these filled rooms, of those whose terms give something back at the fill."""
    rows = session.execute(
        text(
            """
            SELECT s.order_id, s.quantity, s.member = r.host,
                coalesce(CAST(r.skus -> CAST(s.sku_id AS text) ->> 'price_minor' AS bigint), r.price_minor),
                r.price_steps, r.host_perk, r.seats_at_fill
            FROM rooms r JOIN seats s ON s.room_id = r.id AND s.status = 'paid'
            WHERE r.id = ANY(:ids) AND r.status = 'filled'
                AND (r.price_steps IS NOT NULL OR (r.host_perk IS NOT NULL AND s.member = r.host))
            ORDER BY s.order_id
            """
        ),
        {"ids": list(room_ids)},
    )
    return [TermsRow(*row) for row in rows]


def payments_to_capture(session: Session, room_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The held money of filled rooms: the payment of each order."""
    rows = session.execute(
        text(
            "SELECT s.order_id, s.payment_id FROM seats s JOIN rooms r ON r.id = s.room_id"
            " WHERE s.room_id = ANY(:ids) AND s.status = 'paid' AND r.status = 'filled' ORDER BY s.payment_id"
        ),
        {"ids": list(room_ids)},
    )
    return {row.order_id: row.payment_id for row in rows}
