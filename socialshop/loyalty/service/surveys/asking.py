"""Asking members something: making a survey, keeping an answer once, and counting what was answered."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.loyalty import rules, survey_rules
from socialshop.loyalty.errors import SurveyAnswered, SurveyClosed
from socialshop.loyalty.service.earning import Earned, earn
from socialshop.loyalty.store import surveys as store
from socialshop.loyalty.store.surveys import OwnRow, SurveyRow
from socialshop.loyalty.survey_rules import SHOWN_FROM, WORDS, Given, Kind, Question

SURVEY_PREFIX = "svy"
_WORDS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class NewSurvey:
    """A survey to be; `opens_at` None: at once. `points` None: what the rules in force give for one."""

    title_zh: str
    title_en: str
    questions: Sequence[Question]
    points: int | None
    opens_at: datetime | None
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """What was answered to a question: `counts` by option or step, None where one is hidden; `words` without names.

    `answered` is how many answered it, None while they are fewer than five.
    """

    question: Question
    answered: int | None
    counts: tuple[int | None, ...]
    words: tuple[str, ...]


def add(uow: UnitOfWork, actor: uuid.UUID, new: NewSurvey) -> SurveyRow:
    """Open a survey, now or later. Raises InvalidValue: its questions, or a window that is over or turned around."""
    survey_rules.check_questions(new.questions)
    opens_at = new.opens_at or uow.now
    if opens_at < uow.now:
        raise InvalidValue("a survey opens now or later", field="opens_at")
    if new.closes_at <= opens_at:
        raise InvalidValue("a survey closes after it opens", field="closes_at")
    document = survey_rules.document_of(new.questions)
    row = SurveyRow(new_id(), new.title_zh, new.title_en, document, new.points, opens_at, new.closes_at)
    store.add(uow.session, row, uow.now)
    _record(uow, actor, "survey.added", row)
    return row


def close(uow: UnitOfWork, actor: uuid.UUID, survey_id: uuid.UUID) -> SurveyRow:
    """End it now; what was answered stays. Closed again, nothing changes. Raises NotFound."""
    row = survey(uow, survey_id)
    if row.closes_at <= uow.now:
        return row
    store.close(uow.session, survey_id, uow.now)
    _record(uow, actor, "survey.closed", row)
    return survey(uow, survey_id)


def survey(uow: UnitOfWork, survey_id: uuid.UUID) -> SurveyRow:
    """One survey. Raises NotFound."""
    row = store.find(uow.session, survey_id)
    if row is None:
        raise NotFound("no such survey")
    return row


def surveys(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[tuple[SurveyRow, int | None]]:
    """Up to `limit` surveys, the newest first, each with how many answered; None while they are fewer than five."""
    return [(row, _enough(answered)) for row, answered in store.page(uow.session, before, limit)]


def of_member(uow: UnitOfWork, member: int, after: uuid.UUID | None, limit: int) -> list[OwnRow]:
    """Up to `limit` surveys that go on, and whether the member answered each."""
    return store.of_member(uow.session, member, uow.now, after, limit)


def own(uow: UnitOfWork, member: int, survey_id: uuid.UUID) -> OwnRow:
    """One survey that has opened, and whether the member answered it. Raises NotFound."""
    row = survey(uow, survey_id)
    if row.opens_at > uow.now:
        raise NotFound("no such survey")
    return OwnRow(row, store.has_answered(uow.session, survey_id, member))


def answer(uow: UnitOfWork, member: int, survey_id: uuid.UUID, given: Sequence[Given]) -> Earned:
    """Keep a member's answer, and give its points within the caps. Once: of two at once, one is refused.

    Raises NotFound, SurveyClosed, InvalidValue (an answer that its question does not ask for), SurveyAnswered.
    """
    row = survey(uow, survey_id)
    if row.opens_at > uow.now:
        raise NotFound("no such survey")
    if row.closes_at <= uow.now:
        raise SurveyClosed("the survey is over")
    replies = survey_rules.replies_of(survey_rules.parse(row.questions), given)
    if not store.answer(uow.session, survey_id, member, replies, uow.now):
        raise SurveyAnswered("you answered this survey before")
    return earn(uow, member, rules.SURVEY, to_public(SURVEY_PREFIX, survey_id), row.points)


def tallies(uow: UnitOfWork, row: SurveyRow) -> tuple[int | None, list[Tally]]:
    """How many answered (None while fewer than five), and what, question by question. Two statements."""
    found = {(each.question, each.choice): each.members for each in store.counts(uow.session, row.id)}
    everybody = found.get((0, 0), 0)
    texts = store.words(uow.session, row.id, _WORDS_SHOWN)
    told = []
    for place, question in enumerate(survey_rules.parse(row.questions), 1):
        counts = [found.get((place, choice), 0) for choice in range(1, question.places + 1)]
        said = tuple(words for number, words in texts if number == place)
        told.append(_tally(question, counts, found.get((place, WORDS), 0), said, everybody))
    return _enough(everybody), told


def _enough(members: int) -> int | None:
    return members if members >= SHOWN_FROM else None


def _tally(question: Question, counts: list[int], worded: int, said: tuple[str, ...], everybody: int) -> Tally:
    if question.kind is Kind.TEXT:
        return Tally(question, _enough(worded), (), () if _enough(worded) is None else said)
    answered = everybody if question.kind is Kind.MULTIPLE else sum(counts)
    shown = survey_rules.shown(question.kind, counts, answered)
    return Tally(question, _enough(answered), tuple(shown), ())


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, row: SurveyRow) -> None:
    facts = {"title": row.title_en, "questions": len(row.questions), "points": row.points}
    audit.record(uow, actor=actor, action=action, target=to_public(SURVEY_PREFIX, row.id), facts=facts)
