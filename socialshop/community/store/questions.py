"""Statements on questions and what is said in them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.community.care import Status, Topic


class QuestionRow(NamedTuple):
    """A question, with what was said first; `title` is that of the order or deal that it is about."""

    id: uuid.UUID
    member: int
    member_id: uuid.UUID
    topic: Topic
    target_id: uuid.UUID | None
    title: str | None
    status: Status
    first_words: str
    asked_at: datetime
    waits_since: datetime
    due_at: datetime
    answered_at: datetime | None


class MessageRow(NamedTuple):
    """Something that was said, by the shop or by the member."""

    id: uuid.UUID
    by_staff: bool
    body: str
    said_at: datetime


class Waiting(NamedTuple):
    """How many questions wait for the shop, and how many of them longer than they should."""

    open: int
    overdue: int


# What question `q` is about, in words.
_TITLE = """
    CASE q.topic WHEN 'deal' THEN (SELECT d.title FROM deals d WHERE d.id = q.target_id)
        WHEN 'order' THEN (SELECT l.title FROM order_lines l WHERE l.order_id = q.target_id ORDER BY l.line LIMIT 1)
    END
"""
_QUESTION = f"""
    SELECT q.id, q.member, m.id, q.topic, q.target_id, {_TITLE}, q.status,
        (SELECT g.body FROM question_messages g WHERE g.question_id = q.id ORDER BY g.id LIMIT 1),
        q.asked_at, q.waits_since, q.due_at, q.answered_at
    FROM questions q JOIN members m ON m.number = q.member
"""  # noqa: S608 - a constant


def add(session: Session, values: dict[str, object]) -> None:
    """Insert a question that waits."""
    session.execute(
        text(
            """
            INSERT INTO questions (id, member, topic, target_id, asked_at, waits_since, due_at)
            VALUES (:id, :member, :topic, :target_id, :now, :now, :due_at)
            """
        ),
        values,
    )


def add_message(
    session: Session,
    message_id: uuid.UUID,
    question_id: uuid.UUID,
    *,
    staff: uuid.UUID | None,
    body: str,
    now: datetime,
) -> None:
    """Append what somebody says; `staff` None: the member."""
    session.execute(
        text(
            "INSERT INTO question_messages (id, question_id, staff_id, body, said_at)"
            " VALUES (:id, :question, :staff, :body, :now)"
        ),
        {"id": message_id, "question": question_id, "staff": staff, "body": body, "now": now},
    )


def find(session: Session, question_id: uuid.UUID) -> QuestionRow | None:
    """A question."""
    return _one(session, " WHERE q.id = :id", question_id)


def lock(session: Session, question_id: uuid.UUID) -> QuestionRow | None:
    """A question, for this transaction alone to change."""
    return _one(session, " WHERE q.id = :id FOR NO KEY UPDATE OF q", question_id)


def wait_again(session: Session, question_id: uuid.UUID, now: datetime, due_at: datetime) -> None:
    """It waits for the shop from now on; one that waits already goes on waiting as before."""
    session.execute(
        text(
            "UPDATE questions SET status = 'open', waits_since = :now, due_at = :due_at"
            " WHERE id = :id AND status <> 'open'"
        ),
        {"id": question_id, "now": now, "due_at": due_at},
    )


def set_answered(session: Session, question_id: uuid.UUID, now: datetime) -> None:
    """The shop has answered; `answered_at` is of its first answer."""
    session.execute(
        text(
            "UPDATE questions SET status = 'answered', answered_at = coalesce(answered_at, :now)"
            " WHERE id = :id AND status <> 'closed'"
        ),
        {"id": question_id, "now": now},
    )


def close(session: Session, question_id: uuid.UUID, now: datetime) -> None:
    """Nothing more is said in it."""
    session.execute(
        text("UPDATE questions SET status = 'closed', closed_at = :now WHERE id = :id AND status <> 'closed'"),
        {"id": question_id, "now": now},
    )


def messages(session: Session, question_id: uuid.UUID) -> list[MessageRow]:
    """All that was said, the first first."""
    rows = session.execute(
        text(
            "SELECT id, staff_id IS NOT NULL, body, said_at FROM question_messages WHERE question_id = :id ORDER BY id"
        ),
        {"id": question_id},
    )
    return [MessageRow(*row) for row in rows]


def of_member(session: Session, member: int, before: uuid.UUID | None, limit: int) -> list[QuestionRow]:
    """Up to `limit` questions of a member, the newest first."""
    return _many(
        session,
        " WHERE q.member = :member AND (CAST(:before AS uuid) IS NULL OR q.id < :before)"
        " ORDER BY q.id DESC LIMIT :limit",
        {"member": member, "before": before, "limit": limit},
    )


def in_status(session: Session, status: Status, after: uuid.UUID | None, limit: int) -> list[QuestionRow]:
    """Up to `limit` questions that stand so, the oldest first."""
    return _many(
        session,
        " WHERE q.status = :status AND (CAST(:after AS uuid) IS NULL OR q.id > :after) ORDER BY q.id LIMIT :limit",
        {"status": status.value, "after": after, "limit": limit},
    )


def waiting(session: Session, now: datetime) -> Waiting:
    """What waits for the shop."""
    row = session.execute(
        text("SELECT count(*), count(*) FILTER (WHERE due_at <= :now) FROM questions WHERE status = 'open'"),
        {"now": now},
    ).one()
    return Waiting(*row)


def may_ask_about(session: Session, member: int, topic: Topic, target_id: uuid.UUID) -> bool:
    """Whether it is the member's own order, or a deal that is no draft."""
    statement = {
        Topic.ORDER: "SELECT EXISTS (SELECT FROM orders WHERE id = :id AND buyer = :member)",
        Topic.DEAL: "SELECT EXISTS (SELECT FROM deals WHERE id = :id AND NOT draft) AND :member > 0",
    }[topic]
    return bool(session.execute(text(statement), {"id": target_id, "member": member}).scalar_one())


def title_of(session: Session, topic: Topic, target_id: uuid.UUID) -> str | None:
    """What the order or the deal is called, as questions name it."""
    statement = f"SELECT {_TITLE} FROM (SELECT CAST(:topic AS text) AS topic, CAST(:id AS uuid) AS target_id) q"  # noqa: S608
    found: str | None = session.execute(text(statement), {"topic": topic.value, "id": target_id}).scalar_one()
    return found


def _one(session: Session, where: str, question_id: uuid.UUID) -> QuestionRow | None:
    found = _many(session, where, {"id": question_id})
    return found[0] if found else None


def _many(session: Session, where: str, values: dict[str, object]) -> list[QuestionRow]:
    return [_typed(row) for row in session.execute(text(_QUESTION + where), values)]


def _typed(row: Sequence[object]) -> QuestionRow:
    found = QuestionRow._make(row)
    return found._replace(topic=Topic(found.topic), status=Status(found.status))
