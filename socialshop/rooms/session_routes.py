"""What flash sessions brought, over HTTP."""

from __future__ import annotations

from socialshop.deals.service import SESSION_PREFIX
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service
from socialshop.rooms.session_schemas import ResultsWire
from socialshop.web.auth import LEADERS
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("flash_session_results", __name__, tag="Flash sessions")


@room.operation(
    "GET",
    "/flash-sessions/<session_id>/results",
    access=LEADERS,
    replies=Reply(200, ResultsWire, "What the session brought so far."),
    ids={"session_id": SESSION_PREFIX},
)
def show_session_results(call: Call[Nothing, Nothing]) -> Answer:
    """What a session brought: views by link, and by deal seats, filled rooms and sales.

    A leader sees their own sessions, an admin anybody's. Seats count when they were taken, kept or not; sales, less
    what went back, once their room filled. Of a deal with a clock of its own it counts what was taken while the
    session was live.
    """
    whose = None if call.caller.role is Role.ADMIN else call.caller.number
    currency = wired.settings().currency

    def read(uow: UnitOfWork) -> Answer:
        found = service.session_results(uow, whose, call.ids["session_id"], currency)
        return Answer(ResultsWire.of(found, to_public("mbr", call.caller.member_id)))

    return call.transact(read)
