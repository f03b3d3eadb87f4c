"""Statements on reports, decisions with their appeals, and the rules of behaviour."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.community.conduct import Ground, Outcome, Verdict


class ReportRow(NamedTuple):
    """A report; `about_id` answers for its subject, `text` is what stands there now, `alike` counts open ones on it."""

    id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    reporter: int
    reporter_id: uuid.UUID
    about: int
    about_id: uuid.UUID
    about_name: str | None
    ground: Ground
    words: str
    text: str | None
    alike: int
    reported_at: datetime
    decision_id: uuid.UUID | None


class DecisionRow(NamedTuple):
    """A decision, and its appeal as far as it went."""

    id: uuid.UUID
    member: int
    member_id: uuid.UUID
    verdict: Verdict
    reason: str
    ends_at: datetime | None
    decided_by: uuid.UUID
    decided_at: datetime
    appeal: str | None
    appealed_at: datetime | None
    outcome: Outcome | None
    appeal_reason: str | None


class RulesRow(NamedTuple):
    """A version of the rules of behaviour."""

    version: int
    text_zh: str
    text_en: str
    published_at: datetime


# Who answers for what can be reported.
_ABOUT = {
    "post": "SELECT author FROM posts WHERE id = :id AND status = 'published'",
    "member": "SELECT number FROM members WHERE id = :id",
    "room": "SELECT host FROM rooms WHERE id = :id",
}
_REPORT = """
    SELECT r.id, r.kind, r.subject_id, r.reporter, w.id, r.about, m.id, f.display_name, r.ground, r.words,
        CASE r.kind WHEN 'post' THEN (SELECT concat_ws(E'\\n', p.title, p.body) FROM posts p WHERE p.id = r.subject_id)
            WHEN 'room' THEN (SELECT o.title FROM rooms o WHERE o.id = r.subject_id) ELSE f.display_name END,
        (SELECT count(*) FROM reports a WHERE a.subject_id = r.subject_id AND a.decision_id IS NULL),
        r.reported_at, r.decision_id
    FROM reports r JOIN members m ON m.number = r.about JOIN members w ON w.number = r.reporter
    LEFT JOIN member_profiles f ON f.member_id = m.id
"""
_DECISION = """
    SELECT d.id, d.member, m.id, d.kind, d.reason, d.ends_at, d.decided_by, d.decided_at, d.appeal, d.appealed_at,
        d.appeal_outcome, d.appeal_reason
    FROM standing_decisions d JOIN members m ON m.number = d.member
