"""Real names of members, and the checks of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Payee(NamedTuple):
    """By which name a member is paid, and how it stands: `status` checking, verified, mismatch or unclear."""

    member_id: uuid.UUID
    kind: str
    country: str | None
    real_name: str
    status: str
    check_id: uuid.UUID
    changed_at: datetime
    member_name: str | None


class DueCheck(NamedTuple):
    """A check that is ours to make or to look into: `reference` once the provider has taken it."""

    id: uuid.UUID
    reference: str | None
    attempts: int
    real_name: str
    kind: str
    country: str | None


class CheckMove(NamedTuple):
    """What becomes of a check: an end, or `waiting` or `asked` and looked into again at `due_at`."""

    id: uuid.UUID
    status: str
    reference: str | None
    due_at: datetime | None


_VIEW = """
    SELECT p.member_id, p.kind, p.country, p.real_name, p.status, p.check_id, p.changed_at, f.display_name
    FROM payees p LEFT JOIN member_profiles f ON f.member_id = p.member_id
"""


def find(session: Session, member_id: uuid.UUID, *, lock: bool = False) -> Payee | None:
    """The member's name; locked until the unit of work ends where that is wished."""
    row = session.execute(
        text(f"{_VIEW} WHERE p.member_id = :id {'FOR UPDATE OF p' if lock else ''}"), {"id": member_id}
    ).one_or_none()
    return Payee(*row) if row else None


def page(session: Session, *, status: str | None, limit: int, after: uuid.UUID | None) -> list[Payee]:
    """At most `limit` names of this status beyond `after`, whoever joined first first."""
    found = session.execute(
        text(
            f"""
            {_VIEW} WHERE p.real_name <> '' AND (CAST(:status AS text) IS NULL OR p.status = :status)
                AND (CAST(:after AS uuid) IS NULL OR p.member_id > :after)
            ORDER BY p.member_id LIMIT :limit
            """
        ),
        {"status": status, "after": after, "limit": limit},
    )
    return [Payee(*row) for row in found]


def add_missing(
    session: Session, members: Sequence[uuid.UUID], names: Sequence[str], checks: Sequence[uuid.UUID], now: datetime
) -> list[uuid.UUID]:
    """Name members who had no name yet, each with a check that is due; returns the checks."""
    values = {"members": list(members), "names": list(names), "checks": list(checks), "now": now}
    added = session.execute(
        text(
            """
            INSERT INTO payees (member_id, kind, real_name, status, check_id, changed_at)
            SELECT m, 'person', n, 'checking', c, :now
            FROM unnest(CAST(:members AS uuid[]), CAST(:names AS text[]), CAST(:checks AS uuid[])) AS t (m, n, c)
            ON CONFLICT (member_id) DO NOTHING RETURNING member_id, check_id
            """
        ),
        values,
    ).all()
    _add_checks(session, [(row[1], row[0]) for row in added], now)
    return [row[1] for row in added]


def restate(
    session: Session,
    member_id: uuid.UUID,
    *,
    kind: str,
    country: str | None,
    real_name: str,
    check_id: uuid.UUID,
    now: datetime,
) -> None:
    """Another name, with a check of its own; what was under way for the one before is void."""
    session.execute(
        text(
            "UPDATE payee_checks SET status = 'void', due_at = NULL"
            " WHERE member_id = :member AND status IN ('asked', 'waiting')"
        ),
        {"member": member_id},
    )
    _add_checks(session, [(check_id, member_id)], now)
    session.execute(
        text(
            """
            INSERT INTO payees (member_id, kind, country, real_name, status, check_id, changed_at)
            VALUES (:member, :kind, :country, :name, 'checking', :check, :now)
            ON CONFLICT (member_id) DO UPDATE SET kind = :kind, country = :country, real_name = :name,
                status = 'checking', check_id = :check, changed_at = :now
            """
        ),
        {
            "member": member_id,
            "kind": kind,
            "country": country,
            "name": real_name,
            "check": check_id,
            "now": now,
        },
    )


def _add_checks(session: Session, checks: Sequence[tuple[uuid.UUID, uuid.UUID]], now: datetime) -> None:
    session.execute(
        text(
            """
            INSERT INTO payee_checks (id, member_id, asked_at, due_at)
            SELECT c, m, :now, :now FROM unnest(CAST(:checks AS uuid[]), CAST(:members AS uuid[])) AS t (c, m)
            """
        ),
        {"checks": [check for check, _ in checks], "members": [member for _, member in checks], "now": now},
    )


