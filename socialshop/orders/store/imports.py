"""Statements of imports. The tables made here are temporary: they carry one import and die with its transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra.columns import write_columns
from socialshop.infra.db import copy_rows

_STAGED = (
    *("position", "line", "external_id", "member_external_id", "ordered_at", "amount_minor", "currency", "quantity"),
    *("host_external_id", "received_at", "fault_column", "fault_code", "fault_reason"),
)


class Landing(NamedTuple):
    """An order that lands."""

    id: uuid.UUID
    total_minor: int
    currency: str


def create_staging(session: Session) -> None:
    """A place for the rows of one file; dropped with the transaction."""
    session.execute(
        text(
            """
            CREATE TEMPORARY TABLE staged_orders (
                position bigint PRIMARY KEY, line bigint NOT NULL,
                external_id text, member_external_id text, ordered_at timestamptz, amount_minor bigint, currency text,
                quantity bigint, host_external_id text, received_at timestamptz,
                fault_column integer, fault_code text, fault_reason text
            ) ON COMMIT DROP
            """
        )
    )


def stage(session: Session, rows: Iterable[Sequence[object]]) -> int:
    """Take the rows in; returns how many."""
    count = copy_rows(session, "staged_orders", _STAGED, rows)
    session.execute(text("ANALYZE staged_orders"))
    return count


def judge(session: Session) -> None:
    """Decide every row: against members and orders that stand, and against the rows before it.

    `fault_at` is the leftmost fault of the line itself (2 member, 3 before the member joined, 7 host, or as read).
    An id that stands already, here or by an earlier row, makes the row a repetition, equal or not, before that.
    """
    session.execute(
        text(
            """
            CREATE TEMPORARY TABLE judged_orders ON COMMIT DROP AS
            WITH known AS (
                SELECT s.*, buyer.number AS buyer, host.number AS host,
                    least(
                        s.fault_column,
                        CASE WHEN s.member_external_id IS NOT NULL AND buyer.number IS NULL THEN 2 END,
                        CASE WHEN s.ordered_at < buyer.joined_at THEN 3 END,
                        CASE WHEN s.host_external_id IS NOT NULL AND host.number IS NULL THEN 7 END
                    ) AS fault_at
                FROM staged_orders s
                LEFT JOIN members buyer ON buyer.external_id = s.member_external_id
                LEFT JOIN members host ON host.external_id = s.host_external_id
            )
            SELECT k.*, o.id IS NOT NULL AS stands,
                o.id IS NOT NULL AND k.fault_column IS NULL
                    AND (k.buyer, k.ordered_at, k.amount_minor, k.currency, k.quantity, k.host, k.received_at)
                    IS NOT DISTINCT FROM
                    (o.buyer, o.ordered_at, l.amount_minor, o.currency, l.quantity, o.host, o.received_at) AS equals,
                min(k.position) FILTER (WHERE k.fault_at IS NULL AND o.id IS NULL)
                    OVER (PARTITION BY k.external_id) AS first_good
            FROM known k
            LEFT JOIN orders o ON o.external_id = k.external_id
            LEFT JOIN order_lines l ON l.order_id = o.id AND l.line = 1
            """
        )
    )
    session.execute(text("CREATE UNIQUE INDEX ON judged_orders (position)"))
    session.execute(text("ANALYZE judged_orders"))


_LANDS = "j.external_id IS NOT NULL AND j.position = j.first_good"


def rejected(session: Session) -> Iterator[tuple[int, int, str, str]]:
    """(line, column, code, reason) of each row that neither lands nor stands already, by line."""
    rows = session.execute(
        text(
            f"""
            WITH compared AS (
                SELECT j.*,
                    j.external_id IS NOT NULL AND (j.stands OR j.position > j.first_good) AS repeats,
                    j.equals OR (
                        j.fault_column IS NULL
                        AND (j.buyer, j.ordered_at, j.amount_minor, j.currency, j.quantity, j.host, j.received_at)
                        IS NOT DISTINCT FROM
                        (f.buyer, f.ordered_at, f.amount_minor, f.currency, f.quantity, f.host, f.received_at)
                    ) AS same
                FROM judged_orders j
                LEFT JOIN judged_orders f ON f.position = j.first_good AND j.position > j.first_good
                WHERE NOT coalesce({_LANDS}, false)
            )
            SELECT line,
                CASE WHEN repeats THEN 1 ELSE fault_at END AS at,
                CASE WHEN repeats THEN 'external_id_conflict' WHEN fault_at = fault_column THEN fault_code
                    WHEN fault_at = 2 THEN 'member_unknown' WHEN fault_at = 3 THEN 'before_joined'
                    ELSE 'host_unknown' END AS code,
                CASE WHEN repeats THEN 'this id stands already with other content'
                    WHEN fault_at = fault_column THEN fault_reason
                    WHEN fault_at = 2 THEN 'no such member' WHEN fault_at = 3 THEN 'lies before the member joined'
                    ELSE 'no such member' END AS reason
            FROM compared WHERE NOT (repeats AND coalesce(same, false))
            ORDER BY position
            """  # noqa: S608 - a constant of this module
        ).execution_options(yield_per=5_000)
    )
    for row in rows:
        yield row.line, row.at, row.code, row.reason


def good_lines(session: Session) -> int:
    """How many rows land."""
    counted = session.execute(text(f"SELECT count(*) FROM judged_orders j WHERE {_LANDS}"))  # noqa: S608
    return int(counted.scalar_one())


def give_ids(session: Session, ids: Iterable[tuple[bytes, bytes]]) -> None:
    """Pair the rows that land, in the order of lines, with ids for the order and its line."""
    session.execute(
        text(
            """
            CREATE TEMPORARY TABLE landing_orders (ordinal bigint NOT NULL, id uuid NOT NULL, line_id uuid NOT NULL)
            ON COMMIT DROP
            """
        )
    )
    pairs = np.array(list(ids), dtype=[("id", "V16"), ("line_id", "V16")])
    columns = {"ordinal": np.arange(1, len(pairs) + 1), "id": pairs["id"], "line_id": pairs["line_id"]}
    write_columns(session, "landing_orders", {"ordinal": "bigint", "id": "uuid", "line_id": "uuid"}, columns)
    session.execute(text("CREATE UNIQUE INDEX ON landing_orders (ordinal)"))
    session.execute(text("ANALYZE landing_orders"))


def insert_landing(session: Session) -> None:
    """Insert the orders, with their buyers' uplines as they stand, and the orders' lines."""
    landing = f"""
        SELECT n.id, n.line_id, j.* FROM (
            SELECT row_number() OVER (ORDER BY j.position) AS ordinal, j.external_id, j.buyer, j.host, j.currency,
                j.amount_minor, j.ordered_at, j.received_at, j.quantity
            FROM judged_orders j WHERE {_LANDS}
        ) j JOIN landing_orders n USING (ordinal)
    """  # noqa: S608 - a constant of this module
    session.execute(
        text(
            f"""
            INSERT INTO orders (
                id, external_id, source, buyer, uplines, host, status, currency, total_minor, ordered_at, received_at)
            SELECT l.id, l.external_id, 'import', l.buyer, coalesce(n.uplines, '{{}}'), l.host, 'received', l.currency,
                l.amount_minor, l.ordered_at, l.received_at
            FROM ({landing}) AS l LEFT JOIN referral_nodes n ON n.member_number = l.buyer
            """  # noqa: S608 - text of this module
        )
    )
    session.execute(
        text(
            f"""
            INSERT INTO order_lines (id, order_id, line, quantity, amount_minor)
            SELECT line_id, id, 1, quantity, amount_minor FROM ({landing}) AS landing
            """  # noqa: S608 - text of this module
        )
    )


def landing_batches(session: Session, size: int) -> Iterator[list[Landing]]:
    """The orders that landed, in the order of lines, at most `size` at a time."""
    start = 1
    while True:
        rows = session.execute(
            text(
                """
                SELECT o.id, o.total_minor, o.currency FROM landing_orders n JOIN orders o USING (id)
                WHERE n.ordinal >= :start AND n.ordinal < :stop ORDER BY n.ordinal
                """
            ),
            {"start": start, "stop": start + size},
        )
        batch = [Landing(*row) for row in rows]
        if not batch:
            return
        yield batch
        start += size


def landed_before(session: Session, since: Mapping[str, datetime]) -> int:
    """How many orders that landed in this transaction were placed before their currency's instant, or have none."""
    counted = session.execute(
        text(
            """
            SELECT count(*) FROM landing_orders n JOIN orders o USING (id)
            LEFT JOIN unnest(CAST(:currencies AS text[]), CAST(:instants AS timestamptz[])) AS s (currency, since)
                ON s.currency = o.currency
            WHERE s.since IS NULL OR o.ordered_at < s.since
            """
        ),
        {"currencies": list(since), "instants": list(since.values())},
    )
    return int(counted.scalar_one())
