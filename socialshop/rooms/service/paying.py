"""Seats whose money is held: paid, and a room that its last one fills."""

from __future__ import annotations

from collections.abc import Sequence

from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.orders import service as orders
from socialshop.rooms.rules import Status
from socialshop.rooms.service.filling import filled
from socialshop.rooms.service.watching import tell_watchers
from socialshop.rooms.store import changing as store
from socialshop.rooms.store.changing import Money, PaidSeat


def seat_paid(uow: UnitOfWork, held: Sequence[Money]) -> list[PaidSeat]:
    """Held money pays the seats of its orders, in locked rooms; the last paid seat fills a room.

    Returns every seat that money was told of, as it stands now: who lost it in the meantime is among them, and who has
    not paid it, as the money would not be held for as long as the others need.
    """
    seats = store.pay_seats(uow.session, held, uow.now)
    crash_point("pay.seated")
    tell_watchers(uow, {seat.room_id for seat in seats if seat.newly})
    orders.mark_paid(uow, [seat.order_id for seat in seats if seat.newly])
    last = [seat for seat in seats if seat.newly and seat.room == Status.FILLED]
    filled(uow, {seat.room_id: seat.gives_back for seat in last})
    return seats
