"""All SQL of cases: findings about members that hold until a person decides, or pass."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class CaseRow(NamedTuple):
    """A case as it is stored beside its finding."""

    finding_id: uuid.UUID
    rules_version: int
    shadow: bool
    holds: bool
    expires_at: datetime | None


class StoredCase(NamedTuple):
    """A case as it is read back: `members` by number."""

    id: uuid.UUID
    subject: str
    code: str
    severity: str
    evidence: dict[str, Any]
    found_at: datetime
    rules_version: int
    shadow: bool
    holds: bool
    state: str
    seen_at: datetime
    expires_at: datetime | None
    members: list[int]


class StoredDecision(NamedTuple):
    """What somebody decided about a case, and why."""

    decision: str
    decided_by: uuid.UUID
    decided_at: datetime
    reason: str


class KnownCase(NamedTuple):
    """A case of before that names some of the same members."""

    id: uuid.UUID
    code: str
    subject: str
    state: str
    members: frozenset[int]
    decided_at: datetime | None


class Tally(NamedTuple):
    """How many cases of a rule stand how."""

    code: str
    open: int
    confirmed: int
    dismissed: int
    expired: int


_CASE = """
    f.id, f.subject, f.code, f.severity, f.evidence, f.found_at, c.rules_version, c.shadow, c.holds, c.state,
    c.seen_at, c.expires_at,
    ARRAY(SELECT m.member_number FROM finding_members m WHERE m.finding_id = f.id ORDER BY m.member_number) AS members
    FROM finding_cases c JOIN findings f ON f.id = c.finding_id
"""


def add(session: Session, rows: Sequence[CaseRow], members: Sequence[tuple[uuid.UUID, int]], now: datetime) -> None:
    """Append cases of findings that are there, and whom they name. Two statements, whatever the number."""
    session.execute(
        text(
            """
            INSERT INTO finding_cases (finding_id, rules_version, shadow, holds, seen_at, expires_at)
            SELECT given.id, given.version, given.shadow, given.holds, :now, given.expires_at
            FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[]), CAST(:shadows AS boolean[]),
                        CAST(:holds AS boolean[]), CAST(:expiries AS timestamptz[]))
                AS given (id, version, shadow, holds, expires_at)
            JOIN findings f ON f.id = given.id ON CONFLICT (finding_id) DO NOTHING
            """
        ),
        {
            "ids": [row.finding_id for row in rows],
            "versions": [row.rules_version for row in rows],
            "shadows": [row.shadow for row in rows],
            "holds": [row.holds for row in rows],
            "expiries": [row.expires_at for row in rows],
            "now": now,
        },
    )
    session.execute(
        text(
            """
            INSERT INTO finding_members (finding_id, member_number)
            SELECT given.id, given.number FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS bigint[]))
                AS given (id, number)
            JOIN finding_cases c ON c.finding_id = given.id ON CONFLICT DO NOTHING
            """
        ),
        {"ids": [finding for finding, _ in members], "numbers": [number for _, number in members]},
    )


def known(session: Session, codes: Collection[str], numbers: Collection[int]) -> list[KnownCase]:
    """Cases of these rules that stand and name one of these members, the newest first."""
    rows = session.execute(
        text(
            """
            SELECT f.id, f.code, f.subject, c.state,
                ARRAY(SELECT m.member_number FROM finding_members m WHERE m.finding_id = f.id),
                (SELECT max(d.decided_at) FROM finding_decisions d WHERE d.finding_id = f.id)
            FROM finding_cases c JOIN findings f ON f.id = c.finding_id
            WHERE c.state IN ('open', 'confirmed', 'dismissed') AND f.code = ANY(CAST(:codes AS text[]))
                AND EXISTS (SELECT FROM finding_members m
                    WHERE m.finding_id = f.id AND m.member_number = ANY(CAST(:numbers AS bigint[])))
            ORDER BY f.id DESC
            """
        ),
        {"codes": list(codes), "numbers": list(numbers)},
    )
    return [KnownCase(row[0], row[1], row[2], row[3], frozenset(row[4]), row[5]) for row in rows]


def see_again(session: Session, ids: Sequence[uuid.UUID], expiries: Sequence[datetime], now: datetime) -> None:
    """These were found again: what expires, expires later."""
    session.execute(
        text(
            """
            UPDATE finding_cases c SET seen_at = :now,
                expires_at = CASE WHEN c.holds THEN NULL ELSE greatest(c.expires_at, given.expires_at) END
            FROM unnest(CAST(:ids AS uuid[]), CAST(:expiries AS timestamptz[])) AS given (id, expires_at)
            WHERE c.finding_id = given.id
            """
        ),
        {"ids": list(ids), "expiries": list(expiries), "now": now},
    )


def replace(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """A larger finding stands in the place of these open ones."""
    session.execute(
        text(
            "UPDATE finding_cases SET state = 'replaced'"
            " WHERE state = 'open' AND finding_id = ANY(CAST(:ids AS uuid[]))"
        ),
        {"ids": list(ids)},
    )


def expire(session: Session, now: datetime) -> int:
    """Open cases whose time is over are expired; returns how many."""
    rows = session.execute(
        text("UPDATE finding_cases SET state = 'expired' WHERE state = 'open' AND expires_at <= :now RETURNING 1"),
        {"now": now},
    ).all()
    return len(rows)


def page(
    session: Session,
    *,
    states: Collection[str],
    code: str | None,
    severity: str | None,
    shadow: bool | None,
    member: int | None,
    after: uuid.UUID | None,
    limit: int,
) -> list[StoredCase]:
    """Up to `limit` cases older than `after`, the newest first. One statement."""
    rows = session.execute(
        text(
            f"""
            SELECT {_CASE}
            WHERE (CAST(:after AS uuid) IS NULL OR f.id < :after)
                AND (cardinality(CAST(:states AS text[])) = 0 OR c.state = ANY(CAST(:states AS text[])))
                AND (CAST(:code AS text) IS NULL OR f.code = :code)
                AND (CAST(:severity AS text) IS NULL OR f.severity = :severity)
                AND (CAST(:shadow AS boolean) IS NULL OR c.shadow = :shadow)
                AND (CAST(:member AS bigint) IS NULL OR EXISTS (
                    SELECT FROM finding_members m WHERE m.finding_id = f.id AND m.member_number = :member))
            ORDER BY f.id DESC LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ),
        {
            "states": list(states),
            "code": code,
            "severity": severity,
            "shadow": shadow,
            "member": member,
            "after": after,
            "limit": limit,
        },
    )
    return [StoredCase(*row) for row in rows]


