"""Money that comes for a lost seat: by its deal's terms it sits down in another room, opens one, or goes back.

The job that applies what a provider told decides; the webhook itself never fails for it. Whoever cannot be seated gets
the money back, with the reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from socialshop.deals import service as deals
from socialshop.deals.errors import OutOfStock
from socialshop.deals.rules import CAPTURE_MARGIN
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import DomainError
from socialshop.kernel.ids import new_id
from socialshop.orders import service as orders
from socialshop.orders.service import LateRow
from socialshop.payments import service as payments
from socialshop.payments.rules import Status as PaymentStatus
from socialshop.rooms.errors import NewcomersOnly, NoOpenRoom
from socialshop.rooms.events import LatePaymentDecided, SeatClaimed
from socialshop.rooms.rules import Late
from socialshop.rooms.service.joining import check_member, terms_of
from socialshop.rooms.service.paying import seat_paid
from socialshop.rooms.store import reseating as store
from socialshop.rooms.store.changing import Money, PaidSeat
from socialshop.rooms.store.reseating import LostSeat, Reseated

# Reasons of the shop's own for giving late money back; the others are codes of what was refused.
BY_TERMS, MEANS_RETURNED, HOLD_TOO_SHORT = "by_terms", "means_returned", "hold_too_short"


class _Late(NamedTuple):
    """A lost seat whose money is held until `capture_before`."""

    order_id: uuid.UUID
    payment_id: uuid.UUID
    seat: LostSeat
    capture_before: datetime | None


class _NotSeated(Exception):
    """The seat cannot be taken again, for a reason of this module."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def on_payment_late(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow PaymentLate, one at a time: seat who paid too late anew, or give the money back. Decided once."""
    for told in payloads:
        _decide(uow, uuid.UUID(told["order_id"]), uuid.UUID(told["payment_id"]))


def give_back_by_terms(uow: UnitOfWork, late: Sequence[PaidSeat], short: Collection[uuid.UUID] = ()) -> None:
    """Give late money back whose deals say so; of the orders in `short` it could not wait for the room. Set-based."""
    payments.request_release(uow, [seat.payment_id for seat in late], "the payment came after the seat was lost")
    reasons = dict.fromkeys(short, HOLD_TOO_SHORT)
    _record(
        uow,
        [
            LateRow(seat.order_id, seat.room_id, None, Late.REFUNDED, reasons.get(seat.order_id, BY_TERMS))
            for seat in late
        ],
    )


def _decide(uow: UnitOfWork, order_id: uuid.UUID, payment_id: uuid.UUID) -> None:
    # Told of twice at once, the second finds what the first has made.
    advisory_lock(uow, f"late payment {order_id}")
    seat = store.find_lost(uow.session, order_id)
    payment = payments.payment_of_order(uow, order_id)
    if seat is None or payment.status is not PaymentStatus.AUTHORIZED:
        return
    late = _Late(order_id, payment_id, seat, payment.capture_before)
    try:
        with uow.session.begin_nested():
            room_id = _seat(uow, late)
    except DomainError as refusal:
        _give_back(uow, late, refusal.code)
    except _NotSeated as refusal:
        _give_back(uow, late, refusal.reason)
    else:
        crash_point("late.seated")
        decision = Late.REROUTED if seat.late_payer == "reroute" else Late.NEW_ROOM
        uow.emit(SeatClaimed(room_id=room_id, order_id=order_id))
        seat_paid(uow, [Money(order_id, payment_id, None)])
        _record(uow, [LateRow(order_id, seat.room_id, room_id, decision, None)])


def _seat(uow: UnitOfWork, late: _Late) -> uuid.UUID:
    """Take the seat again, with stock and limits; returns its room. Raises what stands against it."""
    if late.seat.late_payer == "refund":
        raise _NotSeated(BY_TERMS)
    if late.capture_before is None:
        raise _NotSeated(HOLD_TOO_SHORT)
    latest = late.capture_before - CAPTURE_MARGIN
    opens = late.seat.late_payer == "new_room"
    room_id, reseated = _open(uow, late, latest) if opens else _reroute(uow, late, latest)
    if reseated.barred:
        identity.require_standing(uow, late.seat.member, Deed.OPEN if opens else Deed.JOIN)
    if not reseated.placed and reseated.newcomer_only:
        raise NewcomersOnly("the member has a seat in another room for newcomers")
    if not reseated.placed:
        raise NoOpenRoom("the room was full a moment ago")
    if not reseated.revived:
        raise _NotSeated(MEANS_RETURNED)
    if not reseated.reserved:
        deals.check_not_stopped(uow, late.seat.deal_id, opens=opens)
        raise OutOfStock("not so many units are left")
    check_member(uow, reseated, late.seat.member, late.order_id)
    if not payments.move_hold(uow, late.payment_id, room_id):
        raise _NotSeated(HOLD_TOO_SHORT)
    return room_id


def _reroute(uow: UnitOfWork, late: _Late, latest: datetime) -> tuple[uuid.UUID, Reseated]:
    """In the open room of the deal that is nearest to filling and ends in time for the money to be taken."""
    seat = late.seat
    room_id = store.lock_nearest(uow.session, seat.deal_id, seat.member, uow.now, latest=latest)
    if room_id is None:
        raise NoOpenRoom("no other room of the deal can be joined")
    return room_id, store.reroute(uow.session, _values(uow, late, room_id, opens=False))


def _open(uow: UnitOfWork, late: _Late, latest: datetime) -> tuple[uuid.UUID, Reseated]:
    """As the host of a new room, whose clock is cut where the money would not be held long enough for it.

    Not shorter than others need to pay for a seat: nobody could join such a room.
    """
    offer = deals.offer(uow, late.seat.deal_id)
    expires_at = min(uow.now + offer.room_ttl, latest)
    if expires_at - uow.now < max(min(offer.seat_hold, offer.room_ttl), timedelta(seconds=1)):
        raise _NotSeated(HOLD_TOO_SHORT)
    room_id = new_id()
    values = {**_values(uow, late, room_id, opens=True), **terms_of(offer, expires_at)}
    return room_id, store.open_for(uow.session, values)


def _values(uow: UnitOfWork, late: _Late, room_id: uuid.UUID, *, opens: bool) -> dict[str, object]:
    return {
        "room_id": room_id,
        "order_id": late.order_id,
        "member": late.seat.member,
        "quantity": late.seat.quantity,
        "opens": opens,
        "now": uow.now,
    }


def _give_back(uow: UnitOfWork, late: _Late, reason: str) -> None:
    payments.request_release(uow, [late.payment_id], "the payment came after the seat was lost")
    _record(uow, [LateRow(late.order_id, late.seat.room_id, None, Late.REFUNDED, reason)])


def _record(uow: UnitOfWork, rows: Sequence[LateRow]) -> None:
    uow.emit_all([LatePaymentDecided(order_id=order_id) for order_id in orders.record_late(uow, rows)])
