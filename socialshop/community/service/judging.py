"""Reports by members, decisions about them, and the one appeal that a decision has."""

from __future__ import annotations

import uuid
from typing import Any

from socialshop.audit import service as audit
from socialshop.community.conduct import PREFIXES, Ground, Judgement, Outcome, Verdict
from socialshop.community.errors import AlreadyAppealed, AlreadyReported, AppealDecided, ReportDecided, SelfDecision
from socialshop.community.events import MemberFrozen
from socialshop.community.store import conduct as store
from socialshop.community.store.conduct import DecisionRow, ReportRow
from socialshop.identity import service as identity
from socialshop.identity.service import Deed, Limit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.time import to_text
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told

_DECISIONS_SHOWN = 50


def report(
    uow: UnitOfWork, reporter: int, kind: str, subject_id: uuid.UUID, *, ground: Ground, words: str
) -> ReportRow:
    """Say that something breaks the rules: a published post, a member's name, a room.

    Raises StandingLimited, NotFound for what is not to be seen, InvalidValue for one's own, AlreadyReported.
    """
    identity.require_standing(uow, reporter, Deed.POST)
    about = store.about_of(uow.session, kind, subject_id)
    if about is None:
        raise NotFound("there is nothing like that to report")
    if about == reporter:
        raise InvalidValue("nobody reports what is their own", field="subject_id")
    report_id = new_id()
    values: dict[str, object] = {"reporter": reporter, "kind": kind, "subject_id": subject_id, "about": about}
    if not store.add_report(
        uow.session, report_id, {**values, "ground": ground.value, "words": words.strip(), "now": uow.now}
    ):
        raise AlreadyReported("you have reported this before")
    return any_report(uow, report_id)


def reports_by(uow: UnitOfWork, reporter: int, before: uuid.UUID | None, limit: int) -> list[ReportRow]:
    """Up to `limit` reports that a member made, the newest first."""
    return store.reports_by(uow.session, reporter, before, limit)


def reports_about(uow: UnitOfWork, about: int, limit: int) -> list[ReportRow]:
    """Up to `limit` reports of what a member answers for, the newest first, decided or not. One statement."""
    return store.reports_about(uow.session, about, limit)


def reports(uow: UnitOfWork, after: uuid.UUID | None, limit: int, *, decided: bool = False) -> list[ReportRow]:
    """Up to `limit` reports that wait (or are decided), the oldest first."""
    return store.reports(uow.session, decided=decided, after=after, limit=limit)


def any_report(uow: UnitOfWork, report_id: uuid.UUID) -> ReportRow:
    """One report. Raises NotFound."""
    row = store.find_report(uow.session, report_id)
    if row is None:
        raise NotFound("no such report")
    return row


def decide_report(uow: UnitOfWork, actor: uuid.UUID, report_id: uuid.UUID, judgement: Judgement) -> DecisionRow:
    """Decide about a report, and with it about all that are open on the same subject. Said again, nothing changes.

    Who answers for the subject is told what was decided, why and until when; who reported, that it was looked at.
    Raises NotFound, SelfDecision (by who reported or is reported), InvalidValue (days), ReportDecided.
    """
    row = any_report(uow, report_id)
    ends_at = judgement.ends_at(uow.now)
    if actor in (row.reporter_id, row.about_id):
        raise SelfDecision("nobody decides about what they report or are reported for")
    store.lock_subject(uow.session, row.kind, row.subject_id)
    decided = any_report(uow, report_id).decision_id
    if decided is not None:
        before = decision(uow, decided)
        if before.verdict is judgement.verdict:
            return before
        raise ReportDecided(f"it was decided: {before.verdict}")
    decision_id = new_id()
    values: dict[str, object] = {"member": row.about, "kind": judgement.verdict.value, "reason": judgement.reason}
    store.add_decision(uow.session, decision_id, {**values, "ends_at": ends_at, "decided_by": actor, "now": uow.now})
    reporters = store.decide_reports(uow.session, row.kind, row.subject_id, decision_id)
    if ends_at is not None:
        identity.limit_member(uow, decision_id, row.about, Limit(judgement.verdict.value), ends_at)
    if judgement.verdict is Verdict.FROZEN:
        uow.emit(MemberFrozen(decision_id))
    made = decision(uow, decision_id)
    _record(uow, actor, f"standing.{judgement.verdict}", made, subject=to_public(PREFIXES[row.kind], row.subject_id))
    told = [Told(reporter, "report_decided", str(decision_id), None, None, {}) for reporter in reporters]
    if judgement.verdict is not Verdict.DISMISSED:
        told.append(Told(row.about, f"standing_{judgement.verdict}", str(decision_id), None, None, _said(made)))
    notifications.tell(uow, told)
    return made


