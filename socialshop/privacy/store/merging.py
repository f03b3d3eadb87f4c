"""Statements on accounts of one person that become one."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.currencies import POINTS


class MergeRow(NamedTuple):
    """A merge that was asked for: `gone` into `kept`."""

    id: uuid.UUID
    gone: uuid.UUID
    kept: uuid.UUID
    status: str
    reason: str
    asked_by: uuid.UUID
    asked_at: datetime
    decided_by: uuid.UUID | None
    decided_at: datetime | None


class AccountRow(NamedTuple):
    """One of the two accounts."""

    id: uuid.UUID
    number: int
    role: str
    has_left: bool


class HeldRow(NamedTuple):
    """What an account of the books holds, in one currency: `part` of the member."""

    part: str
    currency: str
    amount_minor: int


_COLUMNS = "id, gone, kept, status, reason, asked_by, asked_at, decided_by, decided_at"
# What of the account that goes must be over before, in the order in which it is told.
_IN_THE_WAY = text(
    """
    SELECT why FROM (
        SELECT 1, 'payout_underway' AS why WHERE EXISTS (SELECT FROM payout_requests
            WHERE member_id = :gone_id AND status IN ('submitted', 'held', 'approved', 'batched'))
        UNION ALL SELECT 2, 'case_open' WHERE EXISTS (SELECT FROM refunds
            WHERE buyer = :gone AND status IN ('requested', 'approved'))
        UNION ALL SELECT 3, 'room_together' WHERE EXISTS (SELECT FROM seats a JOIN seats b USING (room_id)
            WHERE a.member = :gone AND b.member = :kept
              AND a.status IN ('held', 'paid') AND b.status IN ('held', 'paid'))
        UNION ALL SELECT 4, 'seat_open' WHERE EXISTS (SELECT FROM seats
            WHERE member = :gone AND status IN ('held', 'paid'))
        UNION ALL SELECT 5, 'order_underway' WHERE EXISTS (SELECT FROM orders
            WHERE buyer = :gone AND source = 'room' AND status IN ('awaiting_payment', 'paid'))
        UNION ALL SELECT 6, 'bargain_open' WHERE EXISTS (SELECT FROM bargains WHERE member = :gone AND status = 'open')
        UNION ALL SELECT 7, 'plan_on_both' WHERE 2 = (SELECT count(DISTINCT member) FROM plan_subscriptions
            WHERE member IN (:gone, :kept) AND status IN ('active', 'grace'))
        UNION ALL SELECT 8, 'plan_running' WHERE EXISTS (SELECT FROM plan_subscriptions
            WHERE member = :gone AND status IN ('active', 'grace'))
        UNION ALL SELECT 9, 'reserved' WHERE EXISTS (
            SELECT FROM ledger_accounts n JOIN ledger_balances b ON b.account_id = n.id
            WHERE n.name = concat_ws(chr(58), 'member', CAST(:gone AS bigint), 'reserved') AND b.amount_minor <> 0)
        UNION ALL SELECT 10, 'limited' WHERE EXISTS (SELECT FROM member_limits
            WHERE member = :gone AND lifted_at IS NULL AND ends_at > :now)
        UNION ALL SELECT 11, 'money_held' WHERE money_is_held(:gone)
    ) found (place, why) ORDER BY place
    """
)
# Who went into whom; who was kept may have gone later, and so on to the one who stays.
_HEIRS = """
    WITH RECURSIVE heirs (number, heir) AS (
        SELECT g.number, m.kept FROM member_merges m JOIN members g ON g.id = m.gone WHERE m.status = 'merged'
        UNION ALL
        SELECT h.number, m.kept FROM heirs h JOIN member_merges m ON m.gone = h.heir AND m.status = 'merged'
    ), last AS (
        SELECT h.number, k.number AS heir FROM heirs h JOIN members k ON k.id = h.heir
        WHERE NOT EXISTS (SELECT FROM member_merges m WHERE m.gone = h.heir AND m.status = 'merged')
    )
