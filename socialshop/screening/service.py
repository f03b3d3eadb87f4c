"""The door of screening: say what was noticed about something, and read it beside what is to be decided.

Marks of members are kept through here too, where they arise: what is given comes in the clear and is kept as a hash.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.keys import secret_for
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_ids
from socialshop.screening import rules, signal_store, signals, store
from socialshop.screening.personal_store import PERSONAL
from socialshop.screening.rules import Severity
from socialshop.screening.signals import NO_SIGNALS, Kind, Mark, Signals
from socialshop.screening.store import FindingRow, StoredFinding

__all__ = [
    "PERSONAL",
    "Finding",
    "Severity",
    "StoredFinding",
    "findings_about",
    "forget_signals",
    "note_instruments",
    "note_signals",
    "record",
]

_FORGOTTEN_AT_ONCE = 5_000


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


def note_signals(
    uow: UnitOfWork,
    whom: uuid.UUID | int,
    *,
    came: Signals = NO_SIGNALS,
    email: str | None = None,
    phone: str | None = None,
    address: Sequence[str] = (),
    account: str | None = None,
    instrument: str | None = None,
) -> None:
    """Keep marks of what a member, by id or number, `came` with or named. One statement, none where nothing is told.

    `address` is the parts of a place without the name of a person; `account` where payouts go; `instrument` a payment
    provider's own mark of a card.
    """
    key = secret_for("signals")
    given = {
        Kind.EMAIL_FAMILY: signals.email_family(email),
        Kind.PHONE: signals.phone_digits(phone),
        Kind.ADDRESS: signals.place_of(*address),
        Kind.PAYOUT_ACCOUNT: account,
        Kind.INSTRUMENT: instrument,
    }
    marks = [Mark(kind, signals.hashed(key, kind, value)) for kind, value in given.items() if value]
    carried = {Kind.DEVICE: came.browser, Kind.NETWORK: came.vicinity}
    marks += [Mark(kind, mark) for kind, mark in carried.items() if mark]
    if marks:
        signal_store.note(uow.session, whom, marks, uow.now)


def note_instruments(uow: UnitOfWork, paid_with: Collection[tuple[int, str]]) -> None:
    """Keep what members, by number, paid with: a payment provider's own mark of a card. One statement for all."""
    if paid_with:
        key = secret_for("signals")
        marks = [(number, signals.hashed(key, Kind.INSTRUMENT, mark)) for number, mark in paid_with]
        signal_store.note_many(uow.session, Kind.INSTRUMENT, marks, uow.now)


def forget_signals(uow: UnitOfWork, before: datetime) -> bool:
    """Forget marks that were not seen since then; True if there may be more."""
    return signal_store.forget(uow.session, before, _FORGOTTEN_AT_ONCE) == _FORGOTTEN_AT_ONCE
