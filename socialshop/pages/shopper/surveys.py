"""Surveys as a member meets them: which go on, and answering one."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.loyalty.service import surveys
from socialshop.loyalty.service.surveys import SURVEY_PREFIX
from socialshop.loyalty.survey_rules import LONGEST_WORDS, Given, Kind, Question, parse
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.shopper.section import shopper
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import BUYERS

_SURVEY = {"survey_id": SURVEY_PREFIX}


@shopper.page("/surveys", tab="me")
def list_surveys(visit: Visit) -> str:
    """The surveys that go on."""
    found = surveys.of_member(visit.uow, visit.caller.number, visit.after(), PAGE_ROWS + 1)
    rows, after = cut(found, lambda own: own.survey.id)
    return render_template("shopper/surveys.html", rows=rows, next=after)


@shopper.page("/surveys/<survey_id>", tab="me", ids=_SURVEY)
def show_survey(visit: Visit) -> str:
    """One survey, to be answered once."""
    own = surveys.own(visit.uow, visit.caller.number, visit.ids["survey_id"])
    return render_template(
        "shopper/survey.html",
        own=own,
        questions=list(enumerate(parse(own.survey.questions), 1)),
        over=own.survey.closes_at <= visit.uow.now,
        longest=LONGEST_WORDS,
        answers=visit.caller.role in BUYERS.roles,
    )


@shopper.action("/surveys/<survey_id>", access=BUYERS, again="show_survey", ids=_SURVEY)
def answer_survey(visit: Visit) -> Response:
    """Answer it."""
    own = surveys.own(visit.uow, visit.caller.number, visit.ids["survey_id"])
    given = [_given(visit.form, place, each) for place, each in enumerate(parse(own.survey.questions), 1)]
    visit.form.check()
    earned = surveys.answer(visit.uow, visit.caller.number, visit.ids["survey_id"], given)
    flash(gettext("Thank you. Points: %(points)s.", points=earned.points))
    return go_to("shopper.list_surveys")


def _given(form: Form, place: int, question: Question) -> Given:
    """The answer to a question, whose fields are called `q1` and the like; a box of option 2 is `q1_2`."""
    name = f"q{place}"
    if question.kind is Kind.TEXT:
        return Given(place, (), form.text(name, longest=LONGEST_WORDS, required=question.required))
    if question.kind is Kind.MULTIPLE:
        choices = [choice for choice in range(1, question.places + 1) if form.is_ticked(f"{name}_{choice}")]
    else:
        typed = form.text(name, required=False)
        choices = [int(typed)] if typed.isascii() and typed.isdecimal() and len(typed) <= 2 else []  # noqa: PLR2004
    if question.required and not choices:
        form.errors[name] = gettext("This is needed.")
    return Given(place, choices)
