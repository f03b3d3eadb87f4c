"""What is counted towards milestones, and which of them stand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.commissions.rules import Standing
from socialshop.infra.db import copy_rows

_HAS = "EXISTS (SELECT FROM jsonb_array_elements(v.document -> 'legs') leg WHERE leg ->> 'kind' = 'milestone')"


class CountedOrder(NamedTuple):
    """An order as it counts for its buyer's sponsor, `member`, in the plan's version of its sale."""

    order_id: uuid.UUID
    plan_id: uuid.UUID
    plan_version_id: uuid.UUID
    member: int
    sold_at: datetime
    on_day: date


class Ask(NamedTuple):
    """A figure to be counted: whose, in which plan and days, of what, each order with `min_order_minor` left."""

    plan_id: uuid.UUID
    member: int
    counts: str
    min_order_minor: int
    first_day: date
    last_day: date


class StandingRow(NamedTuple):
    """A milestone that was reached and has not fallen."""

    tally_id: uuid.UUID
    plan_id: uuid.UUID
    member: int
    counts: str
    reaches: int
    min_order_minor: int
    first_day: date
    last_day: date
    is_kept: bool
    round: int

    @property
    def ask(self) -> Ask:
        """The figure that it stands on."""
        return Ask(self.plan_id, self.member, self.counts, self.min_order_minor, self.first_day, self.last_day)


def is_counted(session: Session, order_id: uuid.UUID) -> bool:
    """Whether an order accrued by a version that has milestones."""
    found = session.execute(
        text(
            f"""
            SELECT FROM order_lines o JOIN accrued_lines l ON l.order_line_id = o.id
            JOIN commission_plan_versions v ON v.id = l.plan_version_id
            WHERE o.order_id = :id AND {_HAS} LIMIT 1
            """
        ),
        {"id": order_id},
    )
    return found.first() is not None


def count_orders(session: Session, order_ids: Sequence[uuid.UUID], zone: str) -> list[CountedOrder]:
    """Count these orders by what is left of them now; those of nobody's members count for nobody."""
    rows = session.execute(
        text(
            f"""
            INSERT INTO milestone_orders AS k (order_id, plan_id, plan_version_id, member, buyer, sold_at, on_day,
                                               net_minor)
            SELECT l.order_id, v.plan_id, v.id, l.uplines[1], l.buyer, l.sale_at,
                CAST(l.sale_at AT TIME ZONE :zone AS date), greatest(CAST(sum(l.base_minor) AS bigint) - coalesce((
                    SELECT CAST(sum(r.amount_minor) AS bigint)
                    FROM clawed_refunds c JOIN refund_lines r ON r.refund_id = c.refund_id
                        JOIN accrued_lines g ON g.order_line_id = r.order_line_id
                    WHERE c.order_id = l.order_id), 0), 0)
            FROM order_lines o JOIN accrued_lines l ON l.order_line_id = o.id
            JOIN commission_plan_versions v ON v.id = l.plan_version_id
            WHERE o.order_id = ANY(CAST(:ids AS uuid[])) AND cardinality(l.uplines) > 0 AND {_HAS}
            GROUP BY l.order_id, v.plan_id, v.id, l.uplines[1], l.buyer, l.sale_at
            ORDER BY l.order_id
            ON CONFLICT (order_id) DO UPDATE SET net_minor = excluded.net_minor
            RETURNING k.order_id, k.plan_id, k.plan_version_id, k.member, k.sold_at, k.on_day
            """  # noqa: S608 - a constant of this module
        ),
        {"ids": list(order_ids), "zone": zone},
    )
    return [CountedOrder(*row) for row in rows]


def figures(session: Session, asked: Sequence[Ask]) -> dict[Ask, int]:
    """What each figure comes to. One statement."""
    rows = session.execute(
        text(
            """
            SELECT a.place, CASE a.counts WHEN 'sales' THEN f.sales ELSE f.buyers END
            FROM unnest(CAST(:plans AS uuid[]), CAST(:members AS bigint[]), CAST(:counts AS text[]),
                        CAST(:least AS bigint[]), CAST(:first AS date[]), CAST(:last AS date[]))
                 WITH ORDINALITY AS a (plan_id, member, counts, least, first_day, last_day, place)
            CROSS JOIN LATERAL (
                SELECT count(*) AS sales, count(DISTINCT buyer) AS buyers FROM milestone_orders k
                WHERE k.member = a.member AND k.plan_id = a.plan_id AND k.net_minor >= a.least
                    AND k.on_day BETWEEN a.first_day AND a.last_day
            ) f
            """
        ),
        {
            "plans": [ask.plan_id for ask in asked],
            "members": [ask.member for ask in asked],
            "counts": [ask.counts for ask in asked],
            "least": [ask.min_order_minor for ask in asked],
            "first": [ask.first_day for ask in asked],
            "last": [ask.last_day for ask in asked],
        },
    )
    return {asked[row[0] - 1]: row[1] for row in rows}


def of_members(session: Session, members: Sequence[int]) -> tuple[list[StandingRow], dict[tuple[object, ...], int]]:
    """The milestones of these members that stand, and the last round of every one that was ever reached."""
    fields = ", ".join(StandingRow._fields)
    rows = session.execute(
        text(
            f"SELECT {fields}, fallen_at IS NULL FROM milestones "  # noqa: S608 - our own names
            "WHERE member = ANY(CAST(:members AS bigint[])) ORDER BY round"
        ),
        {"members": list(members)},
    )
    found = [(StandingRow(*row[:-1]), row[-1]) for row in rows]
    rounds = {key_of(row): row.round for row, _ in found}
    return [row for row, stands in found if stands], rounds


def key_of(row: StandingRow) -> tuple[object, ...]:
    """What tells milestones apart, whatever the round."""
    return (*row.ask, row.reaches)


def add(session: Session, rows: Sequence[StandingRow]) -> None:
    """Append milestones that were reached."""
    copy_rows(session, "milestones", StandingRow._fields, rows)


def fall(session: Session, tally_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """These stand no longer."""
    session.execute(
        text("UPDATE milestones SET fallen_at = :now WHERE tally_id = ANY(CAST(:ids AS uuid[])) AND fallen_at IS NULL"),
        {"ids": list(tally_ids), "now": now},
    )


def accruals_of(session: Session, tally_ids: Sequence[uuid.UUID]) -> list[Standing]:
    """The accruals of these milestones, in id order, all of each to be taken back."""
    rows = session.execute(
        text(
            """
            SELECT a.id, a.beneficiary, a.amount_minor, a.currency, a.clawed_minor, a.leg, y.plan_version_id,
                   y.before, y.counted, 0, y.counted, NULL, NULL, y.id, y.facts, 0, NULL
            FROM tallies y JOIN accruals a ON a.tally_id = y.id
            WHERE y.id = ANY(CAST(:ids AS uuid[])) ORDER BY a.id
            """
        ),
        {"ids": list(tally_ids)},
    )
    return [Standing._make(row) for row in rows]
