"""Flash sessions over HTTP: for everybody who looks, for who waits for one, and for who runs one."""

from __future__ import annotations

from flask import request

from socialshop.deals import service
from socialshop.deals.errors import (
    BelowFloor,
    DealBegun,
    DealInSession,
    GoodsNotOpen,
    GoodsOffSale,
    SessionBegun,
    SessionNotLive,
)
from socialshop.deals.schemas.sessions import (
    DraftSession,
    Pinning,
    PulseWire,
    ReminderWire,
    SessionEdit,
    SessionFaceWire,
    SessionPage,
    SessionWire,
)
from socialshop.deals.service import SESSION_PREFIX
from socialshop.identity.service import StandingLimited
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.web.auth import BUYERS, LEADERS, PUBLIC
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("flash_sessions", __name__, tag="Flash sessions")

_SESSION = {"session_id": SESSION_PREFIX}


@room.operation(
    "GET", "/flash-sessions", access=PUBLIC, query=PageQuery, replies=Reply(200, SessionPage, "The sessions.")
)
def list_flash_sessions(call: Call[Nothing, PageQuery]) -> Answer:
    """The sessions that are live or announced."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        rows, cursor = cut_page(service.sessions(uow, after, query.limit + 1), query.limit, lambda row: row.id)
        return Answer(SessionPage(data=[SessionFaceWire.of(row) for row in rows], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "GET",
    "/flash-sessions/<session_id>",
    access=PUBLIC,
    replies=Reply(200, SessionWire, "The session."),
    ids=_SESSION,
)
def show_flash_session(call: Call[Nothing, Nothing]) -> Answer:
    """A session with its deals and goods, whether announced, live, over or cancelled."""
    return call.transact(lambda uow: _shown(service.flash_session(uow, call.ids["session_id"])))


@room.operation(
    "GET",
    "/flash-sessions/<session_id>/live",
    access=PUBLIC,
    replies=(
        Reply(200, PulseWire, "What is pinned now, with an ETag."),
        Reply(304, None, "Nothing has changed since the ETag that `If-None-Match` names."),
    ),
    ids=_SESSION,
)
def follow_flash_session(call: Call[Nothing, Nothing]) -> Answer:
    """What changes while people look: whether the session is live, its stream, and what its host pinned.

    Ask again with `If-None-Match`. Changed or not, it costs one read by key.
    """

    def read(uow: UnitOfWork) -> Answer:
        pulse = service.pulse(uow, call.ids["session_id"])
        headers = {"ETag": f'"{pulse.tag}"', "Cache-Control": "no-cache"}
        if request.if_none_match.contains_weak(pulse.tag):
            return Answer(status=304, headers=headers)
        return Answer(PulseWire.of(pulse), headers=headers)

    return call.transact(read)


@room.operation(
    "POST",
    "/flash-sessions",
    access=LEADERS,
    body=DraftSession,
    replies=Reply(201, SessionWire, "The session, announced; live from its start on."),
    refuses=(NotFound, DealBegun, DealInSession, StandingLimited, GoodsNotOpen, GoodsOffSale, BelowFloor),
)
def announce_flash_session(call: Call[DraftSession, Nothing]) -> Answer:
    """Announce a session: a brand's deals and goods for some hours. A leader's has their own deals alone.

    A deal of `while_live` takes the session's start and end for its own, a draft is published by it: nobody opens a
    room on it before or after, and early access comes early as ever.
    """
    new, hosts = call.body.new(), wired.settings().stream_host_names
    return call.transact(lambda uow: _shown(service.announce_session(uow, call.caller, new, hosts), 201))


@room.operation(
    "PATCH",
    "/flash-sessions/<session_id>",
    access=LEADERS,
    body=SessionEdit,
    replies=Reply(200, SessionWire, "The session, changed."),
    refuses=(NotFound, SessionBegun, DealBegun, DealInSession, StandingLimited, GoodsNotOpen, GoodsOffSale, BelowFloor),
    ids=_SESSION,
)
def change_flash_session(call: Call[SessionEdit, Nothing]) -> Answer:
    """Change an announced session; its deals follow its clock. While it is live the stream alone may change.

    A leader changes their own, an admin anybody's. A deal that is taken out keeps the clock that it has.
    """
    changes, hosts = call.body.changes(), wired.settings().stream_host_names
    session_id = call.ids["session_id"]
    return call.transact(lambda uow: _shown(service.change_session(uow, call.caller, session_id, changes, hosts)))


@room.operation(
    "POST",
    "/flash-sessions/<session_id>/cancel",
    access=LEADERS,
    replies=Reply(200, SessionWire, "The session, cancelled."),
    refuses=(SessionNotLive,),
    ids=_SESSION,
)
def cancel_flash_session(call: Call[Nothing, Nothing]) -> Answer:
    """Call a session off, for good, announced or live: deals that hold to it end, open rooms live on.

    A leader cancels their own, an admin anybody's. What was cancelled stays as it is.
    """
    return call.transact(lambda uow: _shown(service.cancel_session(uow, call.caller, call.ids["session_id"])))


@room.operation(
    "POST",
    "/flash-sessions/<session_id>/pin",
    access=LEADERS,
    body=Pinning,
    replies=Reply(200, SessionWire, "The session, with what is pinned."),
    refuses=(NotFound, SessionNotLive),
    ids=_SESSION,
)
def pin_in_flash_session(call: Call[Pinning, Nothing]) -> Answer:
    """Pin a deal or product of a live session while its host speaks of it, in place of what was pinned."""
    wanted = call.body.wanted()
    return call.transact(lambda uow: _shown(service.pin(uow, call.caller, call.ids["session_id"], wanted)))


@room.operation(
    "POST",
    "/flash-sessions/<session_id>/reminders",
    access=BUYERS,
    replies=Reply(200, ReminderWire, "You will be told once, when it begins."),
    refuses=(SessionBegun,),
    ids=_SESSION,
)
def ask_for_reminder(call: Call[Nothing, Nothing]) -> Answer:
    """Be told when an announced session begins: once, within what you chose to hear, its caps and quiet hours."""
    session_id = call.ids["session_id"]

    def ask(uow: UnitOfWork) -> Answer:
        service.ask_to_be_told(uow, call.caller.number, session_id)
        return Answer(ReminderWire(session_id=to_public(SESSION_PREFIX, session_id), asked=True))

    return call.transact(ask)


@room.operation(
    "DELETE",
    "/flash-sessions/<session_id>/reminders/mine",
    access=BUYERS,
    replies=Reply(204, None, "You will not be told."),
    ids=_SESSION,
)
def withdraw_reminder(call: Call[Nothing, Nothing]) -> Answer:
    """Not be told after all."""

    def withdraw(uow: UnitOfWork) -> Answer:
        service.ask_no_more(uow, call.caller.number, call.ids["session_id"])
        return Answer(status=204)

    return call.transact(withdraw)


def _shown(found: service.FlashSession, status: int = 200) -> Answer:
    return Answer(SessionWire.of_whole(found), status)
