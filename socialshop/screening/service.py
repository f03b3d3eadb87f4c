"""The door of screening: say what was noticed about something, and read it beside what is to be decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_ids
from socialshop.screening import rules, store
from socialshop.screening.personal_store import PERSONAL
from socialshop.screening.rules import Severity
from socialshop.screening.store import FindingRow, StoredFinding

__all__ = ["PERSONAL", "Finding", "Severity", "StoredFinding", "findings_about", "record"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something noticed about `subject` (a public id).

    `occasion` names what it was noticed by (a refund, a sign-in): the same occasion is the same finding. Evidence is
    plain JSON; never a secret and never an account number.
    """

    subject: str
    code: str
    occasion: str
    severity: Severity
    evidence: Mapping[str, object]


def record(uow: UnitOfWork, findings: Sequence[Finding]) -> None:
    """Write down what was noticed, each once however often it is told. One statement, whatever the number."""
    if not findings:
        return
    rows = [
        FindingRow(id_, f.subject, f.code, f.occasion, f.severity.value, rules.evidence_text(f.evidence))
        for id_, f in zip(new_ids(len(findings)), findings, strict=True)
    ]
    store.add(uow.session, rows, uow.now)


def findings_about(uow: UnitOfWork, subjects: Sequence[str]) -> list[StoredFinding]:
    """All that was noticed about these, oldest first. One statement."""
    return store.about(uow.session, subjects)
