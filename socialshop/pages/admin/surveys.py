"""Surveys, for the shop: written as text, and read as counts of at least five."""

from __future__ import annotations

from flask import Response, flash, render_template
from flask_babel import gettext

from socialshop.kernel.ids import to_public
from socialshop.loyalty.rules import MOST_POINTS
from socialshop.loyalty.schemas.surveys import LONGEST_QUESTION
from socialshop.loyalty.service import surveys
from socialshop.loyalty.service.surveys import SURVEY_PREFIX, NewSurvey
from socialshop.loyalty.survey_rules import SCALE, Kind, Option, Question
from socialshop.pages.admin.section import admin
from socialshop.pages.forms import Form
from socialshop.pages.section import go_to
from socialshop.pages.visit import PAGE_ROWS, Visit, cut
from socialshop.web.auth import ADMINS

_SURVEY = {"survey_id": SURVEY_PREFIX}
_LONGEST_TITLE = 100
_LONGEST_TEXT = 20_000


@admin.page("/surveys", tab="surveys")
def list_surveys(visit: Visit) -> str:
    """Every survey, and a form for another."""
    rows, after = cut(surveys.surveys(visit.uow, visit.after(), PAGE_ROWS + 1), lambda row: row[0].id)
    return render_template("admin/surveys.html", rows=rows, next=after, now=visit.uow.now)


@admin.action("/surveys", access=ADMINS, again="list_surveys", once=True)
def add_survey(visit: Visit) -> Response:
    """Open a survey."""
    form, zone = visit.form, visit.zone
    title_zh, title_en = (form.text(name, longest=_LONGEST_TITLE) for name in ("title_zh", "title_en"))
    opens_at, closes_at = form.instant("opens_at", zone), form.instant("closes_at", zone)
    points, questions = form.whole_or_none("points", 0, MOST_POINTS), _questions(form)
    if closes_at is None:
        form.errors.setdefault("closes_at", gettext("This is needed."))
        form.refuse()
    form.check()
    new = NewSurvey(title_zh, title_en, questions, points, opens_at, closes_at)
    row = surveys.add(visit.uow, visit.caller.member_id, new)
    flash(gettext("Published."))
    return go_to("admin.show_survey", survey_id=to_public(SURVEY_PREFIX, row.id))


@admin.page("/surveys/<survey_id>", tab="surveys", ids=_SURVEY)
def show_survey(visit: Visit) -> str:
    """One survey, and what was answered."""
    row = surveys.survey(visit.uow, visit.ids["survey_id"])
    answered, tallies = surveys.tallies(visit.uow, row)
    return render_template(
        "admin/survey.html",
        row=row,
        now=visit.uow.now,
        answered=answered,
        tallies=list(enumerate(tallies, 1)),
        steps=[Option(str(step), str(step)) for step in range(1, SCALE + 1)],
    )


@admin.action("/surveys/<survey_id>/close", access=ADMINS, again="show_survey", ids=_SURVEY)
def close_survey(visit: Visit) -> Response:
    """End it now."""
    surveys.close(visit.uow, visit.caller.member_id, visit.ids["survey_id"])
    flash(gettext("Closed; what was answered stays."))
    return go_to("admin.show_survey", survey_id=visit.path["survey_id"])


def _questions(form: Form) -> list[Question]:
    """Questions as text: `single 中文 | English`, options below: `- 中文 | English`; `?` after a kind: not needed."""
    found: list[Question] = []
    for line in form.text("questions", longest=_LONGEST_TEXT).splitlines():
        kind, _, rest = line.strip().partition(" ")
        zh, _, en = (part.strip() for part in rest.partition("|"))
        if not line.strip():
            continue
        if not (0 < len(zh) <= LONGEST_QUESTION and 0 < len(en) <= LONGEST_QUESTION):
            form.errors["questions"] = gettext("Each line has both languages: %(line)s", line=line[:60])
        elif kind == "-" and found:
            last = found[-1]
            options = (*last.options, Option(zh, en))
            found[-1] = Question(last.kind, last.text_zh, last.text_en, options, last.required)
        elif kind.removesuffix("?") in set(Kind):
            found.append(Question(Kind(kind.removesuffix("?")), zh, en, required=not kind.endswith("?")))
        else:
            form.errors["questions"] = gettext("Each line begins with a kind or a dash: %(line)s", line=line[:60])
    return found
