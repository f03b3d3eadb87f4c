"""Statements on rewards and their redemptions."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

_REWARD = "id, kind, title, points, left_stock, per_member, offered, coupon_id"
_REDEMPTION = "id, reward_id, member, title, points, status, reason, placed_at, decided_at"


class RewardRow(NamedTuple):
    """What points buy; `left_stock` and `per_member` are None where there is no end of it.

    `coupon_id`: the coupon that a reward of kind `coupon` gives.
    """

    id: uuid.UUID
    kind: str
    title: str
    points: int
    left_stock: int | None
    per_member: int | None
    offered: bool
    coupon_id: uuid.UUID | None


class RedemptionRow(NamedTuple):
    """A reward that a member took: `placed`, then `done` or `refused`."""

    id: uuid.UUID
    reward_id: uuid.UUID
    member: int
    title: str
    points: int
    status: str
    reason: str | None
    placed_at: datetime
    decided_at: datetime | None


def add(session: Session, reward: RewardRow, now: datetime) -> None:
    """Append a reward."""
    session.execute(
        text(
            f"INSERT INTO rewards ({_REWARD}, created_at)"  # noqa: S608 - a constant
            " VALUES (:id, :kind, :title, :points, :left_stock, :per_member, :offered, :coupon_id, :now)"
        ),
        {**reward._asdict(), "now": now},
    )


def find(session: Session, reward_id: uuid.UUID) -> RewardRow | None:
    """The reward, offered or not."""
    row = session.execute(text(f"SELECT {_REWARD} FROM rewards WHERE id = :id"), {"id": reward_id}).one_or_none()  # noqa: S608
    return RewardRow(*row) if row else None


def page(session: Session, after: uuid.UUID | None, limit: int, *, offered_only: bool) -> list[RewardRow]:
    """Up to `limit` rewards, in the order they were added, after this one."""
    rows = session.execute(
        text(
            f"SELECT {_REWARD} FROM rewards WHERE (offered OR NOT :offered_only)"  # noqa: S608 - a constant
            " AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit"
        ),
        {"after": after, "limit": limit, "offered_only": offered_only},
    )
    return [RewardRow(*row) for row in rows]


def change(session: Session, reward_id: uuid.UUID, *, seen: int | None, left: int | None, offered: bool) -> bool:
    """How much is left of it, and whether it is offered; False where `seen` is not what is left by now."""
    changed = session.execute(
        text(
            "UPDATE rewards SET left_stock = :left, offered = :offered"
            " WHERE id = :id AND left_stock IS NOT DISTINCT FROM CAST(:seen AS bigint) RETURNING 1"
        ),
        {"id": reward_id, "seen": seen, "left": left, "offered": offered},
    )
    return changed.one_or_none() is not None


def claim(session: Session, reward_id: uuid.UUID) -> RewardRow | None:
    """Take one from what is left; None where nothing is, or it is not offered. One conditional statement."""
    row = session.execute(
        text(
            f"UPDATE rewards SET left_stock = left_stock - 1 WHERE id = :id AND offered"  # noqa: S608 - a constant
            f" AND (left_stock IS NULL OR left_stock > 0) RETURNING {_REWARD}"
        ),
        {"id": reward_id},
    ).one_or_none()
    return RewardRow(*row) if row else None


def put_back(session: Session, reward_id: uuid.UUID) -> None:
    """One comes back to what is left."""
    session.execute(text("UPDATE rewards SET left_stock = left_stock + 1 WHERE id = :id"), {"id": reward_id})


def count_taken(session: Session, reward_id: uuid.UUID, member: int) -> int:
    """How many of the reward the member has, or waits for."""
    counted = session.execute(
        text(
            "SELECT count(*) FROM reward_redemptions WHERE reward_id = :reward AND member = :member"
            " AND status <> 'refused'"
        ),
        {"reward": reward_id, "member": member},
    )
    return int(counted.scalar_one())


def redeem(session: Session, row: RedemptionRow) -> None:
    """Append a redemption."""
    session.execute(
        text(
            f"INSERT INTO reward_redemptions ({_REDEMPTION}) VALUES (:id, :reward_id, :member, :title, :points,"  # noqa: S608
            " :status, :reason, :placed_at, :decided_at)"
        ),
        row._asdict(),
    )


def find_redemption(session: Session, redemption_id: uuid.UUID, *, lock: bool) -> RedemptionRow | None:
    """The redemption; with `lock` for this transaction alone to change."""
    row = session.execute(
        text(f"SELECT {_REDEMPTION} FROM reward_redemptions WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": redemption_id},
    ).one_or_none()
    return RedemptionRow(*row) if row else None


def decide(session: Session, redemption_id: uuid.UUID, status: str, reason: str | None, now: datetime) -> None:
    """A placed redemption is done or refused."""
    session.execute(
        text(
            "UPDATE reward_redemptions SET status = :status, reason = :reason, decided_at = :now"
            " WHERE id = :id AND status = 'placed'"
        ),
        {"id": redemption_id, "status": status, "reason": reason, "now": now},
    )


def redemptions(
    session: Session, *, member: int | None, status: str | None, before: uuid.UUID | None, limit: int
) -> list[RedemptionRow]:
    """Up to `limit` redemptions, the newest first, older than `before`: a member's or anybody's, in a status or any."""
    rows = session.execute(
        text(
            f"SELECT {_REDEMPTION} FROM reward_redemptions"  # noqa: S608 - a constant
            " WHERE (CAST(:member AS bigint) IS NULL OR member = :member)"
            " AND (CAST(:status AS text) IS NULL OR status = :status)"
            " AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"member": member, "status": status, "before": before, "limit": limit},
    )
    return [RedemptionRow(*row) for row in rows]