"""
_RULES = "SELECT version, text_zh, text_en, published_at FROM behaviour_rules"


def about_of(session: Session, kind: str, subject_id: uuid.UUID) -> int | None:
    """Who answers for a subject that can be seen."""
    found: int | None = session.execute(text(_ABOUT[kind]), {"id": subject_id}).scalar_one_or_none()
    return found


def add_report(session: Session, report_id: uuid.UUID, values: dict[str, object]) -> bool:
    """Insert a report; False where the member made one of this subject before."""
    added = session.execute(
        text(
            """
            INSERT INTO reports (id, reporter, kind, subject_id, about, ground, words, reported_at)
            VALUES (:id, :reporter, :kind, :subject_id, :about, :ground, :words, :now)
            ON CONFLICT (reporter, kind, subject_id) DO NOTHING RETURNING id
            """
        ),
        {"id": report_id, **values},
    ).one_or_none()
    return added is not None


def find_report(session: Session, report_id: uuid.UUID) -> ReportRow | None:
    """One report."""
    found = _reports(session, " WHERE r.id = :id", {"id": report_id})
    return found[0] if found else None


def lock_subject(session: Session, kind: str, subject_id: uuid.UUID) -> None:
    """Whoever decides about one subject comes one at a time: its reports are held, in the order of their ids."""
    session.execute(
        text("SELECT id FROM reports WHERE kind = :kind AND subject_id = :id ORDER BY id FOR NO KEY UPDATE"),
        {"kind": kind, "id": subject_id},
    )


def reports(session: Session, *, decided: bool, after: uuid.UUID | None, limit: int) -> list[ReportRow]:
    """Up to `limit` reports that wait, the oldest first; or those that are decided."""
    wanted = "r.decision_id IS NOT NULL" if decided else "r.decision_id IS NULL"
    where = f" WHERE {wanted} AND (CAST(:after AS uuid) IS NULL OR r.id > :after) ORDER BY r.id LIMIT :limit"
    return _reports(session, where, {"after": after, "limit": limit})


def reports_by(session: Session, reporter: int, before: uuid.UUID | None, limit: int) -> list[ReportRow]:
    """Up to `limit` reports that a member made, the newest first."""
    where = (
        " WHERE r.reporter = :reporter AND (CAST(:before AS uuid) IS NULL OR r.id < :before)"
        " ORDER BY r.id DESC LIMIT :limit"
    )
    return _reports(session, where, {"reporter": reporter, "before": before, "limit": limit})


def reports_about(session: Session, about: int, limit: int) -> list[ReportRow]:
    """Up to `limit` reports of what a member answers for, the newest first."""
    return _reports(
        session, " WHERE r.about = :about ORDER BY r.id DESC LIMIT :limit", {"about": about, "limit": limit}
    )


def add_decision(session: Session, decision_id: uuid.UUID, values: dict[str, object]) -> None:
    """Append a decision."""
    session.execute(
        text(
            """
            INSERT INTO standing_decisions (id, member, kind, reason, ends_at, decided_by, decided_at)
            VALUES (:id, :member, :kind, :reason, :ends_at, :decided_by, :now)
            """
        ),
        {"id": decision_id, **values},
    )


def decide_reports(session: Session, kind: str, subject_id: uuid.UUID, decision_id: uuid.UUID) -> list[int]:
    """Name the decision on every open report of a subject; who made them."""
    rows = session.execute(
        text(
            "UPDATE reports SET decision_id = :decision WHERE kind = :kind AND subject_id = :subject"
            " AND decision_id IS NULL RETURNING reporter"
        ),
        {"decision": decision_id, "kind": kind, "subject": subject_id},
    )
    return [row.reporter for row in rows]


def find_decision(session: Session, decision_id: uuid.UUID) -> DecisionRow | None:
    """One decision."""
    return _decision(session, " WHERE d.id = :id", decision_id)


def lock_decision(session: Session, decision_id: uuid.UUID) -> DecisionRow | None:
    """One decision, for this transaction alone to change."""
    return _decision(session, " WHERE d.id = :id FOR NO KEY UPDATE OF d", decision_id)


def decisions_of(session: Session, member: int, limit: int) -> list[DecisionRow]:
    """Up to `limit` decisions about a member that took or said something, the newest first."""
    return _decisions(
        session,
        " WHERE d.member = :member AND d.kind <> 'dismissed' ORDER BY d.id DESC LIMIT :limit",
        {"member": member, "limit": limit},
    )


def appealed(session: Session, after: uuid.UUID | None, limit: int) -> list[DecisionRow]:
    """Up to `limit` decisions whose appeal waits, the oldest first."""
    return _decisions(
        session,
        " WHERE d.appealed_at IS NOT NULL AND d.appeal_outcome IS NULL"
        " AND (CAST(:after AS uuid) IS NULL OR d.id > :after) ORDER BY d.id LIMIT :limit",
        {"after": after, "limit": limit},
    )


def appeal(session: Session, decision_id: uuid.UUID, member: int, words: str, now: datetime) -> bool:
    """Write the one appeal of a decision; False where there is none to be made. One conditional statement."""
    written = session.execute(
        text(
            "UPDATE standing_decisions SET appeal = :words, appealed_at = :now WHERE id = :id AND member = :member"
            " AND appealed_at IS NULL AND kind <> 'dismissed' RETURNING id"
        ),
        {"id": decision_id, "member": member, "words": words, "now": now},
    ).one_or_none()
    return written is not None


def decide_appeal(
    session: Session, decision_id: uuid.UUID, outcome: Outcome, reason: str, *, by: uuid.UUID, now: datetime
) -> None:
    """Write what an appeal comes to."""
    session.execute(
        text(
            "UPDATE standing_decisions SET appeal_outcome = :outcome, appeal_reason = :reason, appeal_decided_by = :by,"
            " appeal_decided_at = :now WHERE id = :id"
        ),
        {"id": decision_id, "outcome": outcome.value, "reason": reason, "by": by, "now": now},
    )


def rules_in_force(session: Session) -> RulesRow:
    """The newest version of the rules."""
    return RulesRow(*session.execute(text(f"{_RULES} ORDER BY version DESC LIMIT 1")).one())


def add_rules(session: Session, text_zh: str, text_en: str, by: uuid.UUID, now: datetime) -> int:
    """Append the next version of the rules; its number."""
    return int(
        session.execute(
            text(
                """
                INSERT INTO behaviour_rules (version, text_zh, text_en, published_by, published_at)
                SELECT max(version) + 1, :zh, :en, :by, :now FROM behaviour_rules RETURNING version
                """
            ),
            {"zh": text_zh, "en": text_en, "by": by, "now": now},
        ).scalar_one()
    )


def note_reading(session: Session, member: int, version: int, now: datetime) -> None:
    """Note that a member has read a version, once."""
    session.execute(
        text(
            "INSERT INTO rules_readings (member, version, read_at) VALUES (:member, :version, :now)"
            " ON CONFLICT DO NOTHING"
        ),
        {"member": member, "version": version, "now": now},
    )


def read_at(session: Session, member: int, version: int) -> datetime | None:
    """When a member has read a version."""
    found: datetime | None = session.execute(
        text("SELECT read_at FROM rules_readings WHERE member = :member AND version = :version"),
        {"member": member, "version": version},
    ).scalar_one_or_none()
    return found


def counts(session: Session) -> tuple[int, int]:
    """How many reports wait, and how many appeals."""
    row = session.execute(
        text(
            "SELECT (SELECT count(*) FROM reports WHERE decision_id IS NULL), (SELECT count(*) FROM standing_decisions"
            " WHERE appealed_at IS NOT NULL AND appeal_outcome IS NULL)"
        )
    ).one()
    return row[0], row[1]


def _reports(session: Session, where: str, values: dict[str, object]) -> list[ReportRow]:
    rows = [ReportRow(*row) for row in session.execute(text(_REPORT + where), values)]
    return [row._replace(ground=Ground(row.ground)) for row in rows]


def _decision(session: Session, where: str, decision_id: uuid.UUID) -> DecisionRow | None:
    found = _decisions(session, where, {"id": decision_id})
    return found[0] if found else None


def _decisions(session: Session, where: str, values: dict[str, object]) -> list[DecisionRow]:
    return [_typed(row) for row in session.execute(text(_DECISION + where), values)]


def _typed(row: Sequence[object]) -> DecisionRow:
    found = DecisionRow._make(row)
    outcome = None if found.outcome is None else Outcome(found.outcome)
    return found._replace(verdict=Verdict(found.verdict), outcome=outcome)
