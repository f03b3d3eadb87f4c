"""Missions as the shop plans them over HTTP."""

from __future__ import annotations

import uuid

from socialshop.infra.uow import UnitOfWork
from socialshop.loyalty.schemas.missions import MISSION_PREFIX, MissionDraft, MissionPage, MissionTerms, MissionWire
from socialshop.loyalty.service import missions
from socialshop.loyalty.service.missions import MissionRow
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("campaigns_admin", __name__, tag="Missions and campaigns, for the shop")

_MISSION = {"mission_id": MISSION_PREFIX}


@room.operation(
    "GET", "/admin/missions", access=READS_ALL, query=PageQuery, replies=Reply(200, MissionPage, "Missions.")
)
def list_all_missions(call: Call[Nothing, PageQuery]) -> Answer:
    """Every mission, the newest first, with how many began and finished it."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(missions.missions(uow, before, query.limit + 1), query.limit, lambda row: row.id)
        reach = missions.reach(uow, list(shown))
        return Answer(MissionPage(data=[MissionWire.of(row, reach[row.id]) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/missions",
    access=ADMINS,
    body=MissionDraft,
    replies=Reply(201, MissionWire, "Published; it counts from `opens_at` on."),
)
def add_mission(call: Call[MissionDraft, Nothing]) -> Answer:
    """Publish a mission."""
    new = call.body.new()
    return call.transact(lambda uow: _mission(uow, missions.add(uow, call.caller.member_id, new), 201))


@room.operation(
    "POST",
    "/admin/missions/<mission_id>",
    access=ADMINS,
    body=MissionTerms,
    replies=Reply(200, MissionWire, "The mission by its new version."),
    ids=_MISSION,
)
def change_mission(call: Call[MissionTerms, Nothing]) -> Answer:
    """Publish another version. What members have begun ends by the version that they began by."""
    actor, mission_id, terms = call.caller.member_id, call.ids["mission_id"], call.body.terms()
    return call.transact(lambda uow: _mission(uow, missions.change(uow, actor, mission_id, terms)))


@room.operation(
    "POST",
    "/admin/missions/<mission_id>/withdraw",
    access=ADMINS,
    replies=Reply(200, MissionWire, "It counts nothing any more; what it gave stays."),
    ids=_MISSION,
)
def withdraw_mission(call: Call[Nothing, Nothing]) -> Answer:
    """End a mission before its time. Said again, nothing changes."""
    mission_id: uuid.UUID = call.ids["mission_id"]
    return call.transact(lambda uow: _mission(uow, missions.withdraw(uow, call.caller.member_id, mission_id)))


def _mission(uow: UnitOfWork, row: MissionRow, status: int = 200) -> Answer:
    return Answer(MissionWire.of(row, missions.reach(uow, [row])[row.id]), status)
