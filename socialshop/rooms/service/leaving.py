"""Leaving a room: before paying, and after it while the room still waits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.orders import service as orders
from socialshop.orders.errors import OrderNotConfirmed
from socialshop.orders.service import RefundView
from socialshop.rooms.errors import RoomClosed, SeatPaid
from socialshop.rooms.rules import Seat, Status
from socialshop.rooms.service.ending import settle_given_up
from socialshop.rooms.service.joining import Buyer
from socialshop.rooms.store import changing as store


def leave(uow: UnitOfWork, buyer: Buyer, room_id: uuid.UUID) -> None:
    """Give up the own seat before it is paid. Raises NotFound (no seat there), RoomClosed, SeatPaid."""
    status = store.lock_room(uow.session, room_id)
    found = store.seat_of(uow.session, room_id, buyer.number) if status is not None else None
    if status in (Status.EXPIRED, Status.CANCELLED):
        raise RoomClosed("the room is over")
    if found is None:
        raise NotFound("you have no seat in this room")
    seat_id, seat = found
    if seat != Seat.HELD:
        raise SeatPaid("the seat is paid; ask for the money back instead")
    settle_given_up(uow, store.give_up_seat(uow.session, seat_id, uow.now), "the seat was left")


def ask_back(
    uow: UnitOfWork,
    buyer: Buyer,
    order_id: uuid.UUID,
    reason: str,
    *,
    amount_minor: int | None = None,
    units: Mapping[int, int | None] | None = None,
) -> RefundView:
    """Ask for money back. Of a room that still waits the buyer is let out, once all of the order is asked back.

    Then the seat is free at once and the hold is released; nobody decides, for nothing was taken and nothing sent. The
    room's row is locked first: of this and the last payment, whichever comes second finds what the first has made.
    A part of what the fill has yet to decide is no sum: raises OrderNotConfirmed, and as `orders.request_refund` does.
    """
    status, gives_back = store.lock_room_of_paid(uow.session, order_id, buyer.number) or (None, False)
    crash_point("ask_back.locked")
    asked = orders.request_refund(uow, buyer.number, order_id, reason, amount_minor=amount_minor, units=units)
    if status != Status.OPEN:
        return asked
    if not orders.is_asked_back_whole(uow, order_id):
        if gives_back:
            raise OrderNotConfirmed("the fill decides what this order costs: ask for all of it now, or a part then")
        return asked
    given_up = store.give_up_orders(uow.session, [order_id], uow.now)
    if not given_up:
        return asked
    settle_given_up(uow, given_up, "the buyer asked for the money back")
    return next(view for view in orders.concede(uow, order_id) if view.id == asked.id)
