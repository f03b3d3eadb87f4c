"""What follows payments: seats paid, rooms filled, money taken, seats confirmed, money that came too late; and deals.

Handlers of the workers' table: each may run again with the same payloads, and finds then that nothing is left to do.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.deals.rules import CAPTURE_MARGIN
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.time import parse_instant
from socialshop.orders import service as orders
from socialshop.payments import service as payments
from socialshop.rooms.events import PaymentLate
from socialshop.rooms.rules import Seat
from socialshop.rooms.service.ending import expire, settle_given_up
from socialshop.rooms.service.late_paying import give_back_by_terms
from socialshop.rooms.service.paying import seat_paid
from socialshop.rooms.service.watching import tell_watchers
from socialshop.rooms.store import bargains, filling
from socialshop.rooms.store import changing as store
from socialshop.rooms.store.changing import Money

Payloads = Sequence[Mapping[str, Any]]


def on_payment_authorized(uow: UnitOfWork, payloads: Payloads) -> None:
    """Held money pays its seat; the last paid seat fills the room. Money for a lost seat goes back, or finds another.

    A hold that has lapsed and was not yet given up is still good. A room past its time is over, swept or not.
    Money that the provider holds for too short a time to wait in its room gives up the seat, and is late money.
    """
    held = [_money(told) for told in payloads]
    rooms = store.lock_rooms_of_orders(uow.session, [each.order_id for each in held])
    if not rooms:
        return
    expire(uow, store.overdue_rooms(uow.session, rooms, uow.now))
    seats = seat_paid(uow, held)
    short = {seat.order_id for seat in seats if seat.seat == Seat.HELD}
    if short:
        settle_given_up(uow, store.give_up_held(uow.session, short, uow.now), "the money is not held for long enough")
        seats += seat_paid(uow, [each for each in held if each.order_id in short])
    late = [seat for seat in seats if seat.seat == Seat.RELEASED]
    refunded = [seat for seat in late if seat.late_payer == "refund"]
    if refunded:
        give_back_by_terms(uow, refunded, short)
    uow.emit_all(
        [
            PaymentLate(order_id=seat.order_id, payment_id=seat.payment_id)
            for seat in late
            if seat.late_payer != "refund"
        ]
    )


def _money(told: Mapping[str, Any]) -> Money:
    """Rooms end some hours before their money must be taken; an event of before this was kept says nothing of it."""
    until = told.get("capture_before")
    latest = parse_instant(until) - CAPTURE_MARGIN if until else None
    return Money(uuid.UUID(told["order_id"]), uuid.UUID(told["payment_id"]), latest)


def on_room_filled(uow: UnitOfWork, payloads: Payloads) -> None:
    """Take the held money of all seats, each on its own, less what the fill gives back.

    A seat of which nothing is left to take is confirmed here, and its hold released.
    """
    held = filling.payments_to_capture(uow.session, _ids(payloads, "room_id"))
    rebated = orders.rebated_minor(uow, held)
    free = [order_id for order_id, (back, total) in rebated.items() if back == total]
    less = {held[order_id]: back for order_id, (back, _) in rebated.items()}
    payments.request_capture(uow, [held[order_id] for order_id in held if order_id not in free], less=less)
    crash_point("fill.capture_requested")
    if free:
        _confirm(uow, free)
        payments.request_release(uow, [held[order_id] for order_id in free], "the seat costs nothing")


def on_payment_captured(uow: UnitOfWork, payloads: Payloads) -> None:
    """The money of a seat was taken: seat and order are confirmed, without waiting for the room's others."""
    _confirm(uow, _ids(payloads, "order_id"))
    crash_point("capture.confirmed")


def on_payment_released(uow: UnitOfWork, payloads: Payloads) -> None:
    """Held money went back: the seat and the order are refunded."""
    orders.refund_whole(uow, store.refund_seats(uow.session, _ids(payloads, "order_id")))


def on_capture_failed(uow: UnitOfWork, payloads: Payloads) -> None:
    """The money of a seat cannot be taken: the seat is given up; the room stays filled for the others."""
    order_ids = _ids(payloads, "order_id")
    if not store.lock_rooms_of_orders(uow.session, order_ids):
        return
    given_up = store.give_up_orders(uow.session, order_ids, uow.now)
    settle_given_up(uow, given_up, "the money could not be taken")
    orders.cancel(uow, [seat.order_id for seat in given_up])
    bargains.reopen_unpaid(uow.session, {seat.room_id for seat in given_up}, uow.now)


def on_deal_moved(uow: UnitOfWork, payloads: Payloads) -> None:
    """Who looks at an open room of a deal that was paused, resumed or ended sees it: the rooms have a new version."""
    tell_watchers(uow, store.touch_open_rooms(uow.session, _ids(payloads, "deal_id"), uow.now))


def _confirm(uow: UnitOfWork, order_ids: Sequence[uuid.UUID]) -> None:
    rooms = store.lock_rooms_of_orders(uow.session, order_ids)
    if rooms:
        orders.confirm(uow, store.confirm_seats(uow.session, order_ids, uow.now))
        tell_watchers(uow, rooms)


def _ids(payloads: Payloads, name: str) -> list[uuid.UUID]:
    return sorted({uuid.UUID(told[name]) for told in payloads})
