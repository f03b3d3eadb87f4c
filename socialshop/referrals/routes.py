"""A member's own team over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.referrals import service
from socialshop.referrals.schemas import BranchOfWire, DirectWire, LevelWire, SummaryWire, TeamQuery, TeamWire
from socialshop.web.auth import SIGNED_IN
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import cut_page
from socialshop.web.schemas import Nothing

room = Room("referrals", __name__, tag="Referrals")


@room.operation("GET", "/me/referrals", access=SIGNED_IN, query=TeamQuery, replies=Reply(200, TeamWire, "Your team."))
def show_team(call: Call[Nothing, TeamQuery]) -> Answer:
    """Whom you invited, by name, and how many stand below them.

    Deeper levels are counts alone: who they are is not yours to know.
    """
    query, number = call.query, call.caller.number

    def read(uow: UnitOfWork) -> Answer:
        found = service.directs(uow, number, query.after(), query.limit + 1)
        rows, cursor = cut_page(found, query.limit, lambda row: row.id)
        levels = [LevelWire.of(level) for level in service.levels_below(uow, number, query.depth)]
        return Answer(TeamWire(data=[DirectWire.of(row) for row in rows], next_cursor=cursor, levels=levels))

    return call.transact(read)


@room.operation("GET", "/me/referrals/summary", access=SIGNED_IN, replies=Reply(200, SummaryWire, "Your team."))
def show_team_summary(call: Call[Nothing, Nothing]) -> Answer:
    """Your team in figures."""
    return call.transact(lambda uow: Answer(SummaryWire.of(service.summary(uow, call.caller.number))))


@room.operation(
    "GET",
    "/me/referrals/<member_id>",
    access=SIGNED_IN,
    replies=Reply(200, BranchOfWire, "The branch."),
    refuses=(NotFound,),
    ids={"member_id": "mbr"},
)
def show_branch_of(call: Call[Nothing, Nothing]) -> Answer:
    """One branch of your team: somebody whom you invited, and how many stand below, in round figures."""

    def read(uow: UnitOfWork) -> Answer:
        direct, levels = service.branch_of(uow, call.caller.number, call.ids["member_id"])
        return Answer(BranchOfWire.branch(direct, levels))

    return call.transact(read)
