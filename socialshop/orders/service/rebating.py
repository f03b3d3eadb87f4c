"""What the fill of a room gives back of its orders: decided with the fill, and never taken or released."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence

from socialshop.infra.uow import UnitOfWork
from socialshop.orders.rebates import Off, rebates_of
from socialshop.orders.store import rebates as store


def grant_rebates(uow: UnitOfWork, offs: Mapping[uuid.UUID, Sequence[Off]]) -> None:
    """Decide what goes back of these paid orders, whose rooms are filled in this unit of work. Two statements.

    What is asked back from now on is measured by what is left; granted again, nothing changes.
    """
    if offs:
        priced = store.priced(uow.session, offs)
        store.add(uow.session, {order_id: list(rebates_of(priced[order_id], offs[order_id])) for order_id in priced})


def rebated_minor(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, tuple[int, int]]:
    """Of those of these orders of which something goes back: how much of the total, and the total. One statement."""
    return store.rebated(uow.session, order_ids)
