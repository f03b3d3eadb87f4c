"""Families: an owner's link, and who sits beside the owner."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class SeatRow(NamedTuple):
    """A member who shares a plan."""

    id: uuid.UUID
    subscription_id: uuid.UUID
    member: int
    joined_at: datetime


def set_link(session: Session, subscription_id: uuid.UUID, token_hash: bytes, now: datetime) -> None:
    """The family's link is this one alone."""
    session.execute(
        text(
            """
            INSERT INTO plan_family_links (subscription_id, token_hash, made_at) VALUES (:id, :hash, :now)
            ON CONFLICT (subscription_id) DO UPDATE SET token_hash = :hash, made_at = :now
            """
        ),
        {"id": subscription_id, "hash": token_hash, "now": now},
    )


def linked(session: Session, token_hash: bytes) -> uuid.UUID | None:
    """The subscription that a link leads to."""
    found: uuid.UUID | None = session.execute(
        text("SELECT subscription_id FROM plan_family_links WHERE token_hash = :hash"), {"hash": token_hash}
    ).scalar_one_or_none()
    return found


def seats_of(session: Session, subscription_ids: Collection[uuid.UUID]) -> list[SeatRow]:
    """Who sits in these families now, in the order of their coming."""
    rows = session.execute(
        text(
            "SELECT id, subscription_id, member, joined_at FROM plan_seats"
            " WHERE subscription_id = ANY(:ids) AND left_at IS NULL ORDER BY joined_at, id"
        ),
        {"ids": list(subscription_ids)},
    )
    return [SeatRow(*row) for row in rows]


def seat_of(session: Session, member: int) -> SeatRow | None:
    """Where the member sits now."""
    row = session.execute(
        text(
            "SELECT id, subscription_id, member, joined_at FROM plan_seats WHERE member = :member AND left_at IS NULL"
        ),
        {"member": member},
    ).one_or_none()
    return SeatRow(*row) if row else None


def add_seat(session: Session, seat: SeatRow) -> bool:
    """A member sits down; False for one who sits in a family already."""
    found = session.execute(
        text(
            "INSERT INTO plan_seats (id, subscription_id, member, joined_at)"
            " VALUES (:id, :subscription_id, :member, :joined_at) ON CONFLICT DO NOTHING RETURNING id"
        ),
        seat._asdict(),
    )
    return found.one_or_none() is not None


def leave(session: Session, subscription_id: uuid.UUID, member: int, now: datetime) -> bool:
    """A member's seat is free; False if the member sat in none there."""
    found = session.execute(
        text(
            "UPDATE plan_seats SET left_at = :now"
            " WHERE subscription_id = :id AND member = :member AND left_at IS NULL RETURNING id"
        ),
        {"id": subscription_id, "member": member, "now": now},
    )
    return found.one_or_none() is not None


def free_all(session: Session, subscription_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Families end with their plans."""
    session.execute(
        text("UPDATE plan_seats SET left_at = :now WHERE subscription_id = ANY(:ids) AND left_at IS NULL"),
        {"ids": list(subscription_ids), "now": now},
    )


def free_beyond(session: Session, subscription_ids: Collection[uuid.UUID], now: datetime) -> None:
    """A plan with fewer seats keeps those who came first."""
    session.execute(
        text(
            """
            UPDATE plan_seats f SET left_at = :now FROM (
                SELECT s.id, row_number() OVER (PARTITION BY s.subscription_id ORDER BY s.joined_at, s.id)
                    > coalesce((o.document ->> 'family_seats')::integer, 0) AS beyond
                FROM plan_seats s JOIN plan_subscriptions p ON p.id = s.subscription_id
                JOIN plan_offers o ON o.id = p.offer_id
                WHERE s.subscription_id = ANY(:ids) AND s.left_at IS NULL
            ) seated WHERE f.id = seated.id AND seated.beyond
            """
        ),
        {"ids": list(subscription_ids), "now": now},
    )
