"""What a room needs of its deal: the terms to open on, and the units that come back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from socialshop.deals import store
from socialshop.deals.errors import DealNotLive, DealPaused
from socialshop.deals.rules import Status
from socialshop.deals.service.reading import known, status_of
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money


@dataclass(frozen=True, slots=True)
class DealOffer:
    """The terms that a room is opened on: it keeps them, whatever becomes of the deal."""

    deal_id: uuid.UUID
    sku_id: uuid.UUID
    title: str
    price: Money
    size: int
    room_ttl: timedelta
    seat_hold: timedelta
    per_member_limit: int | None
    return_days: int


def offer(uow: UnitOfWork, deal_id: uuid.UUID) -> DealOffer:
    """The terms on which a room can be opened now. Raises NotFound, DealNotLive, DealPaused."""
    row = known(uow, deal_id)
    status = status_of(row, uow.now)
    if status is Status.DRAFT:
        raise NotFound("no such deal")
    if status is Status.PAUSED:
        raise _paused()
    if status is not Status.LIVE:
        raise DealNotLive("the deal has not begun yet" if status is Status.SCHEDULED else "the deal is over")
    return DealOffer(
        deal_id=row.id,
        sku_id=row.sku_id,
        title=row.title,
        price=Money(row.price_minor, row.currency),
        size=row.group_size,
        room_ttl=timedelta(seconds=row.room_ttl_seconds),
        seat_hold=timedelta(seconds=row.seat_hold_seconds),
        per_member_limit=row.per_member_limit,
        return_days=row.return_days,
    )


def check_not_paused(uow: UnitOfWork, deal_id: uuid.UUID) -> None:
    """For a claim that found nothing to reserve: raises DealPaused if that is why."""
    if status_of(known(uow, deal_id), uow.now) is Status.PAUSED:
        raise _paused()


def give_back(uow: UnitOfWork, units: Sequence[tuple[uuid.UUID, int]]) -> None:
    """Return reserved units: pairs of a deal and a quantity. One statement, whatever the number."""
    if units:
        store.give_back(uow.session, [deal_id for deal_id, _ in units], [quantity for _, quantity in units])


def _paused() -> DealPaused:
    return DealPaused("the deal is paused: try again once it goes on")
