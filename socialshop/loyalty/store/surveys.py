"""Surveys, who answered them, and what was answered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.loyalty.survey_rules import WORDS, Reply


class SurveyRow(NamedTuple):
    """A survey; `points` None: what the rules in force give for one."""

    id: uuid.UUID
    title_zh: str
    title_en: str
    questions: Sequence[dict[str, Any]]
    points: int | None
    opens_at: datetime
    closes_at: datetime


class OwnRow(NamedTuple):
    """A survey that goes on, as a member sees it."""

    survey: SurveyRow
    answered: bool


class Counted(NamedTuple):
    """How many chose an option or a step of a question, or said something in words (choice 0)."""

    question: int
    choice: int
    members: int


_COLUMNS = "id, title_zh, title_en, questions, points, opens_at, closes_at"


def add(session: Session, row: SurveyRow, now: datetime) -> None:
    """Append a survey."""
    session.execute(
        text(
            f"INSERT INTO surveys ({_COLUMNS}, created_at)"  # noqa: S608 - a constant of this module
            " VALUES (:id, :title_zh, :title_en, CAST(:questions AS jsonb), :points, :opens_at, :closes_at, :now)"
        ),
        {**row._asdict(), "questions": json.dumps(row.questions, ensure_ascii=False), "now": now},
    )


def find(session: Session, survey_id: uuid.UUID) -> SurveyRow | None:
    """A survey."""
    statement = text(f"SELECT {_COLUMNS} FROM surveys WHERE id = :id")  # noqa: S608 - a constant of this module
    row = session.execute(statement, {"id": survey_id}).one_or_none()
    return SurveyRow(*row) if row else None


def page(session: Session, before: uuid.UUID | None, limit: int) -> list[tuple[SurveyRow, int]]:
    """Up to `limit` surveys, the newest first, each with how many answered."""
    rows = session.execute(
        text(
            f"SELECT {_COLUMNS}, (SELECT count(*) FROM survey_answers a WHERE a.survey_id = s.id) FROM surveys s"  # noqa: S608
            " WHERE CAST(:before AS uuid) IS NULL OR id < :before ORDER BY id DESC LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
    return [(SurveyRow(*row[:-1]), row[-1]) for row in rows]


def of_member(session: Session, member: int, now: datetime, after: uuid.UUID | None, limit: int) -> list[OwnRow]:
    """Up to `limit` surveys that go on, in the order they were made, and whether the member answered."""
    rows = session.execute(
        text(
            f"""
            SELECT {_COLUMNS}, EXISTS (
                SELECT FROM survey_answers a WHERE a.survey_id = s.id AND a.member = :member)
            FROM surveys s WHERE opens_at <= :now AND closes_at > :now
                AND (CAST(:after AS uuid) IS NULL OR id > :after)
            ORDER BY id LIMIT :limit
            """  # noqa: S608 - a constant of this module
        ),
        {"member": member, "now": now, "after": after, "limit": limit},
    )
    return [OwnRow(SurveyRow(*row[:-1]), row[-1]) for row in rows]


def has_answered(session: Session, survey_id: uuid.UUID, member: int) -> bool:
    """Whether the member answered it."""
    return bool(
        session.execute(
            text("SELECT EXISTS (SELECT FROM survey_answers WHERE survey_id = :id AND member = :member)"),
            {"id": survey_id, "member": member},
        ).scalar_one()
    )


def answer(session: Session, survey_id: uuid.UUID, member: int, replies: Sequence[Reply], now: datetime) -> bool:
    """Keep an answer; False where the member answered before, and nothing is kept. Of two at once one is kept."""
    new = session.execute(
        text(
            "INSERT INTO survey_answers (survey_id, member, answered_at) VALUES (:id, :member, :now)"
            " ON CONFLICT (survey_id, member) DO NOTHING RETURNING 1"
        ),
        {"id": survey_id, "member": member, "now": now},
    ).one_or_none()
    if new is None:
        return False
    session.execute(
        text(
            """
            INSERT INTO survey_replies (survey_id, member, question, choice, words)
            SELECT :id, :member, question, choice, words
            FROM unnest(CAST(:questions AS smallint[]), CAST(:choices AS smallint[]), CAST(:words AS text[]))
                AS r (question, choice, words)
            """
        ),
        {
            "id": survey_id,
            "member": member,
            "questions": [reply.question for reply in replies],
            "choices": [reply.choice for reply in replies],
            "words": [reply.words for reply in replies],
        },
    )
    return True


def close(session: Session, survey_id: uuid.UUID, now: datetime) -> None:
    """Let nobody answer from now on."""
    session.execute(
        text(
            "UPDATE surveys SET closes_at = greatest(opens_at, CAST(:now AS timestamptz))"
            " WHERE id = :id AND closes_at > :now"
        ),
        {"id": survey_id, "now": now},
    )


def counts(session: Session, survey_id: uuid.UUID) -> list[Counted]:
    """How many chose what; at question 0 how many answered at all."""
    rows = session.execute(
        text(
            """
            SELECT question, choice, count(*) FROM survey_replies WHERE survey_id = :id GROUP BY question, choice
            UNION ALL SELECT 0, 0, count(*) FROM survey_answers WHERE survey_id = :id
            """
        ),
        {"id": survey_id},
    )
    return [Counted(*row) for row in rows]


def words(session: Session, survey_id: uuid.UUID, limit: int) -> list[tuple[int, str]]:
    """Up to `limit` answers in words to each question, in the order of the alphabet: none says whose it is, or when."""
    rows = session.execute(
        text(
            """
            SELECT question, words FROM (
                SELECT question, words, row_number() OVER (PARTITION BY question ORDER BY words) AS place
                FROM survey_replies WHERE survey_id = :id AND choice = :words
            ) AS said WHERE place <= :limit ORDER BY question, place
            """
        ),
        {"id": survey_id, "words": WORDS, "limit": limit},
    )
    return [(row.question, row.words) for row in rows]
