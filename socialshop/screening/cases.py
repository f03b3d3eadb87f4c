"""Cases: findings about members, which hold their money from a severity on until a person decides, or pass by time.

What was noticed stays as it was (`findings`); what became of it is the case.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_ids
from socialshop.screening import case_store, rules, store
from socialshop.screening.case_store import CaseRow, KnownCase, StoredCase, StoredDecision, Tally
from socialshop.screening.rules import Severity
from socialshop.screening.store import FindingRow

__all__ = [
    "Case",
    "KnownCase",
    "StoredCase",
    "StoredDecision",
    "Tally",
    "cases",
    "cases_about",
    "decide",
    "decisions_on",
    "expire",
    "find_case",
    "known_cases",
    "money_is_held",
    "open_cases",
    "replace",
    "see_again",
    "tallies",
]


@dataclass(frozen=True, slots=True)
class Case:
    """A finding about the members of these numbers, to be opened; `subject` is the public id of the first of them.

    What `holds` money does not expire, whatever `expires_at` says; what is only a trial (`shadow`) holds nothing.
    """

    subject: str
    code: str
    occasion: str
    severity: Severity
    evidence: Mapping[str, object]
    members: frozenset[int]
    rules_version: int
    shadow: bool
    holds: bool
    expires_at: datetime


def open_cases(uow: UnitOfWork, found: Sequence[Case]) -> None:
    """Write cases down; one of the same subject, code and occasion stands already. Three statements for all."""
    if not found:
        return
    ids = new_ids(len(found))
    findings = [
        FindingRow(id_, c.subject, c.code, c.occasion, c.severity.value, rules.evidence_text(c.evidence))
        for id_, c in zip(ids, found, strict=True)
    ]
    store.add(uow.session, findings, uow.now)
    rows = [
        CaseRow(id_, c.rules_version, c.shadow, c.holds and not c.shadow, _expiry(c))
        for id_, c in zip(ids, found, strict=True)
    ]
    named = [(id_, number) for id_, c in zip(ids, found, strict=True) for number in sorted(c.members)]
    case_store.add(uow.session, rows, named, uow.now)


def known_cases(uow: UnitOfWork, codes: Collection[str], numbers: Collection[int]) -> list[KnownCase]:
    """Open, confirmed and dismissed cases of these rules that name one of these members, the newest first."""
    return case_store.known(uow.session, codes, numbers)


def see_again(uow: UnitOfWork, seen: Mapping[uuid.UUID, datetime]) -> None:
    """These were found again, and expire no earlier than said."""
    if seen:
        case_store.see_again(uow.session, list(seen), list(seen.values()), uow.now)


def replace(uow: UnitOfWork, ids: Collection[uuid.UUID]) -> None:
    """A larger finding takes the place of these open ones."""
    if ids:
        case_store.replace(uow.session, list(ids))


def expire(uow: UnitOfWork) -> int:
    """Open cases that hold nothing and whose time is over are expired; returns how many."""
    return case_store.expire(uow.session, uow.now)


def cases(
    uow: UnitOfWork,
    *,
    states: Collection[str] = (),
    code: str | None = None,
    severity: str | None = None,
    shadow: bool | None = None,
    member: int | None = None,
    after: uuid.UUID | None = None,
    limit: int,
) -> list[StoredCase]:
    """Up to `limit` cases older than `after`, the newest first; no states are all. One statement."""
    return case_store.page(
        uow.session,
        states=states,
        code=code,
        severity=severity,
        shadow=shadow,
        member=member,
        after=after,
        limit=limit,
    )


def find_case(uow: UnitOfWork, finding_id: uuid.UUID, *, lock: bool = False) -> StoredCase | None:
    """The case of this id; locked where it is to be decided."""
    return case_store.find(uow.session, finding_id, lock=lock)


def cases_about(uow: UnitOfWork, numbers: Collection[int]) -> list[StoredCase]:
    """What stands, open or confirmed, about these members; trials are left out. One statement."""
    return case_store.about(uow.session, numbers)


def money_is_held(uow: UnitOfWork, member: int) -> bool:
    """Whether a finding holds this member's money: none of it is settled, approved or paid. One statement."""
    return case_store.is_held(uow.session, member)


def decide(uow: UnitOfWork, finding_id: uuid.UUID, decision: str, decided_by: uuid.UUID, reason: str) -> None:
    """Write a decision down; the database refuses one by somebody whom the finding names."""
    case_store.decide(uow.session, finding_id, decision, decided_by=decided_by, reason=reason, now=uow.now)


def decisions_on(uow: UnitOfWork, finding_id: uuid.UUID) -> list[StoredDecision]:
    """What was decided about a case, the first first."""
    return case_store.decisions(uow.session, finding_id)


def tallies(uow: UnitOfWork) -> list[Tally]:
    """How the cases of each rule stand. One statement."""
    return case_store.tallies(uow.session)


def _expiry(case: Case) -> datetime | None:
    return None if case.holds and not case.shadow else case.expires_at
