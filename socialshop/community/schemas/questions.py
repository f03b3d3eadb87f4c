"""Wire shapes of questions to the shop."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from socialshop.community.care import LONGEST_MESSAGE, PREFIXES, Status, Topic
from socialshop.community.service import MessageRow, QuestionRow
from socialshop.kernel.ids import from_public, to_public
from socialshop.web.paging import Page, PageQuery
from socialshop.web.schemas import Instant, Wire, with_example

_QUESTION: dict[str, Any] = {
    "id": "qst_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "topic": "order",
    "target_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz",
    "status": "answered",
    "first_words": "Where is my parcel?",
    "asked_at": "2026-02-10T12:00:00Z",
    "due_at": "2026-02-11T12:00:00Z",
    "answered_at": "2026-02-10T15:00:00Z",
    "overdue": False,
}
_WHOLE: dict[str, Any] = {
    **_QUESTION,
    "messages": [
        {"by": "member", "text": "Where is my parcel?", "said_at": "2026-02-10T12:00:00Z"},
        {"by": "shop", "text": "It leaves today.", "said_at": "2026-02-10T15:00:00Z"},
    ],
}

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_MESSAGE)]


class QuestionDraft(Wire):
    """A question about an own order, a deal, or in general (without `target_id`)."""

    model_config = with_example(
        {"topic": "order", "target_id": "ord_01k9w3q2mxe5tb6v8c4yd7r1hz", "text": "Where is my parcel?"}
    )

    topic: Literal["order", "deal", "general"]
    target_id: Annotated[str, StringConstraints(max_length=60)] | None = None
    text: Words

    def about(self) -> tuple[Topic, uuid.UUID | None]:
        """What it is about. Raises NotFound for an id that is none of its kind."""
        topic = Topic(self.topic)
        if self.target_id is None or topic is Topic.GENERAL:
            return topic, None if self.target_id is None else uuid.UUID(int=0)
        return topic, from_public(PREFIXES[topic.value], self.target_id)


class MessageDraft(Wire):
    """What is said further."""

    model_config = with_example({"text": "It has still not come."})

    text: Words


class AnswerDraft(MessageDraft):
    """An answer; `closes` says that the question is settled with it."""

    model_config = with_example({"text": "It leaves today.", "closes": False})

    closes: bool = False


class MessageWire(Wire):
    """Something that was said, by the member or the shop."""

    by: Literal["member", "shop"]
    text: str
    said_at: Instant


class QuestionWire(Wire):
    """A question: `open` waits for the shop, which should answer until `due_at`; `answered_at`: when it first did."""

    model_config = with_example(_QUESTION)

    id: str
    topic: str
    target_id: str | None
    status: Literal["open", "answered", "closed"]
    first_words: str
    asked_at: Instant
    due_at: Instant
    answered_at: Instant | None
    overdue: bool

    @classmethod
    def of(cls, row: QuestionRow, now: datetime) -> QuestionWire:
        """The wire form of a question at an instant."""
        return cls(**_question(row, now))


class QuestionPage(Page[QuestionWire]):
    """Own questions, the newest first."""

    model_config = with_example({"data": [_QUESTION], "next_cursor": None})


class WholeQuestion(QuestionWire):
    """A question with all that was said."""

    model_config = with_example(_WHOLE)

    messages: list[MessageWire]

    @classmethod
    def with_messages(cls, row: QuestionRow, said: Sequence[MessageRow], now: datetime) -> WholeQuestion:
        """The wire form of a question and what was said."""
        return cls(**_question(row, now), messages=_messages(said))


class SeenQuestion(WholeQuestion):
    """A question as the shop sees it."""

    model_config = with_example({**_WHOLE, "member_id": "mbr_01k9w3q2mxe5tb6v8c4yd7r1hz"})

    member_id: str

    @classmethod
    def with_messages(cls, row: QuestionRow, said: Sequence[MessageRow], now: datetime) -> SeenQuestion:
        """The wire form of a question, what was said, and by whom it was asked."""
        return cls(**_question(row, now), messages=_messages(said), member_id=to_public("mbr", row.member_id))


class QuestionQuery(PageQuery):
    """Which questions: those that wait for the shop, where nothing is said."""

    status: Literal["open", "answered", "closed"] = "open"

    def wanted(self) -> Status:
        """The status."""
        return Status(self.status)


class QueuePage(Page[QuestionWire]):
    """Questions, the oldest first; how many wait for the shop in all, and how many of them longer than they should."""

    model_config = with_example({"data": [_QUESTION], "next_cursor": None, "open": 3, "overdue": 1})

    open: int
    overdue: int


def _messages(said: Sequence[MessageRow]) -> list[MessageWire]:
    return [MessageWire(by="shop" if one.by_staff else "member", text=one.body, said_at=one.said_at) for one in said]


def _question(row: QuestionRow, now: datetime) -> dict[str, Any]:
    return {
        "id": to_public("qst", row.id),
        "topic": row.topic.value,
        "target_id": to_public(PREFIXES[row.topic.value], row.target_id) if row.target_id else None,
        "status": row.status.value,
        "first_words": row.first_words,
        "asked_at": row.asked_at,
        "due_at": row.due_at,
        "answered_at": row.answered_at,
        "overdue": row.status is Status.OPEN and row.due_at <= now,
    }
