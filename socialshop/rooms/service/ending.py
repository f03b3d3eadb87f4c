"""Seats given up and rooms that end: by leaving, by time, by a host who is gone. Set-based; in bounded steps."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.deals import service as deals
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.orders import service as orders
from socialshop.payments import service as payments
from socialshop.rooms.errors import RoomClosed
from socialshop.rooms.events import RoomCancelled, RoomExpired
from socialshop.rooms.rules import Status
from socialshop.rooms.service.filling import filled
from socialshop.rooms.service.watching import tell_watchers
from socialshop.rooms.store import changing as store
from socialshop.rooms.store import filling
from socialshop.rooms.store.changing import GivenUp
from socialshop.rooms.store.filling import ShortRow

# A step's work lies in its seats, of which a room may have a thousand; so few that the units' stock is locked briefly.
_SEATS_A_STEP = 1_000
_EVENTS_A_STEP = 5_000


def release_lapsed_holds(uow: UnitOfWork) -> bool:
    """Give up seats whose hold has lapsed; True if there may be more. For the periodic table.

    The payment stays payable: money that comes after is given back (`on_payment_authorized`).
    """
    rooms = store.lock_with_lapsed_holds(uow.session, uow.now, _SEATS_A_STEP)
    if not rooms:
        return False
    given_up = store.give_up_lapsed(uow.session, rooms, uow.now)
    crash_point("lapse.given_up")
    settle_given_up(uow, given_up, "the hold lapsed")
    return len(given_up) >= _SEATS_A_STEP


def expire_due(uow: UnitOfWork) -> bool:
    """End rooms whose time is over; True if there may be more. For the periodic table."""
    rooms = store.lock_overdue(uow.session, uow.now, _SEATS_A_STEP)
    expire(uow, rooms)
    return bool(rooms)


def expire(uow: UnitOfWork, rooms: Collection[uuid.UUID]) -> None:
    """End these locked, overdue rooms: held seats are given up, held money goes back, each payment on its own.

    A room whose members reach a step of its ladder is filled with them instead, or one whose missing seats the shop
    pays for.
    """
    if not rooms:
        return
    filled_short = _fill_with_who_paid(uow, rooms)
    rooms = [room_id for room_id in rooms if room_id not in filled_short]
    _give_back(uow, store.give_up_all(uow.session, rooms, uow.now), "the room expired")
    crash_point("expire.given_up")
    store.close_rooms(uow.session, rooms, Status.EXPIRED, uow.now)
    tell_watchers(uow, rooms)
    uow.emit_all([RoomExpired(room_id=room_id) for room_id in rooms])


def _fill_with_who_paid(uow: UnitOfWork, rooms: Collection[uuid.UUID]) -> Collection[uuid.UUID]:
    """Fill those of these overdue rooms in which enough have paid; a host who has not is gone."""
    paid_by_shop = _subsidised(uow, rooms)
    enough = [*filling.with_a_step_reached(uow.session, rooms), *(room.id for room in paid_by_shop)]
    if enough:
        settle_given_up(uow, store.give_up_unpaid(uow.session, enough, uow.now), "the room's time is over")
        filling.fill_rooms(uow.session, enough, uow.now)
        if paid_by_shop:
            filling.note_subsidy(uow.session, [room.id for room in paid_by_shop])
        filled(uow, dict.fromkeys(enough, True))
        crash_point("expire.filled")
    return enough


def _subsidised(uow: UnitOfWork, rooms: Collection[uuid.UUID]) -> list[ShortRow]:
    """Of these overdue rooms, those whose missing seats the shop pays for, within their deals' budgets. Posted at once.

    The budgets' rows come after the rooms and before seats and stock, for everybody.
    """
    short = {room.id: room for room in filling.short_with_subsidy(uow.session, rooms)}
    paid = deals.spend_subsidies(uow, [(room.deal_id, room.id, room.cost) for room in short.values()])
    ledger.post(uow, [_subsidy(short[room_id]) for room_id in paid])
    return [short[room_id] for room_id in paid]


def _subsidy(room: ShortRow) -> ledger.Entry:
    return ledger.Entry(
        reference=f"subsidy:{to_public('room', room.id)}",
        kind="subsidy",
        postings=(
            ledger.Posting(chart.SUBSIDY, -room.cost, room.currency, room.id),
            ledger.Posting(chart.SALES, room.cost, room.currency, room.id),
        ),
    )


def cancel(uow: UnitOfWork, actor: uuid.UUID, room_id: uuid.UUID, reason: str) -> None:
    """End an open room for the shop: held seats are given up, held money goes back, each on its own. Audited.

    Said again, nothing changes. Raises NotFound, RoomClosed (a filled room's orders are refunded one by one).
    """
    status = store.lock_room(uow.session, room_id)
    if status is None:
        raise NotFound("no such room")
    if status == Status.CANCELLED:
        return
    if status != Status.OPEN:
        raise RoomClosed(f"the room is {status}; only an open one is cancelled")
    _give_back(uow, store.give_up_all(uow.session, [room_id], uow.now), "the shop cancelled the room")
    store.close_rooms(uow.session, [room_id], Status.CANCELLED, uow.now, reason)
    tell_watchers(uow, [room_id])
    audit.record(uow, actor=actor, action="room.cancelled", target=to_public("room", room_id), facts={"reason": reason})
    uow.emit(RoomCancelled(room_id=room_id))


def settle_given_up(uow: UnitOfWork, given_up: Sequence[GivenUp], reason: str) -> None:
    """What follows seats that were given up in locked rooms: stock, orders, money, and who is host.

    The member who paid first takes over from a host who is gone; where nobody has paid, the room is cancelled.
    """
    _give_back(uow, given_up, reason)
    rooms = {seat.room_id for seat in given_up}
    tell_watchers(uow, rooms)
    ownerless = store.hand_on(uow.session, rooms, uow.now) if rooms else []
    if not ownerless:
        return
    _give_back(uow, store.give_up_all(uow.session, ownerless, uow.now), "the room was cancelled")
    store.close_rooms(uow.session, ownerless, Status.CANCELLED, uow.now)
    uow.emit_all([RoomCancelled(room_id=room_id) for room_id in ownerless])


def _give_back(uow: UnitOfWork, given_up: Sequence[GivenUp], reason: str) -> None:
    """Units to the stock; unpaid orders are cancelled; a paid one is refunded once its money has gone back."""
    deals.give_back(uow, [deals.Reserved(seat.deal_id, seat.sku_id, seat.quantity) for seat in given_up])
    orders.cancel(uow, [seat.order_id for seat in given_up if not seat.was_paid])
    held = [seat.payment_id for seat in given_up if seat.was_paid and seat.payment_id is not None]
    if held:
        payments.request_release(uow, held, reason)


def forget_events(uow: UnitOfWork, before: datetime) -> bool:
    """Forget what happened in rooms that closed before then; True if there may be more. Their seats stay."""
    return store.forget_events(uow.session, before, _EVENTS_A_STEP) == _EVENTS_A_STEP
