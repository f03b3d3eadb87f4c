"""Which settled accruals stand behind sums that are paid out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
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
    """What a span takes of one accrual; `whole` where nothing of the accrual is left beyond the span's end."""

    subject_id: uuid.UUID
    accrual_id: uuid.UUID
    order_id: uuid.UUID
    kind: str
    level: int
    status: str
    settled_at: datetime
    amount_minor: int
    part_minor: int
    whole: bool


def parts_of(session: Session, spans: Sequence[Span], currency: str, limit: int) -> list[Part]:
    """The accruals that the spans take, first settled first, at most `limit` a span. One statement.

    A settlement only ever adds at the end of a member's line, so what an earlier span took stays where it was. What
    was clawed back before it settled never came into the line; what is clawed back later leaves it unless paid out.
    """
    found = session.execute(
        text(
            """
            WITH spans AS (
                SELECT * FROM unnest(CAST(:subjects AS uuid[]), CAST(:beneficiaries AS bigint[]),
                                     CAST(:starts AS bigint[]), CAST(:ends AS bigint[]))
                     AS s (subject_id, beneficiary, start_minor, end_minor)
            ), sized AS (
                SELECT a.*, a.amount_minor - CASE WHEN a.status = 'settled' THEN a.clawed_minor ELSE (
                        SELECT coalesce(sum(c.pending_minor), 0) FROM clawbacks c WHERE c.accrual_id = a.id
                    ) END AS size_minor
                FROM accruals a
                WHERE a.beneficiary IN (SELECT beneficiary FROM spans) AND a.currency = :currency
                  AND a.status IN ('settled', 'paid_out')
            ), line AS (
                SELECT a.id, a.order_line_id, a.beneficiary, a.kind, a.level, a.status, a.settled_at, a.amount_minor,
                       a.size_minor,
                       sum(a.size_minor) OVER (PARTITION BY a.beneficiary ORDER BY a.settled_at, a.id) AS upto
                FROM sized a
            ), parts AS (
                SELECT s.subject_id, l.*, least(l.upto, s.end_minor) - greatest(l.upto - l.size_minor, s.start_minor)
                           AS part_minor, l.upto <= s.end_minor AS whole,
                       row_number() OVER (PARTITION BY s.subject_id ORDER BY l.upto) AS place
                FROM spans s JOIN line l ON l.beneficiary = s.beneficiary
                 AND l.upto > s.start_minor AND l.upto - l.size_minor < s.end_minor
            )
            SELECT p.subject_id, p.id, a.order_id, p.kind, p.level, p.status, p.settled_at, p.amount_minor,
                   CAST(p.part_minor AS bigint), p.whole
            FROM parts p JOIN accrued_lines a USING (order_line_id)
            WHERE p.place <= :limit ORDER BY p.subject_id, p.place
            """
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


def mark_paid_out(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """Settled accruals become paid out; others stay what they are."""
    session.execute(
        text("UPDATE accruals SET status = 'paid_out' WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'settled'"),
        {"ids": list(ids)},
    )


class Reversals(NamedTuple):
    """How many accruals a member had, and how many of them were reversed or rejected, with their sum."""

    accruals: int
    reversed: int
    reversed_minor: int


def reversals_of(session: Session, beneficiary: int, currency: str) -> Reversals:
    """What became of a member's accruals."""
    row = session.execute(
        text(
            """
            SELECT count(*), count(*) FILTER (WHERE gone),
                   CAST(coalesce(sum(amount_minor) FILTER (WHERE gone), 0) AS bigint)
            FROM (
                SELECT amount_minor, status IN ('reversed', 'rejected') AS gone FROM accruals
                WHERE beneficiary = :beneficiary AND currency = :currency
            ) a
            """
        ),
        {"beneficiary": beneficiary, "currency": currency},
    ).one()
    return Reversals(*row)