def checks_since(session: Session, member_id: uuid.UUID, since: datetime) -> int:
    """How many checks were asked for a member since then."""
    found = session.execute(
        text("SELECT count(*) FROM payee_checks WHERE member_id = :member AND asked_at > :since"),
        {"member": member_id, "since": since},
    )
    return int(found.scalar_one())


def without_a_name(session: Session, limit: int) -> list[tuple[uuid.UUID, str]]:
    """Members who named an account before names were checked, each with the holder whom they named first."""
    found = session.execute(
        text(
            """
            SELECT DISTINCT ON (d.member_id) d.member_id, d.holder FROM payout_destinations d
            WHERE d.holder <> '' AND NOT EXISTS (SELECT FROM payees p WHERE p.member_id = d.member_id)
            ORDER BY d.member_id, d.id LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [(row[0], row[1]) for row in found]


def claim(
    session: Session, *, now: datetime, leased_until: datetime, limit: int, member_id: uuid.UUID | None = None
) -> list[DueCheck]:
    """Take checks that are due, for so long that no call lasts longer; of one member, or whosever they are."""
    found = session.execute(
        text(
            """
            WITH due AS (
                SELECT id FROM payee_checks
                WHERE status IN ('asked', 'waiting') AND due_at <= :now
                  AND (CAST(:member AS uuid) IS NULL OR member_id = :member)
                ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            UPDATE payee_checks c SET attempts = c.attempts + 1, due_at = :leased
            FROM due, payees p WHERE c.id = due.id AND p.check_id = c.id
            RETURNING c.id, c.reference, c.attempts, p.real_name, p.kind, p.country
            """
        ),
        {"now": now, "leased": leased_until, "limit": limit, "member": member_id},
    )
    return [DueCheck(*row) for row in found]


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether a check waits to be looked into."""
    found = session.execute(
        text("SELECT EXISTS (SELECT FROM payee_checks WHERE status IN ('asked', 'waiting') AND due_at <= :now)"),
        {"now": now},
    )
    return bool(found.scalar_one())


def move(session: Session, moves: Sequence[CheckMove], now: datetime) -> None:
    """Checks move on, and with those that ended the names they are of. What has ended or is void stays so."""
    session.execute(
        text(
            """
            WITH moved AS (
                UPDATE payee_checks c
                SET status = m.status, reference = coalesce(m.reference, c.reference), due_at = m.due_at,
                    answered_at = CASE WHEN m.due_at IS NULL THEN CAST(:now AS timestamptz) END
                FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:references AS text[]),
                            CAST(:due AS timestamptz[])) AS m (id, status, reference, due_at)
                WHERE c.id = m.id AND c.status IN ('asked', 'waiting') RETURNING c.id
            ) SELECT count(*) FROM moved
            """
        ),
        {
            "ids": [one.id for one in moves],
            "statuses": [one.status for one in moves],
            "references": [one.reference for one in moves],
            "due": [one.due_at for one in moves],
            "now": now,
        },
    )
    _follow(session, [one.id for one in moves], now)


def decide(session: Session, check_id: uuid.UUID, decision: str, come_from: Sequence[str], now: datetime) -> bool:
    """End a check as a person said, if it is in one of these; False if it is not."""
    moved = session.execute(
        text(
            "UPDATE payee_checks SET status = :decision, answered_at = :now"
            " WHERE id = :id AND status = ANY(CAST(:come_from AS text[])) RETURNING 1"
        ),
        {"id": check_id, "decision": decision, "come_from": list(come_from), "now": now},
    ).one_or_none()
    _follow(session, [check_id], now)
    return moved is not None


def _follow(session: Session, check_ids: Sequence[uuid.UUID], now: datetime) -> None:
    """Names stand as their checks do."""
    session.execute(
        text(
            """
            UPDATE payees p SET status = c.status, changed_at = :now FROM payee_checks c
            WHERE c.id = p.check_id AND c.id = ANY(CAST(:ids AS uuid[]))
              AND c.status IN ('verified', 'mismatch', 'unclear') AND p.status <> c.status
            """
        ),
        {"ids": list(check_ids), "now": now},
    )


def add_decision(
    session: Session,
    *,
    check_id: uuid.UUID,
    member_id: uuid.UUID,
    decision: str,
    decided_by: uuid.UUID,
    reason: str,
    now: datetime,
) -> None:
    """Append who decided about a name, and why."""
    session.execute(
        text(
            """
            INSERT INTO payee_decisions (check_id, member_id, decision, decided_by, decided_at, reason)
            VALUES (:check, :member, :decision, :by, :now, :reason)
            """
        ),
        {
            "check": check_id,
            "member": member_id,
            "decision": decision,
            "by": decided_by,
            "now": now,
            "reason": reason,
        },
    )
