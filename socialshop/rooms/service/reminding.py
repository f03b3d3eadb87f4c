"""A reminder to a room's members: whoever still has to pay, and on wish who has paid, to invite one more."""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.time import to_text
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.rooms import rules
from socialshop.rooms.errors import RoomClosed
from socialshop.rooms.rules import Seat, Status
from socialshop.rooms.store import reading as store

# Who has paid is asked to invite one more; who has not, to pay.
_SAID = {Seat.PAID: "paid"}


def remind(uow: UnitOfWork, number: int, room_id: uuid.UUID, *, also_paid: bool, zone: str) -> int:
    """Remind the members of an open room, the sender aside; returns how many were told.

    Nobody hears of one room twice on a day of the shop's `zone`, whoever sends it: two who send at once tell each
    member once. Raises NotFound (also for who is neither its host nor its deal's leader), RoomClosed. Three statements.
    """
    room = store.find_remindable(uow.session, room_id)
    if room is None or number not in (room.host, room.leader):
        raise NotFound("no such room of yours")
    if room.status != Status.OPEN or room.expires_at <= uow.now:
        raise RoomClosed("the room takes nobody any more")
    subject = rules.reminder_subject(room_id, uow.now.astimezone(ZoneInfo(zone)).date())
    left = room.size - room.seats_taken
    facts = {"title": room.title, "until": to_text(room.expires_at), "left": left}
    reached = [
        seat
        for seat in store.live_seats(uow.session, room_id)
        if seat.member != number
        and rules.is_reminded(seat.status, seat.hold_until, now=uow.now, also_paid=also_paid and left > 0)
    ]
    return notifications.tell(
        uow,
        [
            Told(seat.member, "room_reminder", subject, None, room_id, {**facts, "say": _SAID.get(seat.status)})
            for seat in reached
        ],
    )