def decision(uow: UnitOfWork, decision_id: uuid.UUID) -> DecisionRow:
    """One decision. Raises NotFound."""
    row = store.find_decision(uow.session, decision_id)
    if row is None:
        raise NotFound("no such decision")
    return row


def own_decision(uow: UnitOfWork, member: int, decision_id: uuid.UUID) -> DecisionRow:
    """A decision about oneself. Raises NotFound, also for another's and for what was dismissed."""
    row = decision(uow, decision_id)
    if row.member != member or row.verdict is Verdict.DISMISSED:
        raise NotFound("no such decision")
    return row


def decisions_of(uow: UnitOfWork, member: int) -> list[DecisionRow]:
    """What was decided about a member, the newest first; what was dismissed is not."""
    return store.decisions_of(uow.session, member, _DECISIONS_SHOWN)


def appeals(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[DecisionRow]:
    """Up to `limit` decisions whose appeal waits, the oldest first."""
    return store.appealed(uow.session, after, limit)


def count_waiting(uow: UnitOfWork) -> tuple[int, int]:
    """How many reports wait, and how many appeals. One statement."""
    return store.counts(uow.session)


def appeal(uow: UnitOfWork, member: int, decision_id: uuid.UUID, words: str) -> DecisionRow:
    """Appeal against a decision about oneself, once. Raises NotFound, also for another's; AlreadyAppealed."""
    own_decision(uow, member, decision_id)
    if not store.appeal(uow.session, decision_id, member, words.strip(), uow.now):
        raise AlreadyAppealed("a decision has one appeal")
    return decision(uow, decision_id)


def decide_appeal(
    uow: UnitOfWork, actor: uuid.UUID, decision_id: uuid.UUID, outcome: Outcome, reason: str
) -> DecisionRow:
    """Uphold a decision, or lift it with all that it took. Said again, nothing changes.

    Raises NotFound where no appeal was made, SelfDecision (by who decided, or is decided about), AppealDecided.
    """
    row = store.lock_decision(uow.session, decision_id)
    if row is None or row.appealed_at is None:
        raise NotFound("no such appeal")
    if actor in (row.decided_by, row.member_id):
        raise SelfDecision("somebody else must decide about the appeal")
    if row.outcome is outcome:
        return row
    if row.outcome is not None:
        raise AppealDecided(f"the appeal was decided: {row.outcome}")
    store.decide_appeal(uow.session, decision_id, outcome, reason, by=actor, now=uow.now)
    if outcome is Outcome.LIFTED:
        identity.lift_limit(uow, decision_id)
    made = decision(uow, decision_id)
    _record(uow, actor, f"appeal.{outcome}", made)
    notifications.tell(uow, [Told(row.member, f"appeal_{outcome}", str(decision_id), None, None, {"reason": reason})])
    return made


def _said(row: DecisionRow) -> dict[str, Any]:
    return {"reason": row.reason, **({} if row.ends_at is None else {"until": to_text(row.ends_at)})}


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, row: DecisionRow, **facts: object) -> None:
    said = {"member": to_public("mbr", row.member_id), **({"until": row.ends_at} if row.ends_at else {}), **facts}
    audit.record(uow, actor=actor, action=action, target=to_public("dec", row.id), facts=said)
