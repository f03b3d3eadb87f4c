"""Statements on which goods leaders may make deals of, and from which price on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class OpeningRow(NamedTuple):
    """To whom a unit is open, and the least price of a deal of it; `chosen` are member numbers.

    Leaders keep `margin_bps` of what a deal's price is above `supply_minor`; both are None where they keep nothing.
    """

    open_to: str
    floor_minor: int | None
    chosen: list[int]
    supply_minor: int | None
    margin_bps: int | None


class Leave(NamedTuple):
    """Whether somebody may make a deal of a unit, its least price for them, and what they keep of a higher one."""

    is_open: bool
    floor_minor: int | None
    supply_minor: int | None
    margin_bps: int | None


def find(session: Session, sku_id: uuid.UUID) -> OpeningRow:
    """What was said of the unit; where nothing was, it is open to all, from any price on."""
    row = session.execute(
        text(
            """
            SELECT g.open_to, g.floor_minor,
                (SELECT coalesce(array_agg(c.leader ORDER BY c.leader), '{}') FROM leader_goods_chosen c
                    WHERE c.sku_id = g.sku_id), g.supply_minor, g.margin_bps
            FROM leader_goods g WHERE g.sku_id = :sku
            """
        ),
        {"sku": sku_id},
    ).one_or_none()
    return OpeningRow("all", None, [], None, None) if row is None else OpeningRow(*row)


def keep(session: Session, sku_id: uuid.UUID, row: OpeningRow) -> None:
    """Say to whom the unit is open from now on; whoever was chosen before and is not now is so no more."""
    values = {"sku": sku_id, **row._asdict()}
    session.execute(
        text(
            "INSERT INTO leader_goods (sku_id, open_to, floor_minor, supply_minor, margin_bps)"
            " VALUES (:sku, :open_to, :floor_minor, :supply_minor, :margin_bps)"
            " ON CONFLICT (sku_id) DO UPDATE SET open_to = excluded.open_to, floor_minor = excluded.floor_minor,"
            " supply_minor = excluded.supply_minor, margin_bps = excluded.margin_bps"
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


def leaves_of(
    session: Session, sku_ids: Sequence[uuid.UUID], numbers: Sequence[int]
) -> dict[tuple[int, uuid.UUID], Leave]:
    """What each of these members may do with each unit; an admin may do all. Of what nothing was said is left out."""
    rows = session.execute(
        text(
            """
            SELECT m.number, g.sku_id, m.role = 'admin' OR g.open_to = 'all' OR (g.open_to = 'chosen' AND EXISTS (
                    SELECT FROM leader_goods_chosen c WHERE c.sku_id = g.sku_id AND c.leader = m.number)),
                CASE WHEN m.role <> 'admin' THEN greatest(g.floor_minor, g.supply_minor) END,
                CASE WHEN m.role <> 'admin' THEN g.supply_minor END, CASE WHEN m.role <> 'admin' THEN g.margin_bps END
            FROM leader_goods g CROSS JOIN members m WHERE g.sku_id = ANY(:skus) AND m.number = ANY(:numbers)
            """
        ),
        {"skus": list(sku_ids), "numbers": list(numbers)},
    )
    return {(row[0], row[1]): Leave(*row[2:]) for row in rows}


def set_margins(session: Session, margins: Mapping[uuid.UUID, Mapping[str, Any] | None]) -> None:
    """Keep what the leader of each of these drafts keeps of the price of its units; None where it is nothing."""
    session.execute(
        text(
            """
            UPDATE deals SET leader_margin = CAST(g.margin AS jsonb)
            FROM unnest(CAST(:ids AS uuid[]), CAST(:margins AS text[])) AS g (id, margin)
            WHERE deals.id = g.id AND deals.draft
            """
        ),
        {
            "ids": list(margins),
            "margins": [None if margin is None else json.dumps(margin) for margin in margins.values()],
        },
    )
