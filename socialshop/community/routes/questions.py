"""Questions to the shop over HTTP."""

from __future__ import annotations

from socialshop.community import service
from socialshop.community.errors import QuestionClosed
from socialshop.community.schemas.questions import (
    MessageDraft,
    QuestionDraft,
    QuestionPage,
    QuestionWire,
    WholeQuestion,
)
from socialshop.community.service import QuestionRow
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.web.auth import BUYERS, SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("questions", __name__, tag="Questions")

_QUESTION = {"question_id": "qst"}


@room.operation(
    "POST",
    "/questions",
    access=BUYERS,
    body=QuestionDraft,
    replies=Reply(201, WholeQuestion, "The shop should answer until `due_at`."),
    refuses=(NotFound,),
)
def ask(call: Call[QuestionDraft, Nothing]) -> Answer:
    """Ask the shop about an order of yours, a deal, or in general."""
    topic, target = call.body.about()

    def add(uow: UnitOfWork) -> Answer:
        return Answer(_whole(uow, service.ask(uow, call.caller.number, topic, target, call.body.text)), 201)

    return call.transact(add)


@room.operation(
    "GET", "/me/questions", access=SIGNED_IN, query=PageQuery, replies=Reply(200, QuestionPage, "Your questions.")
)
def list_own_questions(call: Call[Nothing, PageQuery]) -> Answer:
    """What you asked, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.own_questions(uow, call.caller.number, before, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(QuestionPage(data=[QuestionWire.of(row, uow.now) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/me/questions/<question_id>",
    access=SIGNED_IN,
    replies=Reply(200, WholeQuestion, "The question."),
    ids=_QUESTION,
)
def show_own_question(call: Call[Nothing, Nothing]) -> Answer:
    """One of your questions, with all that was said."""

    def read(uow: UnitOfWork) -> Answer:
        return Answer(_whole(uow, service.own_question(uow, call.caller.number, call.ids["question_id"])))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/questions/<question_id>/messages",
    access=BUYERS,
    body=MessageDraft,
    replies=Reply(201, WholeQuestion, "It waits for the shop again."),
    refuses=(QuestionClosed,),
    ids=_QUESTION,
)
def write_more(call: Call[MessageDraft, Nothing]) -> Answer:
    """Say more in one of your questions."""

    def write(uow: UnitOfWork) -> Answer:
        row = service.write_more(uow, call.caller.number, call.ids["question_id"], call.body.text)
        return Answer(_whole(uow, row), 201)

    return call.transact(write)


@room.operation(
    "POST",
    "/me/questions/<question_id>/close",
    access=BUYERS,
    replies=Reply(200, WholeQuestion, "Closed."),
    ids=_QUESTION,
)
def close_question(call: Call[Nothing, Nothing]) -> Answer:
    """Say that a question is settled. Said again, nothing changes."""

    def close(uow: UnitOfWork) -> Answer:
        return Answer(_whole(uow, service.close_own(uow, call.caller.number, call.ids["question_id"])))

    return call.transact(close)


def _whole(uow: UnitOfWork, row: QuestionRow) -> WholeQuestion:
    return WholeQuestion.with_messages(row, service.messages(uow, row.id), uow.now)
