"""Circles, what their leaders tell them, and a leader's first steps, over HTTP."""

from __future__ import annotations

from socialshop.community import service
from socialshop.community.errors import CircleNoticeLimit
from socialshop.community.schemas.leading import (
    CircleMember,
    CircleNoticeDraft,
    CircleNoticeWire,
    CirclePage,
    CircleWire,
    StepsWire,
)
from socialshop.identity.service import StandingLimited
from socialshop.infra.uow import UnitOfWork
from socialshop.referrals import service as referrals
from socialshop.referrals.service import LeaderRow
from socialshop.web.auth import BUYERS, LEADERS, SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("circles", __name__, tag="Circles")

_LEADER = {"leader_id": "mbr"}
_NOTICES_SHOWN = 20


@room.operation(
    "GET", "/circles/<leader_id>", access=SIGNED_IN, replies=Reply(200, CircleWire, "The circle."), ids=_LEADER
)
def show_circle(call: Call[Nothing, Nothing]) -> Answer:
    """A leader's circle, and what its leader told it, if you belong to it."""

    def read(uow: UnitOfWork) -> Answer:
        return _circle(uow, referrals.leader_of_circle(uow, call.ids["leader_id"]), call.caller.number)

    return call.transact(read)


@room.operation(
    "POST", "/circles/<leader_id>/join", access=BUYERS, replies=Reply(200, CircleWire, "You belong to it."), ids=_LEADER
)
def join_circle(call: Call[Nothing, Nothing]) -> Answer:
    """Belong to a leader's circle: its deals are for you, and you hear what its leader tells. Said again, nothing
    changes.
    """

    def join(uow: UnitOfWork) -> Answer:
        return _circle(uow, referrals.join_circle(uow, call.ids["leader_id"], call.caller.number), call.caller.number)

    return call.transact(join)


@room.operation(
    "POST",
    "/circles/<leader_id>/leave",
    access=BUYERS,
    replies=Reply(200, CircleWire, "You belong to it no longer."),
    ids=_LEADER,
)
def leave_circle(call: Call[Nothing, Nothing]) -> Answer:
    """Leave a leader's circle, also that of who invited you. Said again, nothing changes."""

    def leave(uow: UnitOfWork) -> Answer:
        return _circle(uow, referrals.leave_circle(uow, call.ids["leader_id"], call.caller.number), call.caller.number)

    return call.transact(leave)


@room.operation("GET", "/me/circle", access=LEADERS, query=PageQuery, replies=Reply(200, CirclePage, "Your circle."))
def list_circle(call: Call[Nothing, PageQuery]) -> Answer:
    """Who belongs to your circle, by name where they agreed to be named."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = referrals.circle(uow, call.caller.number, after, query.limit + 1)
        shown, cursor = cut_page(found, query.limit, lambda row: row.id)
        return Answer(CirclePage(data=[CircleMember.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/me/circle/notices",
    access=LEADERS,
    body=CircleNoticeDraft,
    replies=Reply(201, CircleNoticeWire, "The circle hears of it."),
    refuses=(CircleNoticeLimit, StandingLimited),
)
def post_circle_notice(call: Call[CircleNoticeDraft, Nothing]) -> Answer:
    """Tell your circle something, at most three times in seven days."""

    def post(uow: UnitOfWork) -> Answer:
        caller = call.caller
        row = service.post_circle_notice(uow, caller.member_id, caller.number, call.body.text)
        return Answer(CircleNoticeWire.of(row), 201)

    return call.transact(post)


@room.operation("GET", "/me/first-steps", access=LEADERS, replies=Reply(200, StepsWire, "Your first steps."))
def list_first_steps(call: Call[Nothing, Nothing]) -> Answer:
    """What a new leader does first, and when you did it."""
    return call.transact(lambda uow: Answer(StepsWire.of(service.first_steps(uow, call.caller.number))))


def _circle(uow: UnitOfWork, leader: LeaderRow, reader: int) -> Answer:
    if not referrals.is_in_circle(uow, leader.number, reader):
        return Answer(CircleWire.of(leader, None))
    return Answer(CircleWire.of(leader, service.circle_notices(uow, leader.number, None, _NOTICES_SHOWN)))
