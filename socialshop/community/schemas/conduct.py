"""Wire shapes of the rules of behaviour, reports, decisions and appeals."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from socialshop.community.conduct import (
    LONGEST_RULES,
    LONGEST_WORDS,
    MOST_DAYS,
    PREFIXES,
    Ground,
    Judgement,
    Outcome,
    Verdict,
)
from socialshop.community.rules import LONGEST_REASON
from socialshop.community.service import DecisionRow, ReportRow, RulesRow
from socialshop.identity.service import Standing
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import from_public, to_public
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, Wire, with_example

_RULES = {
    "version": 1,
    "text_zh": "一、如实评价。",
    "text_en": "One: say what is so.",
    "published_at": "2026-02-01T00:00:00Z",
    "read_at": None,
}
_REPORT: dict[str, Any] = {
    "id": "rpt_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "subject_id": "post_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "ground": "untrue",
    "words": "It was never sold in this shop.",
    "reported_at": "2026-02-10T12:00:00Z",
    "decided": False,
}
_SEEN: dict[str, Any] = {
    **_REPORT,
    "reporter_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "about_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1h0",
    "text": "Fresh, and the box was whole.",
    "alike": 2,
    "decision_id": None,
}
_DECISION: dict[str, Any] = {
    "id": "dec_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "verdict": "limited",
    "reason": "Advertisements in three reviews.",
    "decided_at": "2026-02-11T12:00:00Z",
    "ends_at": "2026-02-18T12:00:00Z",
    "appeal": None,
    "appeal_outcome": None,
    "appeal_reason": None,
}
_JUDGED: dict[str, Any] = {**_DECISION, "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1h0"}

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON)]
SomeWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS)]
RulesText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_RULES)]


class RulesWire(Wire):
    """The rules of behaviour that are in force; `read_at` is when who asks has read them."""

    model_config = with_example(_RULES)

    version: int
    text_zh: str
    text_en: str
    published_at: Instant
    read_at: Instant | None

    @classmethod
    def of(cls, row: RulesRow, read_at: datetime | None) -> RulesWire:
        """The wire form of a version."""
        return cls(**row._asdict(), read_at=read_at)


class RulesRead(Wire):
    """The version that was read."""

    model_config = with_example({"version": 1})

    version: int = Field(ge=1)


class RulesDraft(Wire):
    """Other rules, in both languages."""

    model_config = with_example({"text_zh": "一、如实评价。", "text_en": "One: say what is so."})

    text_zh: RulesText
    text_en: RulesText


class ReportDraft(Wire):
    """A published review or note (`post_…`), a member's name (`mbr_…`) or a room (`room_…`), and what is wrong."""

    model_config = with_example(
        {
            "subject_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz",
            "ground": "personal",
            "words": "The name is a telephone number.",
        }
    )

    subject_id: Annotated[str, StringConstraints(max_length=60)]
    ground: Literal["untrue", "personal", "abuse", "advertising", "fraud", "other"]
    words: SomeWords

    def said_ground(self) -> Ground:
        """Why."""
        return Ground(self.ground)


def subject_of(public: str) -> tuple[str, uuid.UUID]:
    """What kind of thing a public id names, and its key. Raises NotFound."""
    for kind, prefix in PREFIXES.items():
        if public.startswith(f"{prefix}_"):
            return kind, from_public(prefix, public)
    raise NotFound("what can be reported has an id such as post_…, mbr_… or room_…")


class ReportWire(Wire):
    """An own report; what was decided about whom stays between the shop and that member."""

    model_config = with_example(_REPORT)

    id: str
    subject_id: str
    ground: str
    words: str
    reported_at: Instant
    decided: bool

    @classmethod
    def of(cls, row: ReportRow) -> ReportWire:
        """The wire form of a report."""
        return cls(**_report(row))


class ReportPage(Page[ReportWire]):
    """Own reports, the newest first."""

    model_config = with_example({"data": [_REPORT], "next_cursor": None})


