"""Which settled accruals stand behind sums that are paid out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Span(NamedTuple):
    """The part of a member's settled commission, laid end to end as it settled, that a payout takes: [start, end)."""

    subject_id: uuid.UUID
    beneficiary: int
    start_minor: int
    end_minor: int


class Part(NamedTuple):
    """What a span takes of one accrual; `amount_minor` is what claw backs left of it."""

    subject_id: uuid.UUID
    accrual_id: uuid.UUID
    order_id: uuid.UUID | None
    kind: str
    level: int
    status: str
    settled_at: datetime
    amount_minor: int
    part_minor: int


class Returned(NamedTuple):
    """What a payout took of one accrual, and what came back with it."""

    subject_id: uuid.UUID
    accrual_id: uuid.UUID
    amount_minor: int


# A member's settled commission end to end: what claw backs left of each accrual, in the order of settlement; what a
# returned payout had taken stands there once more, from when it came back.
_LINE = """
    places AS (
        SELECT a.id, a.order_line_id, a.beneficiary, a.settled_at AS at, NULL::uuid AS returned_by,
               a.amount_minor - a.clawed_minor AS amount_minor
        FROM accruals a
        WHERE a.beneficiary = ANY(CAST(:beneficiaries AS bigint[])) AND a.currency = :currency
          AND a.status IN ('settled', 'paid_out') AND a.amount_minor > a.clawed_minor
        UNION ALL
        SELECT a.id, a.order_line_id, a.beneficiary, r.returned_at, r.subject_id, r.amount_minor
        FROM returned_commissions r JOIN accruals a ON a.id = r.accrual_id
        WHERE a.beneficiary = ANY(CAST(:beneficiaries AS bigint[])) AND a.currency = :currency
    ), line AS (
        SELECT *, sum(amount_minor) OVER (PARTITION BY beneficiary ORDER BY at, id, returned_by NULLS FIRST) AS upto
        FROM places
    )
"""


def parts_of(session: Session, spans: Sequence[Span], currency: str, limit: int) -> list[Part]:
    """The accruals that the spans take, first settled first, at most `limit` a span. One statement.

    A settlement or a return only ever adds at the end of a member's line, so what an earlier span took stays where it
    was.
    """
    found = session.execute(
        text(
            f"""
            WITH spans AS (
                SELECT * FROM unnest(CAST(:subjects AS uuid[]), CAST(:beneficiaries AS bigint[]),
                                     CAST(:starts AS bigint[]), CAST(:ends AS bigint[]))
                     AS s (subject_id, beneficiary, start_minor, end_minor)
            ), {_LINE}, parts AS (
                SELECT s.subject_id, l.id,
                       sum(least(l.upto, s.end_minor) - greatest(l.upto - l.amount_minor, s.start_minor)) AS part_minor,
                       row_number() OVER (PARTITION BY s.subject_id ORDER BY min(l.upto)) AS place
                FROM spans s JOIN line l ON l.beneficiary = s.beneficiary
                 AND l.upto > s.start_minor AND l.upto - l.amount_minor < s.end_minor
                GROUP BY s.subject_id, l.id
            )
            SELECT p.subject_id, a.id, l.order_id, a.kind, a.level, a.status, a.settled_at,
                   a.amount_minor - a.clawed_minor, CAST(p.part_minor AS bigint)
            FROM parts p JOIN accruals a USING (id)
            LEFT JOIN accrued_lines l ON l.order_line_id = a.order_line_id
            WHERE p.place <= :limit ORDER BY p.subject_id, p.place
            """  # noqa: S608 - a constant of this module
        ),
        {
            "subjects": [span.subject_id for span in spans],
            "beneficiaries": [span.beneficiary for span in spans],
            "starts": [span.start_minor for span in spans],
            "ends": [span.end_minor for span in spans],
            "currency": currency,
            "limit": limit,
        },
    )
    return [Part(*row) for row in found]


def mark_paid_out(session: Session, ends: Mapping[int, int], currency: str) -> None:
    """Settled accruals all of whose places lie before their beneficiary's end become paid out."""
    session.execute(
        text(
            f"""
            WITH ends AS (
                SELECT * FROM unnest(CAST(:beneficiaries AS bigint[]), CAST(:ends AS bigint[]))
                     AS e (beneficiary, end_minor)
            ), {_LINE}, passed AS (
                SELECT l.id FROM line l JOIN ends e USING (beneficiary)
                GROUP BY l.id, e.end_minor HAVING max(l.upto) <= e.end_minor
            )
            UPDATE accruals a SET status = 'paid_out' FROM passed p WHERE a.id = p.id AND a.status = 'settled'
            """  # noqa: S608 - a constant of this module
        ),
        {"beneficiaries": list(ends), "ends": list(ends.values()), "currency": currency},
    )


def come_back(session: Session, returned: Sequence[Returned], now: datetime) -> None:
    """What payouts had taken of these accruals may be paid out again; none of them is paid out whole any more."""
    session.execute(
        text(
            """
            WITH back AS (
                INSERT INTO returned_commissions (subject_id, accrual_id, amount_minor, returned_at)
                SELECT b.subject_id, b.accrual_id, b.amount_minor, :now
                FROM unnest(CAST(:subjects AS uuid[]), CAST(:accruals AS uuid[]), CAST(:amounts AS bigint[]))
                     AS b (subject_id, accrual_id, amount_minor)
                RETURNING accrual_id
            )
            UPDATE accruals SET status = 'settled' WHERE id IN (SELECT accrual_id FROM back)
               AND status = 'paid_out' AND clawed_minor < amount_minor
            """
        ),
        {
            "subjects": [one.subject_id for one in returned],
            "accruals": [one.accrual_id for one in returned],
            "amounts": [one.amount_minor for one in returned],
            "now": now,
        },
    )


class Reversals(NamedTuple):
    """How many accruals a member had, how many of them lost something to refunds or rejection, and how much."""

    accruals: int
    reversed: int
    reversed_minor: int


def reversals_of(session: Session, beneficiary: int, currency: str) -> Reversals:
    """What became of a member's accruals."""
    row = session.execute(
        text(
            """
            SELECT count(*), count(*) FILTER (WHERE lost > 0), CAST(coalesce(sum(lost), 0) AS bigint)
            FROM (
                SELECT CASE status WHEN 'rejected' THEN amount_minor ELSE clawed_minor END AS lost FROM accruals
                WHERE beneficiary = :beneficiary AND currency = :currency
            ) a
            """
        ),
        {"beneficiary": beneficiary, "currency": currency},
    ).one()
    return Reversals(*row)


def earned_between(session: Session, one: int, other: int) -> list[tuple[str, int]]:
    """(currency, what claw backs left) of accruals that either had of the other's purchases."""
    rows = session.execute(
        text(
            """
            SELECT a.currency, sum(a.amount_minor - a.clawed_minor)::bigint
            FROM accruals a JOIN accrued_lines l ON l.order_line_id = a.order_line_id
            WHERE a.status IN ('held', 'settled', 'paid_out')
              AND ((a.beneficiary = :one AND l.buyer = :other) OR (a.beneficiary = :other AND l.buyer = :one))
            GROUP BY a.currency HAVING sum(a.amount_minor - a.clawed_minor) > 0 ORDER BY a.currency
            """
        ),
        {"one": one, "other": other},
    )
    return [(row[0], row[1]) for row in rows]
