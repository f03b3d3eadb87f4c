"""What the shop does to rooms over HTTP."""

from __future__ import annotations

from socialshop.infra.uow import UnitOfWork
from socialshop.rooms import service
from socialshop.rooms.errors import RoomClosed
from socialshop.rooms.schemas import Cancellation, RoomWire
from socialshop.web.auth import ADMINS
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.schemas import Nothing

room = Room("rooms_admin", __name__, tag="Rooms")


@room.operation(
    "POST",
    "/admin/rooms/<room_id>/cancel",
    access=ADMINS,
    body=Cancellation,
    replies=Reply(200, RoomWire, "The room, cancelled: all its money goes back."),
    refuses=(RoomClosed,),
    ids={"room_id": "room"},
)
def cancel_room(call: Call[Cancellation, Nothing]) -> Answer:
    """Cancel an open room for a reason that its members read: every seat is given up, held money goes back.

    Said again, nothing changes. The orders of a filled room are refunded one by one instead.
    """

    def cancel(uow: UnitOfWork) -> Answer:
        room_id = call.ids["room_id"]
        service.cancel(uow, call.caller.member_id, room_id, call.body.reason)
        return Answer(RoomWire.of(service.view(uow, room_id)))

    return call.transact(cancel)
