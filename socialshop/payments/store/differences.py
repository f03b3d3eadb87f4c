"""Statements on cases: what a provider and the books do not agree about."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.kernel.ids import new_ids

_COLUMNS = (
    "id, provider, kind, item, day, about, theirs_minor, ours_minor, currency, evidence, state, found_at, closed_at,"
    " decided_by, reason"
)


class Difference(NamedTuple):
    """What differs: `item` is the movement, or the entry's reference; `about` what kind of money, or which payment."""

    kind: str
    item: str
    about: str
    theirs_minor: int | None
    ours_minor: int | None
    currency: str
    evidence: Mapping[str, object]


class CaseRow(NamedTuple):
    """A difference that was found, and how it was closed."""

    id: uuid.UUID
    provider: str
    kind: str
    item: str
    day: date
    about: str
    theirs_minor: int | None
    ours_minor: int | None
    currency: str
    evidence: Mapping[str, Any]
    state: str
    found_at: datetime
    closed_at: datetime | None
    decided_by: uuid.UUID | None
    reason: str | None


def add(session: Session, provider: str, day: date, found: Sequence[Difference], now: datetime) -> None:
    """Open a case for each; one of the same difference was opened before, and stays as it is. One statement."""
    if not found:
        return
    session.execute(
        text(
            """
            INSERT INTO reconciliation_cases (id, provider, kind, item, day, about, theirs_minor, ours_minor, currency,
                evidence, found_at)
            SELECT id, :provider, kind, item, :day, about, theirs, ours, currency, CAST(evidence AS jsonb), :now
            FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:items AS text[]), CAST(:about AS text[]),
                CAST(:theirs AS bigint[]), CAST(:ours AS bigint[]), CAST(:currencies AS text[]),
                CAST(:evidence AS text[])) AS found (id, kind, item, about, theirs, ours, currency, evidence)
            ON CONFLICT (provider, kind, item) DO NOTHING
            """
        ),
        {
            "provider": provider,
            "day": day,
            "ids": new_ids(len(found)),
            "kinds": [each.kind for each in found],
            "items": [each.item for each in found],
            "about": [each.about for each in found],
            "theirs": [each.theirs_minor for each in found],
            "ours": [each.ours_minor for each in found],
            "currencies": [each.currency for each in found],
            "evidence": [json.dumps(each.evidence) for each in found],
            "now": now,
        },
    )


def open_of(session: Session, provider: str, limit: int) -> list[CaseRow]:
    """Up to `limit` open cases of a provider, the oldest first."""
    condition = "provider = :provider AND state = 'open' ORDER BY id LIMIT :limit"
    return _rows(session, condition, provider=provider, limit=limit)


def open_on(session: Session, day: date) -> list[CaseRow]:
    """The open cases that were found of a day, the oldest first."""
    return _rows(session, "day = :day AND state = 'open' ORDER BY id", day=day)


def heal(session: Session, case_ids: Collection[uuid.UUID], now: datetime) -> None:
    """These differences are gone by themselves."""
    if case_ids:
        session.execute(
            text(
                "UPDATE reconciliation_cases SET state = 'healed', closed_at = :now"
                " WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'open'"
            ),
            {"ids": list(case_ids), "now": now},
        )


def lock(session: Session, case_id: uuid.UUID) -> CaseRow | None:
    """The case, for this transaction alone to change."""
    found = _rows(session, "id = :id FOR NO KEY UPDATE", id=case_id)
    return found[0] if found else None


def decide(session: Session, case_id: uuid.UUID, actor: uuid.UUID, reason: str, now: datetime) -> None:
    """Somebody says what to make of an open case."""
    session.execute(
        text(
            "UPDATE reconciliation_cases SET state = 'decided', closed_at = :now, decided_by = :actor, reason = :reason"
            " WHERE id = :id AND state = 'open'"
        ),
        {"id": case_id, "actor": actor, "reason": reason, "now": now},
    )


def page(session: Session, *, is_open: bool, after: uuid.UUID | None, limit: int) -> list[CaseRow]:
    """Up to `limit` cases older than `after`, the newest first: those that are open, or those that are closed."""
    condition = f"(state = 'open') = {is_open} AND (CAST(:after AS uuid) IS NULL OR id < :after)"
    return _rows(session, f"{condition} ORDER BY id DESC LIMIT :limit", after=after, limit=limit)


def count_open(session: Session) -> int:
    """How many cases are open."""
    found = session.execute(text("SELECT count(*) FROM reconciliation_cases WHERE state = 'open'"))
    return int(found.scalar_one())


def _rows(session: Session, condition: str, **values: object) -> list[CaseRow]:
    statement = f"SELECT {_COLUMNS} FROM reconciliation_cases WHERE {condition}"  # noqa: S608 - constants above
    return [CaseRow(*row) for row in session.execute(text(statement), values)]
