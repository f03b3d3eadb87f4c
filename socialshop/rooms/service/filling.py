"""The fill: by the last seat, or, of a room with a ladder, by its clock. What each seat costs in the end is decided."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from socialshop.deals import ladder, perks
from socialshop.infra.uow import UnitOfWork
from socialshop.orders import service as orders
from socialshop.rooms import fills
from socialshop.rooms.events import RoomFilled
from socialshop.rooms.service.watching import tell_watchers
from socialshop.rooms.store import filling as store
from socialshop.rooms.store.filling import TermsRow


def filled(uow: UnitOfWork, rooms: Mapping[uuid.UUID, bool]) -> None:
    """What follows rooms that were filled in this unit of work, and are locked: amounts are decided, others are told.

    Each room with whether its terms may give anything back. Under the room's lock, so that whoever asks money back
    finds the decision or comes before the fill.
    """
    give_back = [room_id for room_id, gives in rooms.items() if gives]
    seats = store.seats_with_terms(uow.session, give_back) if give_back else []
    orders.grant_rebates(uow, {seat.order_id: list(fills.offs_of(_sold(seat))) for seat in seats})
    tell_watchers(uow, rooms)
    uow.emit_all([RoomFilled(room_id=room_id) for room_id in sorted(rooms)])


def _sold(seat: TermsRow) -> fills.Sold:
    perk = perks.read(seat.host_perk) if seat.is_host else None
    return fills.Sold(seat.quantity, seat.price_minor, ladder.read(seat.price_steps), seat.seats_at_fill, perk)
