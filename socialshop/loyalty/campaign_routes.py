"""Missions, the calendar, surveys and boards as members meet them over HTTP."""

from __future__ import annotations

from datetime import date

from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.loyalty.errors import SurveyAnswered, SurveyClosed
from socialshop.loyalty.schemas.boards import BoardNaming, BoardQuery, BoardWire
from socialshop.loyalty.schemas.campaigns import CalendarEntryWire, CalendarPage
from socialshop.loyalty.schemas.missions import OwnMissionPage, OwnMissionWire
from socialshop.loyalty.schemas.surveys import AnsweredWire, OwnSurveyPage, OwnSurveyWire, SurveyAnswers
from socialshop.loyalty.service import boards, campaigns, missions, surveys
from socialshop.loyalty.service.boards import Metric
from socialshop.loyalty.service.surveys import SURVEY_PREFIX
from socialshop.web.auth import BUYERS, SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("campaigns", __name__, tag="Missions and campaigns")


@room.operation("GET", "/missions", access=SIGNED_IN, query=PageQuery, replies=Reply(200, OwnMissionPage, "Missions."))
def list_missions(call: Call[Nothing, PageQuery]) -> Answer:
    """The missions that go on, and how far you are with each."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = missions.of_member(uow, call.caller.number, settings().time_zone, after, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda own: own.mission.id)
        return Answer(OwnMissionPage(data=[OwnMissionWire.of(own) for own in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation("GET", "/calendar", access=SIGNED_IN, replies=Reply(200, CalendarPage, "What goes on, what comes."))
def show_calendar(call: Call[Nothing, Nothing]) -> Answer:
    """The campaigns that you are in and the member days: what goes on, and what begins within sixty days."""

    def read(uow: UnitOfWork) -> Answer:
        found = campaigns.calendar_of(uow, call.caller.number, settings().time_zone)
        return Answer(CalendarPage(data=[CalendarEntryWire.of(entry) for entry in found], next_cursor=None))

    return call.transact(read)


@room.operation("GET", "/surveys", access=SIGNED_IN, query=PageQuery, replies=Reply(200, OwnSurveyPage, "Surveys."))
def list_surveys(call: Call[Nothing, PageQuery]) -> Answer:
    """The surveys that go on, and whether you answered each."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = surveys.of_member(uow, call.caller.number, after, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda own: own.survey.id)
        return Answer(OwnSurveyPage(data=[OwnSurveyWire.of(own) for own in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/surveys/<survey_id>/answers",
    access=BUYERS,
    body=SurveyAnswers,
    replies=Reply(201, AnsweredWire, "Kept, with the points that it gave."),
    refuses=(SurveyAnswered, SurveyClosed),
    ids={"survey_id": SURVEY_PREFIX},
)
def answer_survey(call: Call[SurveyAnswers, Nothing]) -> Answer:
    """Answer a survey, once."""
    survey_id, given = call.ids["survey_id"], call.body.given()
    return call.transact(
        lambda uow: Answer(AnsweredWire.of(surveys.answer(uow, call.caller.number, survey_id, given)), 201)
    )


@room.operation(
    "GET", "/boards", access=SIGNED_IN, query=BoardQuery, replies=Reply(200, BoardWire, "The board as you see it.")
)
def show_board(call: Call[Nothing, BoardQuery]) -> Answer:
    """Who brought most in a month, and where you stand. Only who agreed is named, and nobody's earnings are told."""
    metric, month = call.query.which()
    return call.transact(lambda uow: _board(uow, call.caller.number, metric, month))


@room.operation(
    "POST",
    "/me/board-name",
    access=BUYERS,
    body=BoardNaming,
    replies=Reply(200, BoardWire, "This month's board of friends, as you see it now."),
)
def name_on_boards(call: Call[BoardNaming, Nothing]) -> Answer:
    """Agree to be named on boards, or take it back. Said again, nothing changes."""

    def name(uow: UnitOfWork) -> Answer:
        boards.be_named(uow, call.caller.number, named=call.body.named)
        return _board(uow, call.caller.number, Metric.FRIENDS, None)

    return call.transact(name)


def _board(uow: UnitOfWork, member: int, metric: Metric, month: date | None) -> Answer:
    return Answer(BoardWire.of(boards.board(uow, member, metric, month, settings().time_zone)))
