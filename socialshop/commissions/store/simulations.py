"""Simulations: what they were asked, the sales that they read, and the sums that grow from job to job."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from socialshop.commissions.store.accruals import Line
from socialshop.commissions.store.clawbacks import REFUNDED


class SimulationRow(NamedTuple):
    """A simulation as it stands. `lines` is None until it has begun, `result` until it is finished.

    `then_at` is how far it came behind the sales, `history` what the record knows of the time that was asked about.
    """

    id: uuid.UUID
    plan_id: uuid.UUID
    document: dict[str, Any]
    currency: str
    sales_from: datetime
    sales_to: datetime
    budget_minor: int | None
    asked_at: datetime
    lines: int | None
    last_line: uuid.UUID | None
    through: uuid.UUID | None
    done: int
    result: dict[str, Any] | None
    finished_at: datetime | None
    then_at: dict[str, Any] | None = None
    history: dict[str, int] | None = None


class SoldLine(NamedTuple):
    """An accrued line, less what went back of it, and the day of its sale by the shop's clock."""

    line: Line
    sold_on: date


class LegSums(NamedTuple):
    """What a leg pays under the simulated plan (`here`) and under those in force (`there`)."""

    kind: str
    level: int
    here_minor: int
    there_minor: int
    here_rewards: int
    there_rewards: int


class DaySums(NamedTuple):
    """What was sold on a day, and what both sides pay of it."""

    sold_on: date
    sales_minor: int
    here_minor: int
    there_minor: int


class Spread(NamedTuple):
    """How what is paid spreads over members. Sums in minor units; `gini_bps` is null where nobody earns.

    Gini by its formula for n sorted values: 2 x sum(i x value_i) / (n x sum(value)) - (n + 1) / n, in basis points.
    """

    earners: int
    there_earners: int
    gini_bps: int | None
    deciles: list[int]
    winners: int
    won_minor: int
    losers: int
    lost_minor: int


_COLUMNS = ", ".join(SimulationRow._fields)
_LINE = ", ".join(f"l.{name}" for name in Line._fields)
# The sales that a simulation reads; the order is that in which lines were made, so `through` is where to go on. A line
# may accrue long after it was made: what did so after the question is left out by its instant, not by its place.
SOLD = """
    l.currency = :currency AND l.sale_at >= :sales_from AND l.sale_at < :sales_to AND l.accrued_at <= :asked_at
"""


def add(session: Session, row: SimulationRow, asked_by: uuid.UUID) -> None:
    """Keep what is asked."""
    session.execute(
        text(
            """
            INSERT INTO plan_simulations (id, plan_id, document, currency, sales_from, sales_to, budget_minor,
                                          asked_by, asked_at)
            VALUES (:id, :plan_id, :document, :currency, :sales_from, :sales_to, :budget_minor, :asked_by, :asked_at)
            """
        ).bindparams(bindparam("document", type_=JSONB)),
        {**row._asdict(), "asked_by": asked_by},
    )


def find(session: Session, simulation_id: uuid.UUID) -> SimulationRow | None:
    """The simulation of this id."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM plan_simulations WHERE id = :id"),  # noqa: S608 - our own names
        {"id": simulation_id},
    ).one_or_none()
    return SimulationRow(*row) if row else None


def lock(session: Session, simulation_id: uuid.UUID) -> SimulationRow | None:
    """The simulation, for this transaction alone to carry on."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM plan_simulations WHERE id = :id FOR UPDATE"),  # noqa: S608 - our own names
        {"id": simulation_id},
    ).one_or_none()
    return SimulationRow(*row) if row else None