class SeenReport(ReportWire):
    """A report as who decides sees it: what stands there now, and how many open reports there are of it."""

    model_config = with_example(_SEEN)

    reporter_id: str
    about_id: str
    text: str | None
    alike: int
    decision_id: str | None

    @classmethod
    def of(cls, row: ReportRow) -> SeenReport:
        """The wire form of a report for the shop."""
        return cls(
            **_report(row),
            reporter_id=to_public("mbr", row.reporter_id),
            about_id=to_public("mbr", row.about_id),
            text=row.text,
            alike=row.alike,
            decision_id=to_public("dec", row.decision_id) if row.decision_id else None,
        )


class SeenReportPage(Page[SeenReport]):
    """Reports, the oldest first."""

    model_config = with_example({"data": [_SEEN], "next_cursor": None})


class ReportQuery(PageQuery):
    """Which reports: those that wait, where nothing is said."""

    status: Literal["open", "decided"] = "open"


class VerdictDraft(Wire):
    """What is decided, and why, as the member reads it; a limit and a freeze last `days`."""

    model_config = with_example({"verdict": "limited", "reason": "Advertisements in three reviews.", "days": 7})

    verdict: Literal["dismissed", "warned", "limited", "frozen"]
    reason: Reason
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None

    def judgement(self) -> Judgement:
        """The decision to be made."""
        return Judgement(Verdict(self.verdict), self.reason, self.days)


class DecisionWire(Wire):
    """A decision about oneself, and what became of the appeal."""

    model_config = with_example(_DECISION)

    id: str
    verdict: str
    reason: str
    decided_at: Instant
    ends_at: Instant | None
    appeal: str | None
    appeal_outcome: str | None
    appeal_reason: str | None

    @classmethod
    def of(cls, row: DecisionRow) -> DecisionWire:
        """The wire form of a decision."""
        return cls(**_decision(row))


class JudgedDecision(DecisionWire):
    """A decision as the shop sees it."""

    model_config = with_example(_JUDGED)

    member_id: str

    @classmethod
    def of(cls, row: DecisionRow) -> JudgedDecision:
        """The wire form of a decision, with whom it is about."""
        return cls(**_decision(row), member_id=to_public("mbr", row.member_id))


class AppealPage(Page[JudgedDecision]):
    """Decisions whose appeal waits, the oldest first."""

    model_config = with_example({"data": [_JUDGED], "next_cursor": None})


class StandingWire(Wire):
    """What is taken away now (`limit` null: nothing), until when, and all decisions so far, the newest first."""

    model_config = with_example({"limit": "limited", "ends_at": "2026-02-18T12:00:00Z", "decisions": [_DECISION]})

    limit: str | None
    ends_at: Instant | None
    decisions: list[DecisionWire]

    @classmethod
    def of(cls, standing: Standing, decisions: list[DecisionRow]) -> StandingWire:
        """The wire form of how a member stands."""
        limit = None if standing.limit is None else standing.limit.value
        return cls(limit=limit, ends_at=standing.ends_at, decisions=[DecisionWire.of(row) for row in decisions])


class AppealDraft(Wire):
    """Why the decision is wrong."""

    model_config = with_example({"words": "I had bought it there: the order is two years old."})

    words: SomeWords


class AppealVerdict(Wire):
    """What the appeal comes to, and why, as the member reads it."""

    model_config = with_example({"outcome": "lifted", "reason": "You are right."})

    outcome: Literal["upheld", "lifted"]
    reason: Reason

    def result(self) -> Outcome:
        """The outcome."""
        return Outcome(self.outcome)


def _report(row: ReportRow) -> dict[str, Any]:
    return {
        "id": to_public("rpt", row.id),
        "subject_id": to_public(PREFIXES[row.kind], row.subject_id),
        "ground": row.ground.value,
        "words": row.words,
        "reported_at": row.reported_at,
        "decided": row.decision_id is not None,
    }


def _decision(row: DecisionRow) -> dict[str, Any]:
    return {
        "id": to_public("dec", row.id),
        "verdict": row.verdict.value,
        "reason": row.reason,
        "decided_at": row.decided_at,
        "ends_at": row.ends_at,
        "appeal": row.appeal,
        "appeal_outcome": None if row.outcome is None else row.outcome.value,
        "appeal_reason": row.appeal_reason,
    }
