"""A member's questions to the shop: asked, answered, closed."""

from __future__ import annotations

import uuid

from flask import Response, flash, render_template, request
from flask_babel import gettext

from socialshop.community import service as community
from socialshop.community.care import LONGEST_MESSAGE, PREFIXES, Topic
from socialshop.kernel.ids import from_public, to_public
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import BUYERS

_QUESTION = {"question_id": "qst"}


@shopper.page("/me/questions", tab="me")
def list_questions(visit: Visit) -> str:
    """What the member asked, the newest first, and the form to ask; `?about=` names an order or a deal."""
    found = community.own_questions(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda row: row.id)
    about = visit.form.values.get("target_id") or request.args.get("about", "")
    topic, target = _target(about)
    title = None if target is None else community.title_of_target(visit.uow, visit.caller.number, topic, target)
    facts = {"questions": rows, "next": after, "about": about, "topic": topic, "title": title}
    return render_template("shopper/questions.html", longest=LONGEST_MESSAGE, **facts)


@shopper.action("/me/questions", access=BUYERS, again="list_questions", once=True)
def ask(visit: Visit) -> Response:
    """Ask the shop."""
    topic, target = _target(visit.form.text("target_id", required=False))
    words = visit.form.text("text", longest=LONGEST_MESSAGE)
    visit.form.check()
    row = community.ask(visit.uow, visit.caller.number, topic, target, words)
    return go_to("shopper.show_question", question_id=to_public("qst", row.id))


@shopper.page("/me/questions/<question_id>", ids=_QUESTION, tab="me")
def show_question(visit: Visit) -> str:
    """One question with all that was said."""
    question = community.own_question(visit.uow, visit.caller.number, visit.ids["question_id"])
    return render_template(
        "shopper/question.html",
        question=question,
        messages=community.messages(visit.uow, question.id),
        longest=LONGEST_MESSAGE,
    )


@shopper.action("/me/questions/<question_id>", access=BUYERS, again="show_question", once=True, ids=_QUESTION)
def write_more(visit: Visit) -> Response:
    """Say more."""
    words = visit.form.text("text", longest=LONGEST_MESSAGE)
    visit.form.check()
    community.write_more(visit.uow, visit.caller.number, visit.ids["question_id"], words)
    return go_to("shopper.show_question", question_id=visit.path["question_id"])


@shopper.action("/me/questions/<question_id>/close", access=BUYERS, again="show_question", ids=_QUESTION)
def close_question(visit: Visit) -> Response:
    """It is settled."""
    community.close_own(visit.uow, visit.caller.number, visit.ids["question_id"])
    flash(gettext("Settled. Thank you."))
    return go_to("shopper.show_question", question_id=visit.path["question_id"])


def _target(public: str) -> tuple[Topic, uuid.UUID | None]:
    """What a question is about, by the public id that an address or a form names; nothing: in general."""
    for topic, prefix in PREFIXES.items():
        if public.startswith(f"{prefix}_"):
            return Topic(topic), from_public(prefix, public)
    return Topic.GENERAL, None