def of_plan(session: Session, plan_id: uuid.UUID, before: uuid.UUID | None, limit: int) -> list[SimulationRow]:
    """A plan's simulations, the newest first."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS} FROM plan_simulations WHERE plan_id = :plan_id "  # noqa: S608 - our own names
            "AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        {"plan_id": plan_id, "before": before, "limit": limit},
    )
    return [SimulationRow(*row) for row in rows]


def begin(session: Session, row: SimulationRow) -> SimulationRow:
    """Count what is to be read, and fix where it ends: sales that accrue meanwhile are not in it."""
    lines, last = session.execute(
        text(
            f"""
            UPDATE plan_simulations SET (lines, last_line) = (
                -- PostgreSQL before 18 knows no greatest uuid; their texts sort as they do.
                SELECT count(*), CAST(max(CAST(order_line_id AS text)) AS uuid) FROM accrued_lines l WHERE {SOLD}
            ) WHERE id = :id RETURNING lines, last_line
            """  # noqa: S608 - our own text
        ),
        row._asdict(),
    ).one()
    return row._replace(lines=lines, last_line=last)


def next_lines(session: Session, row: SimulationRow, zone: str, limit: int) -> list[SoldLine]:
    """The next sales in the order of their lines, each less what went back of it by refunds that were clawed."""
    found = session.execute(
        text(
            f"""
            SELECT {_LINE}, coalesce(gone.refunded_minor, 0), coalesce(gone.returned, 0),
                   CAST(l.sale_at AT TIME ZONE :zone AS date)
            FROM accrued_lines l {REFUNDED}
            WHERE {SOLD} AND l.order_line_id <= :last_line
                AND (CAST(:through AS uuid) IS NULL OR l.order_line_id > :through)
            ORDER BY l.order_line_id LIMIT :limit
            """  # noqa: S608 - our own names
        ),
        {**row._asdict(), "zone": zone, "limit": limit},
    )
    return [_sold(Line._make(values[:-3]), *values[-3:]) for values in found]


def _sold(line: Line, refunded_minor: int, returned: int, sold_on: date) -> SoldLine:
    left = line._replace(base_minor=line.base_minor - refunded_minor, quantity=line.quantity - returned)
    return SoldLine(left, sold_on)


def add_earners(session: Session, simulation_id: uuid.UUID, here: Mapping[int, int], there: Mapping[int, int]) -> None:
    """Add to what members earn on both sides."""
    members = list(here.keys() | there.keys())
    session.execute(
        text(
            """
            INSERT INTO plan_simulation_earners AS e (simulation_id, beneficiary, here_minor, there_minor)
            SELECT :id, n, h, t
            FROM unnest(CAST(:members AS bigint[]), CAST(:here AS bigint[]), CAST(:there AS bigint[])) AS u (n, h, t)
            ON CONFLICT (simulation_id, beneficiary) DO UPDATE SET
                here_minor = e.here_minor + excluded.here_minor, there_minor = e.there_minor + excluded.there_minor
            """
        ),
        {
            "id": simulation_id,
            "members": members,
            "here": [here.get(member, 0) for member in members],
            "there": [there.get(member, 0) for member in members],
        },
    )


def add_legs(session: Session, simulation_id: uuid.UUID, sums: Sequence[LegSums]) -> None:
    """Add to what each leg pays."""
    session.execute(
        text(
            """
            INSERT INTO plan_simulation_legs AS l (simulation_id, kind, level, here_minor, there_minor, here_rewards,
                                                   there_rewards)
            SELECT :id, * FROM unnest(CAST(:kind AS text[]), CAST(:level AS smallint[]),
                CAST(:here_minor AS bigint[]), CAST(:there_minor AS bigint[]), CAST(:here_rewards AS bigint[]),
                CAST(:there_rewards AS bigint[]))
            ON CONFLICT (simulation_id, kind, level) DO UPDATE SET
                here_minor = l.here_minor + excluded.here_minor, there_minor = l.there_minor + excluded.there_minor,
                here_rewards = l.here_rewards + excluded.here_rewards,
                there_rewards = l.there_rewards + excluded.there_rewards
            """
        ),
        {"id": simulation_id, **_columns(LegSums._fields, sums)},
    )


def add_days(session: Session, simulation_id: uuid.UUID, sums: Sequence[DaySums]) -> None:
    """Add to what was sold and is paid, day by day."""
    session.execute(
        text(
            """
            INSERT INTO plan_simulation_days AS d (simulation_id, sold_on, sales_minor, here_minor, there_minor)
            SELECT :id, * FROM unnest(CAST(:sold_on AS date[]), CAST(:sales_minor AS bigint[]),
                CAST(:here_minor AS bigint[]), CAST(:there_minor AS bigint[]))
            ON CONFLICT (simulation_id, sold_on) DO UPDATE SET sales_minor = d.sales_minor + excluded.sales_minor,
                here_minor = d.here_minor + excluded.here_minor, there_minor = d.there_minor + excluded.there_minor
            """
        ),
        {"id": simulation_id, **_columns(DaySums._fields, sums)},
    )


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[number] for row in rows] for number, name in enumerate(names)}


def advance(session: Session, simulation_id: uuid.UUID, through: uuid.UUID, lines: int) -> None:
    """So many lines more are done, up to this one."""
    session.execute(
        text("UPDATE plan_simulations SET through = :through, done = done + :lines WHERE id = :id"),
        {"id": simulation_id, "through": through, "lines": lines},
    )


def legs_of(session: Session, simulation_id: uuid.UUID) -> list[LegSums]:
    """What each leg pays, those of the tree first."""
    rows = session.execute(
        text(
            "SELECT kind, level, here_minor, there_minor, here_rewards, there_rewards FROM plan_simulation_legs "
            "WHERE simulation_id = :id ORDER BY kind = 'sale' DESC, level, kind"
        ),
        {"id": simulation_id},
    )
    return [LegSums(*row) for row in rows]


def days_of(session: Session, simulation_id: uuid.UUID) -> list[DaySums]:
    """Day by day."""
    rows = session.execute(
        text(
            "SELECT sold_on, sales_minor, here_minor, there_minor FROM plan_simulation_days "
            "WHERE simulation_id = :id ORDER BY sold_on"
        ),
        {"id": simulation_id},
    )
    return [DaySums(*row) for row in rows]


def spread(session: Session, simulation_id: uuid.UUID) -> Spread:
    """How it spreads over members; of ten deciles of earners the first earns least."""
    row = session.execute(
        text(
            """
            WITH earner AS (
                SELECT here_minor AS here, there_minor AS there FROM plan_simulation_earners
                WHERE simulation_id = :id
            ), ranked AS (
                SELECT here, ntile(10) OVER (ORDER BY here) AS decile, row_number() OVER (ORDER BY here) AS rank,
                       count(*) OVER () AS n
                FROM earner WHERE here > 0
            )
            SELECT count(*) FILTER (WHERE here > 0), count(*) FILTER (WHERE there > 0),
                (SELECT CAST(round(10000 * (2 * sum(rank * here) / (max(n) * sum(here)) - (max(n) + 1.0) / max(n)))
                             AS integer) FROM ranked),
                ARRAY(
                    SELECT CAST(coalesce(sum(r.here), 0) AS bigint)
                    FROM generate_series(1, 10) AS d (decile) LEFT JOIN ranked r USING (decile)
                    GROUP BY decile ORDER BY decile
                ),
                count(*) FILTER (WHERE here > there),
                CAST(coalesce(sum(here - there) FILTER (WHERE here > there), 0) AS bigint),
                count(*) FILTER (WHERE here < there),
                CAST(coalesce(sum(there - here) FILTER (WHERE here < there), 0) AS bigint)
            FROM earner
            """
        ),
        {"id": simulation_id},
    ).one()
    return Spread(*row)


def finish(session: Session, simulation_id: uuid.UUID, result: Mapping[str, Any], now: datetime) -> None:
    """Keep the result, and nothing of single members."""
    for table in ("plan_simulation_earners", "plan_simulation_counters"):
        session.execute(text(f"DELETE FROM {table} WHERE simulation_id = :id"), {"id": simulation_id})  # noqa: S608
    session.execute(
        text("UPDATE plan_simulations SET result = :result, finished_at = :now WHERE id = :id").bindparams(
            bindparam("result", type_=JSONB)
        ),
        {"id": simulation_id, "result": dict(result), "now": now},
    )


def forget(session: Session, before: datetime, limit: int) -> int:
    """Remove up to `limit` simulations that were asked for before then, with their sums; how many."""
    rows = session.execute(
        text(
            """
            DELETE FROM plan_simulations WHERE id IN (
                SELECT id FROM plan_simulations WHERE asked_at < :before ORDER BY id LIMIT :limit
                FOR UPDATE SKIP LOCKED
            ) RETURNING id
            """
        ),
        {"before": before, "limit": limit},
    )
    return len(rows.all())
