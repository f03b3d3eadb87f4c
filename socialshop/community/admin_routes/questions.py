"""Members' questions, for the shop."""

from __future__ import annotations

from socialshop.community import service
from socialshop.community.errors import QuestionClosed
from socialshop.community.schemas.questions import AnswerDraft, QuestionQuery, QuestionWire, QueuePage, SeenQuestion
from socialshop.infra.uow import UnitOfWork
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("questions_admin", __name__, tag="Questions, for the shop")

_QUESTION = {"question_id": "qst"}


@room.operation(
    "GET", "/admin/questions", access=READS_ALL, query=QuestionQuery, replies=Reply(200, QueuePage, "Questions.")
)
def list_questions(call: Call[Nothing, QuestionQuery]) -> Answer:
    """Questions that wait for the shop, or stand otherwise, the oldest first."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.questions(uow, query.wanted(), after, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        waiting = service.waiting_questions(uow)
        data = [QuestionWire.of(row, uow.now) for row in shown]
        return Answer(QueuePage(data=data, next_cursor=cursor, open=waiting.open, overdue=waiting.overdue))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/questions/<question_id>",
    access=READS_ALL,
    replies=Reply(200, SeenQuestion, "The question."),
    ids=_QUESTION,
    sees="question_id",
)
def show_question(call: Call[Nothing, Nothing]) -> Answer:
    """One question, with all that was said."""

    def read(uow: UnitOfWork) -> Answer:
        row = service.any_question(uow, call.ids["question_id"])
        return Answer(SeenQuestion.with_messages(row, service.messages(uow, row.id), uow.now))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/questions/<question_id>/answers",
    access=ADMINS,
    body=AnswerDraft,
    replies=Reply(201, SeenQuestion, "The member is told."),
    refuses=(QuestionClosed,),
    ids=_QUESTION,
)
def answer_question(call: Call[AnswerDraft, Nothing]) -> Answer:
    """Answer a question; `closes` says that it is settled."""
    body = call.body

    def answer(uow: UnitOfWork) -> Answer:
        row = service.answer(uow, call.caller.member_id, call.ids["question_id"], body.text, closes=body.closes)
        return Answer(SeenQuestion.with_messages(row, service.messages(uow, row.id), uow.now), 201)

    return call.transact(answer)
