"""Statements on which goods leaders may make deals of, and from which price on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class OpeningRow(NamedTuple):
    """To whom a unit is open, and the least price of a deal of it; `chosen` are member numbers."""

    open_to: str
    floor_minor: int | None
    chosen: list[int]


class Leave(NamedTuple):
    """Whether somebody may make a deal of a unit, and its least price for them."""

    is_open: bool
    floor_minor: int | None


def find(session: Session, sku_id: uuid.UUID) -> OpeningRow:
    """What was said of the unit; where nothing was, it is open to all, from any price on."""
    row = session.execute(
        text(
            """
            SELECT g.open_to, g.floor_minor,
                (SELECT coalesce(array_agg(c.leader ORDER BY c.leader), '{}') FROM leader_goods_chosen c
                    WHERE c.sku_id = g.sku_id)
            FROM leader_goods g WHERE g.sku_id = :sku
            """
        ),
        {"sku": sku_id},
    ).one_or_none()
    return OpeningRow("all", None, []) if row is None else OpeningRow(*row)


def keep(session: Session, sku_id: uuid.UUID, open_to: str, floor_minor: int | None, chosen: Sequence[int]) -> None:
    """Say to whom the unit is open from now on; whoever was chosen before and is not now is so no more."""
    values = {"sku": sku_id, "open_to": open_to, "floor": floor_minor, "chosen": list(chosen)}
    session.execute(
        text(
            "INSERT INTO leader_goods (sku_id, open_to, floor_minor) VALUES (:sku, :open_to, :floor)"
            " ON CONFLICT (sku_id) DO UPDATE SET open_to = excluded.open_to, floor_minor = excluded.floor_minor"
        ),
        values,
    )
    session.execute(text("DELETE FROM leader_goods_chosen WHERE sku_id = :sku"), values)
    session.execute(
        text(
            "INSERT INTO leader_goods_chosen (sku_id, leader)"
            " SELECT :sku, leader FROM unnest(CAST(:chosen AS bigint[])) AS given (leader)"
        ),
        values,
    )


def leave_of(session: Session, sku_ids: Sequence[uuid.UUID], number: int) -> dict[uuid.UUID, Leave]:
    """What this member may do with these units; an admin may do all. A unit of which nothing was said is left out."""
    rows = session.execute(
        text(
            """
            SELECT g.sku_id, m.role = 'admin' OR g.open_to = 'all' OR (g.open_to = 'chosen' AND EXISTS (
                    SELECT FROM leader_goods_chosen c WHERE c.sku_id = g.sku_id AND c.leader = m.number)),
                CASE WHEN m.role <> 'admin' THEN g.floor_minor END
            FROM leader_goods g CROSS JOIN members m WHERE g.sku_id = ANY(:skus) AND m.number = :number
            """
        ),
        {"skus": list(sku_ids), "number": number},
    )
    return {row[0]: Leave(row[1], row[2]) for row in rows}
