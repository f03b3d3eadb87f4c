"""The sponsor tree for those who answer for it."""

from __future__ import annotations

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.referrals import service
from socialshop.referrals.schemas import BranchQuery, BranchWire, InstantQuery, NodeWire, PlaceWire
from socialshop.web.auth import READS_ALL
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("referrals_admin", __name__, tag="Referrals")


@room.operation(
    "GET",
    "/admin/referrals/<member_id>",
    access=READS_ALL,
    query=BranchQuery,
    replies=Reply(200, BranchWire, "The branch, the member itself first."),
    refuses=(NotFound,),
    ids={"member_id": "mbr"},
    sees="member_id",
)
def show_branch(call: Call[Nothing, BranchQuery]) -> Answer:
    """A member's branch of the tree with volumes, in the shop's currency.

    Ids alone, no names. That you looked is kept in the audit record.
    """
    settings = wired.settings()

    def read(uow: UnitOfWork) -> Answer:
        found = service.volumes(
            uow, call.caller.member_id, call.ids["member_id"], levels=call.query.depth, currency=settings.currency
        )
        nodes = [NodeWire.of(node) for node in found]
        return Answer(BranchWire(nodes=nodes, truncated=len(nodes) == service.VOLUMES_SHOWN))

    return call.transact(read)


@room.operation(
    "GET",
    "/admin/referrals/<member_id>/sponsor",
    access=READS_ALL,
    query=InstantQuery,
    replies=Reply(200, PlaceWire, "Where the member stood."),
    refuses=(NotFound,),
    ids={"member_id": "mbr"},
    sees="member_id",
)
def show_sponsor(call: Call[Nothing, InstantQuery]) -> Answer:
    """Who was a member's sponsor at an instant, who stood above, and every correction of it.

    Without `at`: now. An order keeps the uplines that its buyer had, whatever was corrected since.
    """

    def read(uow: UnitOfWork) -> Answer:
        who = service.when_placed(uow, call.ids["member_id"])
        return Answer(PlaceWire.of(service.place_at(uow, who, call.query.at or uow.now)))

    return call.transact(read)