def find(session: Session, finding_id: uuid.UUID, *, lock: bool = False) -> StoredCase | None:
    """The case of this id; locked, so that two decisions come one after the other."""
    row = session.execute(
        text(f"SELECT {_CASE} WHERE f.id = :id {'FOR UPDATE OF c' if lock else ''}"), {"id": finding_id}
    ).one_or_none()
    return StoredCase(*row) if row else None


def about(session: Session, numbers: Collection[int]) -> list[StoredCase]:
    """The cases that stand and name one of these members, but for trials: open or confirmed, oldest first."""
    rows = session.execute(
        text(
            f"""
            SELECT {_CASE}
            WHERE c.state IN ('open', 'confirmed') AND NOT c.shadow AND EXISTS (
                SELECT FROM finding_members m
                WHERE m.finding_id = f.id AND m.member_number = ANY(CAST(:numbers AS bigint[])))
            ORDER BY f.id
            """  # noqa: S608 - a constant of this module
        ),
        {"numbers": list(numbers)},
    )
    return [StoredCase(*row) for row in rows]


def is_held(session: Session, member: int) -> bool:
    """Whether a finding holds the money of this member."""
    return bool(session.execute(text("SELECT money_is_held(:member)"), {"member": member}).scalar_one())


def decide(
    session: Session, finding_id: uuid.UUID, decision: str, *, decided_by: uuid.UUID, reason: str, now: datetime
) -> None:
    """Append a decision, and the case stands by it. The database refuses one by somebody whom the finding names."""
    values = {"id": finding_id, "decision": decision, "by": decided_by, "reason": reason, "now": now}
    session.execute(
        text(
            "INSERT INTO finding_decisions (finding_id, decision, decided_by, decided_at, reason)"
            " VALUES (:id, :decision, :by, :now, :reason)"
        ),
        values,
    )
    session.execute(text("UPDATE finding_cases SET state = :decision WHERE finding_id = :id"), values)


def decisions(session: Session, finding_id: uuid.UUID) -> list[StoredDecision]:
    """What was decided about a case, the first first."""
    rows = session.execute(
        text(
            "SELECT decision, decided_by, decided_at, reason FROM finding_decisions WHERE finding_id = :id ORDER BY id"
        ),
        {"id": finding_id},
    )
    return [StoredDecision(*row) for row in rows]


def tallies(session: Session) -> list[Tally]:
    """How the cases of each rule stand, trials too."""
    rows = session.execute(
        text(
            """
            SELECT f.code, count(*) FILTER (WHERE c.state = 'open'), count(*) FILTER (WHERE c.state = 'confirmed'),
                count(*) FILTER (WHERE c.state = 'dismissed'), count(*) FILTER (WHERE c.state = 'expired')
            FROM finding_cases c JOIN findings f ON f.id = c.finding_id GROUP BY f.code ORDER BY f.code
            """
        )
    )
    return [Tally(*row) for row in rows]
