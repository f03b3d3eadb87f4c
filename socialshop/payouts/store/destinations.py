"""Where payouts go. The account in full leaves this table for the payout file alone (store/batches.py)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Destination(NamedTuple):
    """A destination as it is shown: the last four characters of the account."""

    id: uuid.UUID
    channel: str
    holder: str
    account_last4: str
    created_at: datetime
    changed: bool


# An account that the member had not named when it was added, and that was not the first one.
_CHANGED = """(
    EXISTS (
        SELECT FROM payout_destinations o WHERE o.member_id = d.member_id AND o.id < d.id
        AND (o.channel, o.account) <> (d.channel, d.account)
    ) AND NOT EXISTS (
        SELECT FROM payout_destinations o WHERE o.member_id = d.member_id AND o.id < d.id
        AND (o.channel, o.account) = (d.channel, d.account)
    )
)"""
_COLUMNS = f"d.id, d.channel, d.holder, right(d.account, 4), d.created_at, {_CHANGED}"


def add(
    session: Session,
    *,
    destination_id: uuid.UUID,
    member_id: uuid.UUID,
    channel: str,
    holder: str,
    account: str,
    now: datetime,
) -> Destination:
    """Add a destination, or find the member's that says the same."""
    values = {"member_id": member_id, "channel": channel, "holder": holder, "account": account}
    session.execute(
        text(
            """
            INSERT INTO payout_destinations (id, member_id, channel, holder, account, created_at)
            VALUES (:id, :member_id, :channel, :holder, :account, :now)
            ON CONFLICT (member_id, channel, account, holder) DO NOTHING
            """
        ),
        {**values, "id": destination_id, "now": now},
    )
    # A statement of its own: one that waited for another's insert does not see it.
    found = session.execute(
        text(
            f"""
            SELECT {_COLUMNS} FROM payout_destinations d
            WHERE member_id = :member_id AND channel = :channel AND holder = :holder AND account = :account
            """  # noqa: S608 - column names of our own
        ),
        values,
    ).one()
    return Destination(*found)


def of_member(session: Session, member_id: uuid.UUID, destination_id: uuid.UUID | None = None) -> list[Destination]:
    """A member's destinations, oldest first; or the one of this id, if it is the member's."""
    found = session.execute(
        text(
            f"""
            SELECT {_COLUMNS} FROM payout_destinations d
            WHERE member_id = :member_id AND (CAST(:id AS uuid) IS NULL OR id = :id) ORDER BY id
            """  # noqa: S608 - column names of our own
        ),
        {"member_id": member_id, "id": destination_id},
    )
    return [Destination(*row) for row in found]


def groups(session: Session, numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """Who of these members named the same account, a group an account. One statement."""
    found = session.execute(
        text(
            """
            SELECT DISTINCT array_agg(DISTINCT m.number ORDER BY m.number)
            FROM members m JOIN payout_destinations d ON d.member_id = m.id
            WHERE m.number = ANY(CAST(:numbers AS bigint[]))
            GROUP BY d.channel, d.account HAVING count(DISTINCT m.number) > 1 ORDER BY 1
            """
        ),
        {"numbers": list(numbers)},
    )
    return [tuple(numbers) for (numbers,) in found]


class Use(NamedTuple):
    """How a destination stands: when it was added, and how many other members have the same account."""

    created_at: datetime
    shared_with: int


def use_of(session: Session, destination_id: uuid.UUID) -> Use:
    """How a destination stands among all of them."""
    row = session.execute(
        text(
            """
            SELECT d.created_at, count(DISTINCT o.member_id)
            FROM payout_destinations d
            LEFT JOIN payout_destinations o
              ON o.account = d.account AND o.channel = d.channel AND o.member_id <> d.member_id
            WHERE d.id = :id GROUP BY d.id
            """
        ),
        {"id": destination_id},
    ).one()
    return Use(*row)
