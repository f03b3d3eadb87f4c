"""Missions and the calendar as members meet them over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.loyalty.schemas.campaigns import CalendarEntryWire, CalendarPage
from socialshop.loyalty.schemas.missions import OwnMissionPage, OwnMissionWire
from socialshop.loyalty.service import campaigns, missions
from socialshop.web.auth import SIGNED_IN
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
