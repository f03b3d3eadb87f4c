"""Statements on rewards and their redemptions."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.deals.rules import LOW_STOCK

_REWARD = "id, kind, title, points, left_stock, per_member, offered, coupon_id, low_stock_at"
_REDEMPTION = "id, reward_id, member, title, points, status, reason, placed_at, decided_at"

# Of a reward `w`: how many members took and were not refused, and what the shop added less what it took away.
_TAKEN = "(SELECT count(*) FROM reward_redemptions r WHERE r.reward_id = w.id AND r.status <> 'refused')"
_MOVED = "(SELECT coalesce(sum(m.quantity), 0) FROM reward_stock_moves m WHERE m.reward_id = w.id)"


class MoveRow(NamedTuple):
    """A change of what is left of a reward; a redemption is one too: `redeemed`, then perhaps `returned`."""

    id: uuid.UUID
    reason: str
    quantity: int
    note: str
    at: datetime


class RewardRow(NamedTuple):
    """What points buy; `left_stock` and `per_member` are None where there is no end of it.

    `coupon_id`: the coupon that a reward of kind `coupon` gives. From `low_stock_at` on it is low.
    """

    id: uuid.UUID
    kind: str
    title: str
    points: int
    left_stock: int | None
    per_member: int | None
    offered: bool
    coupon_id: uuid.UUID | None
    low_stock_at: int = LOW_STOCK


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
            " VALUES (:id, :kind, :title, :points, :left_stock, :per_member, :offered, :coupon_id,"
            " :low_stock_at, :now)"
        ),
        {**reward._asdict(), "now": now},
    )
    session.execute(
        text(
            "INSERT INTO reward_stock_moves (id, reward_id, reason, quantity, moved_at)"
            " SELECT id, id, 'first', left_stock, :now FROM rewards WHERE id = :id AND left_stock > 0"
        ),
        {"id": reward.id, "now": now},
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


def offer(session: Session, reward_id: uuid.UUID, *, offered: bool) -> None:
    """Whether it is offered."""
    session.execute(text("UPDATE rewards SET offered = :offered WHERE id = :id"), {"id": reward_id, "offered": offered})


def set_low_at(session: Session, reward_id: uuid.UUID, low_stock_at: int) -> None:
    """Say from how few on it is low."""
    session.execute(
        text("UPDATE rewards SET low_stock_at = :low WHERE id = :id"), {"id": reward_id, "low": low_stock_at}
    )


def make_endless(session: Session, reward_id: uuid.UUID) -> None:
    """There is no end of it any more, and nothing to count."""
    session.execute(text("UPDATE rewards SET left_stock = NULL WHERE id = :id"), {"id": reward_id})


def limit(session: Session, reward_id: uuid.UUID, move_id: uuid.UUID, now: datetime) -> None:
    """An end is put to it: nothing is left until some come in. What was taken meanwhile is made up for by a move.

    Its row is locked first, so that what members take next is counted from there on.
    """
    session.execute(text("SELECT FROM rewards WHERE id = :id FOR NO KEY UPDATE"), {"id": reward_id})
    session.execute(
        text(
            f"""
            WITH limited AS (
                UPDATE rewards SET left_stock = 0 WHERE id = :id AND left_stock IS NULL RETURNING id
            )
            INSERT INTO reward_stock_moves (id, reward_id, reason, quantity, moved_at)
            SELECT :move_id, w.id, 'limited', {_TAKEN} - {_MOVED}, :now
            FROM limited w WHERE {_TAKEN} <> {_MOVED}
            """  # noqa: S608 - constants of this module
        ),
        {"id": reward_id, "move_id": move_id, "now": now},
    )


def move(session: Session, values: dict[str, object]) -> bool:
    """Change what is left by a delta, and append why; False where less would be left than nothing, or it has no end."""
    moved = session.execute(
        text(
            """
            WITH moved AS (
                UPDATE rewards SET left_stock = left_stock + :quantity
                WHERE id = :reward_id AND left_stock + :quantity >= 0 RETURNING id
            )
            INSERT INTO reward_stock_moves (id, reward_id, reason, quantity, note, moved_at)
            SELECT :move_id, id, :reason, :quantity, :note, :at FROM moved RETURNING 1
            """
        ),
        values,
    )
    return moved.one_or_none() is not None


def moves_of(session: Session, reward_id: uuid.UUID, limit: int) -> list[MoveRow]:
    """The newest `limit` moves of a reward, and of its redemptions, which are moves too."""
    rows = session.execute(
        text(
            """
            (SELECT id, reason, quantity, note, moved_at FROM reward_stock_moves WHERE reward_id = :id
                ORDER BY id DESC LIMIT :limit)
            UNION ALL
            (SELECT id, CASE status WHEN 'refused' THEN 'returned' ELSE 'redeemed' END,
                CASE status WHEN 'refused' THEN 0 ELSE -1 END, '', placed_at FROM reward_redemptions
                WHERE reward_id = :id ORDER BY id DESC LIMIT :limit)
            ORDER BY 1 DESC LIMIT :limit
            """
        ),
        {"id": reward_id, "limit": limit},
    )
    return [MoveRow(*row) for row in rows]


def differences(session: Session, limit: int) -> list[tuple[uuid.UUID, int, int]]:
    """Up to `limit` rewards of which not so many are left as moves and redemptions come to: what is, what must be."""
    rows = session.execute(
        text(
            f"""
            SELECT id, left_stock, expected FROM (
                SELECT w.id, w.left_stock, CAST({_MOVED} - {_TAKEN} AS bigint) AS expected FROM rewards w
            ) counted WHERE left_stock <> expected ORDER BY id LIMIT :limit
            """  # noqa: S608 - constants of this module
        ),
        {"limit": limit},
    )
    return [(row.id, row.left_stock, row.expected) for row in rows]


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
