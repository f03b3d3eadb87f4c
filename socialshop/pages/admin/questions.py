"""Members' questions: what waits, how long, and an answer to each."""

from __future__ import annotations

from flask import Response, flash, render_template, request
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.community.care import LONGEST_MESSAGE, PREFIXES, Status
from socialshop.kernel.ids import to_public
from socialshop.pages.admin.people import names_by_id
from socialshop.pages.admin.section import admin
from socialshop.pages.section import go_to
from socialshop.pages.states import STATES
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_QUESTION = {"question_id": "qst"}


@admin.page("/questions", tab="questions")
def list_questions(visit: Visit) -> str:
    """What waits, the oldest first, and how much is overdue; or by another state."""
    asked = request.args.get("status", Status.OPEN)
    status = Status(asked) if asked in set(Status) else Status.OPEN
    rows, after = cut(community.questions(visit.uow, status, visit.after(), PAGE_ROWS + 1), lambda row: row.id)
    statuses = [(name, told.words) for name, told in STATES["question"].items()]
    waiting = community.waiting_questions(visit.uow)
    return render_template(
        "admin/questions.html", questions=rows, next=after, statuses=statuses, waiting=waiting, now=visit.uow.now
    )


@admin.page("/questions/<question_id>", tab="questions", ids=_QUESTION, sees="question_id")
def show_question(visit: Visit) -> str:
    """One question with all that was said, and the answer to be given."""
    question = community.any_question(visit.uow, visit.ids["question_id"])
    target = to_public(PREFIXES[question.topic], question.target_id) if question.target_id else None
    return render_template(
        "admin/question.html",
        question=question,
        target=target,
        messages=community.messages(visit.uow, question.id),
        names=names_by_id(visit.uow, [question.member_id]),
        longest=LONGEST_MESSAGE,
        now=visit.uow.now,
    )


@admin.action("/questions/<question_id>", access=ADMINS, again="show_question", once=True, ids=_QUESTION)
def answer_question(visit: Visit) -> Response:
    """Answer it."""
    words = visit.form.text("text", longest=LONGEST_MESSAGE)
    visit.form.check()
    closes = visit.form.is_ticked("closes")
    community.answer(visit.uow, visit.caller.member_id, visit.ids["question_id"], words, closes=closes)
    flash(gettext("Answered: the member is told."))
    return go_to("admin.list_questions")
