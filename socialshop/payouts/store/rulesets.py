"""Versions of the rules of review, and the requests that the one in force approves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class RulesRow(NamedTuple):
    """A version: by whom, why, and by whom it was signed and stopped."""

    version: int
    document: dict[str, Any]
    note: str
    published_by: uuid.UUID
    published_at: datetime
    signed_by: uuid.UUID | None
    signed_at: datetime | None
    stopped_by: uuid.UUID | None
    stopped_at: datetime | None


_COLUMNS = "version, document, note, published_by, published_at, signed_by, signed_at, stopped_by, stopped_at"


def in_force(session: Session) -> RulesRow | None:
    """The newest version that was signed; None where there is none."""
    row = session.execute(
        text(f"SELECT {_COLUMNS} FROM payout_rules WHERE signed_at IS NOT NULL ORDER BY version DESC LIMIT 1")  # noqa: S608 - names of our own
    ).one_or_none()
    return RulesRow(*row) if row else None


def history(session: Session, limit: int) -> list[RulesRow]:
    """The last versions, the newest first."""
    rows = session.execute(
        text(f"SELECT {_COLUMNS} FROM payout_rules ORDER BY version DESC LIMIT :limit"),  # noqa: S608 - names of our own
        {"limit": limit},
    )
    return [RulesRow(*row) for row in rows]


def add(session: Session, document: Mapping[str, Any], note: str, by: uuid.UUID, now: datetime) -> int:
    """Append the next version, unsigned; returns its number."""
    row = session.execute(
        text(
            """
            INSERT INTO payout_rules (version, document, note, published_by, published_at)
            SELECT coalesce(max(version), 0) + 1, CAST(:document AS jsonb), :note, :by, :now FROM payout_rules
            RETURNING version
            """
        ),
        {"document": json.dumps(document), "note": note, "by": by, "now": now},
    )
    return int(row.scalar_one())


def sign(session: Session, version: int, by: uuid.UUID, now: datetime) -> bool:
    """Sign the newest version if it waits to be signed; False where it does not."""
    done = session.execute(
        text(
            """
            UPDATE payout_rules SET signed_by = :by, signed_at = :now
            WHERE version = :version AND signed_by IS NULL AND stopped_by IS NULL
                AND version = (SELECT max(version) FROM payout_rules) RETURNING 1
            """
        ),
        {"version": version, "by": by, "now": now},
    )
    return done.one_or_none() is not None


def stop(session: Session, by: uuid.UUID, now: datetime) -> list[int]:
    """Stop whatever is signed or waits to be; which versions."""
    rows = session.execute(
        text("UPDATE payout_rules SET stopped_by = :by, stopped_at = :now WHERE stopped_by IS NULL RETURNING version"),
        {"by": by, "now": now},
    )
    return sorted(row[0] for row in rows)


class Admitted(NamedTuple):
    """A request that the rule approves, and what it saw."""

    id: uuid.UUID
    member_id: uuid.UUID
    amount_minor: int
    currency: str
    accruals: int
    reversed: int
    account_since: datetime
    paid_before: int
    approved_today: int
    amount_today: int


def admitted(session: Session, version: int, *, now: datetime, limit: int) -> list[Admitted]:
    """Requests that the rule approves, nobody has claimed and nobody is deciding about, oldest first; locked.

    The rule's row is locked first: caps are counted one after the other. Each is admitted as if it were the only one.
    """
    session.execute(text("SELECT FROM payout_rules WHERE version = :version FOR UPDATE"), {"version": version})
    rows = session.execute(
        text(
            """
            SELECT r.id, r.member_id, r.amount_minor, r.currency, w.accruals, w.reversed, p.created_at,
                   (SELECT count(*) FROM payout_requests e WHERE e.member_id = r.member_id AND e.status = 'paid'),
                   today.requests, today.amount
            FROM payout_requests r
            JOIN payout_destinations p ON p.id = r.destination_id
            CROSS JOIN LATERAL (
                SELECT count(*) AS accruals,
                       count(*) FILTER (WHERE x.clawed_minor > 0 OR x.status = 'rejected') AS reversed
                FROM accruals x WHERE x.beneficiary = r.member_number AND x.currency = r.currency
            ) w
            CROSS JOIN LATERAL payout_automatic_today(:now) AS today
            WHERE r.status = 'submitted'
                AND NOT EXISTS (SELECT FROM payout_claims c WHERE c.request_id = r.id AND c.claimed_until > :now)
                AND payout_rule_refusal(:version, r.id, :now) IS NULL
            ORDER BY r.id LIMIT :limit FOR NO KEY UPDATE OF r SKIP LOCKED
            """
        ),
        {"version": version, "now": now, "limit": limit},
    )
    return [Admitted(*row) for row in rows]


def add_automatic(
    session: Session, given: Sequence[tuple[Admitted, dict[str, Any]]], version: int, now: datetime
) -> list[int]:
    """Append an approval by the rule for each, with what it saw; returns their numbers. One statement."""
    rows = session.execute(
        text(
            """
            INSERT INTO payout_decisions (request_id, requester, decision, decided_at, rule_version, saw)
            SELECT given.request, given.requester, 'approved', :now, :version, CAST(given.saw AS jsonb)
            FROM unnest(CAST(:requests AS uuid[]), CAST(:requesters AS uuid[]), CAST(:seen AS text[]))
                AS given (request, requester, saw)
            ORDER BY given.request RETURNING id
            """
        ),
        {
            "requests": [one.id for one, _ in given],
            "requesters": [one.member_id for one, _ in given],
            "seen": [json.dumps(saw) for _, saw in given],
            "version": version,
            "now": now,
        },
    )
    return [int(row[0]) for row in rows]


class Overdue(NamedTuple):
    """How many requests of a risk nobody has looked at in time, and since when the oldest waits."""

    risk: str
    requests: int
    oldest_at: datetime


def overdue(session: Session, hours: Mapping[str, int], now: datetime) -> list[Overdue]:
    """What waits longer than its target, by risk. One statement."""
    rows = session.execute(
        text(
            """
            SELECT risk, count(*), min(submitted_at) FROM (
                SELECT payout_risk(r.id, r.member_number) AS risk, r.submitted_at FROM payout_requests r
                WHERE r.status = 'submitted' AND r.submitted_at <= :now - make_interval(hours => :least)
            ) waiting
            WHERE submitted_at <= :now - make_interval(
                hours => CASE risk WHEN 'severe' THEN :severe WHEN 'warning' THEN :warning ELSE :none END)
            GROUP BY risk ORDER BY risk
            """
        ),
        {**hours, "least": min(hours.values()), "now": now},
    )
    return [Overdue(*row) for row in rows]
