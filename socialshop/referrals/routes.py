"""A member's own team over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.referrals import service
from socialshop.referrals.schemas import DEEPEST, DirectWire, TeamPage, TeamQuery, TeamSummary, levels
from socialshop.web.auth import SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("referrals", __name__, tag="Referrals")


@room.operation("GET", "/me/referrals", access=SIGNED_IN, query=TeamQuery, replies=Reply(200, TeamPage, "Your team."))
def list_referrals(call: Call[Nothing, TeamQuery]) -> Answer:
    """Whom you brought in, and how many they brought in; levels of fewer than five are not told."""
    query, after = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        found = service.direct(uow, call.caller.number, after, query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        team = service.team(uow, call.caller.number, query.depth)
        data = [DirectWire.of(row) for row in rows]
        return Answer(TeamPage(data=data, next_cursor=cursor, deeper=levels(team.deeper)))

    return call.transact(read)


@room.operation("GET", "/me/referrals/summary", access=SIGNED_IN, replies=Reply(200, TeamSummary, "Your team."))
def sum_up_referrals(call: Call[Nothing, Nothing]) -> Answer:
    """Your team in figures."""
    return call.transact(lambda uow: Answer(TeamSummary.of(service.team(uow, call.caller.number, DEEPEST))))