"""


def accounts(session: Session, ids: tuple[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, AccountRow]:
    """Both accounts, held in the order of their numbers until the transaction ends.

    Whether they have left is asked by a statement of its own: one that waited for a lock still sees what was before.
    """
    values = {"ids": list(ids)}
    session.execute(text("SELECT FROM members WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY number FOR UPDATE"), values)
    rows = session.execute(
        text(
            "SELECT m.id, m.number, m.role, EXISTS (SELECT FROM erasures e WHERE e.member_id = m.id)"
            " FROM members m WHERE m.id = ANY(CAST(:ids AS uuid[]))"
        ),
        values,
    )
    return {row[0]: AccountRow(*row) for row in rows}


def in_the_way(session: Session, gone: AccountRow, kept: AccountRow, now: datetime) -> list[str]:
    """What of the account that goes is still under way, by name."""
    values = {"gone_id": gone.id, "gone": gone.number, "kept": kept.number, "now": now}
    return list(session.scalars(_IN_THE_WAY, values))


def add(session: Session, row: MergeRow) -> bool:
    """Ask for a merge; False where the account waits to go already, or has gone."""
    added = session.execute(
        text(
            f"INSERT INTO member_merges ({_COLUMNS}) VALUES (:id, :gone, :kept, :status, :reason, :asked_by, :asked_at,"  # noqa: S608
            " :decided_by, :decided_at) ON CONFLICT (gone) WHERE status <> 'rejected' DO NOTHING RETURNING id"
        ),
        row._asdict(),
    )
    return added.first() is not None


def lock(session: Session, merge_id: uuid.UUID) -> MergeRow | None:
    """One merge, for this transaction alone to decide."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM member_merges WHERE id = :id FOR UPDATE"),  # noqa: S608 - a constant
        {"id": merge_id},
    ).one_or_none()
    return None if row is None else MergeRow._make(row)


def decide(session: Session, merge_id: uuid.UUID, status: str, by: uuid.UUID, at: datetime) -> None:
    """What was decided, once."""
    session.execute(
        text("UPDATE member_merges SET status = :status, decided_by = :by, decided_at = :at WHERE id = :id"),
        {"id": merge_id, "status": status, "by": by, "at": at},
    )


def page(session: Session, before: uuid.UUID | None, limit: int) -> list[MergeRow]:
    """Up to `limit` merges, the newest first."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM member_merges WHERE CAST(:before AS uuid) IS NULL OR id < :before"  # noqa: S608
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
    return [MergeRow._make(row) for row in rows]


def held_by(session: Session, number: int) -> list[HeldRow]:
    """What the books hold of a member that may be handed over: wallet, debts, and points on their way."""
    rows = session.execute(
        text(
            """
            SELECT split_part(n.name, chr(58), 3), b.currency, b.amount_minor
            FROM ledger_accounts n JOIN ledger_balances b ON b.account_id = n.id
            WHERE b.amount_minor <> 0 AND n.name = ANY(ARRAY[
                    concat_ws(chr(58), 'member', CAST(:number AS bigint), 'wallet'),
                    concat_ws(chr(58), 'member', CAST(:number AS bigint), 'receivable'),
                    concat_ws(chr(58), 'member', CAST(:number AS bigint), 'pending')])
              AND (b.currency = :points OR n.name NOT LIKE '%pending')
            ORDER BY 1, 2
            """
        ),
        {"number": number, "points": POINTS},
    )
    return [HeldRow(*row) for row in rows]


def come_late(session: Session, limit: int) -> list[tuple[int, int]]:
    """(account, heir) of some merged accounts to which money came since, or which owe some."""
    rows = session.execute(
        text(
            f"""
            {_HEIRS}
            SELECT DISTINCT l.number, l.heir FROM last l
            JOIN ledger_accounts n ON n.name IN (concat_ws(chr(58), 'member', l.number, 'wallet'),
                concat_ws(chr(58), 'member', l.number, 'receivable'))
            JOIN ledger_balances b ON b.account_id = n.id AND b.currency <> :points AND b.amount_minor <> 0
            ORDER BY l.number LIMIT :limit
            """  # noqa: S608 - texts of this module
        ),
        {"limit": limit, "points": POINTS},
    )
    return [(row[0], row[1]) for row in rows]
