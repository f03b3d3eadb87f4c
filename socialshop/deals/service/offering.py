"""What a room needs of its deal: the terms to open on, and the units that come back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from socialshop.deals import ladder, perks, rules, store
from socialshop.deals.errors import DealNotBegun, DealNotLive, DealPaused
from socialshop.deals.invitation_store import is_invited
from socialshop.deals.ladder import Ladder
from socialshop.deals.perks import HostPerk
from socialshop.deals.rules import Status
from socialshop.deals.service.reading import DealUnit, known, shipping_of, status_of, units_of
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.money import Money


@dataclass(frozen=True, slots=True)
class DealOffer:
    """The terms that a room is opened on: it keeps them, whatever becomes of the deal.

    `shipping` is what sending an order costs, None the shop's own fee. `early_until` is when the deal begins for
    everybody, where it has not yet; `circle_of` the leader for whose circle alone it is.
    """

    deal_id: uuid.UUID
    sku_id: uuid.UUID
    title: str
    price: Money
    size: int
    room_ttl: timedelta
    seat_hold: timedelta
    per_member_limit: int | None
    return_days: int
    minimum_tier: str | None
    circle_of: int | None
    early_until: datetime | None
    price_steps: Ladder
    host_perk: HostPerk | None
    newcomer_only: bool
    units: tuple[DealUnit, ...] = ()
    shipping: Money | None = None

    def chosen(self, sku_id: uuid.UUID | None) -> tuple[uuid.UUID, Money]:
        """The unit that was named, else the deal's own, and its price. Raises InvalidValue for one not offered."""
        if sku_id in (None, self.sku_id):
            return self.sku_id, self.price
        found = next((unit for unit in self.units if unit.id == sku_id), None)
        if found is None:
            raise InvalidValue("the deal does not offer this unit", field="sku_id")
        return found.id, found.price


def offer(
    uow: UnitOfWork, deal_id: uuid.UUID, *, head_start: timedelta = timedelta(0), viewer: int | None = None
) -> DealOffer:
    """The terms on which a room can be opened now, or by who comes `head_start` before the others.

    Where they are only looked at, `viewer` says by whom: a deal for some alone is not there for others. Raises
    NotFound, DealNotBegun, DealNotLive, DealPaused.
    """
    row = known(uow, deal_id)
    if row.invited_only and viewer is not None and not is_invited(uow.session, deal_id, viewer):
        raise NotFound("no such deal")
    early = uow.now < row.starts_at
    status = status_of(row, uow.now + head_start if early else uow.now)
    if status is Status.DRAFT or row.group_size == rules.ALONE:
        raise NotFound("no such deal")
    if status is Status.PAUSED:
        raise _paused()
    if status is Status.SCHEDULED:
        raise DealNotBegun("the deal has not begun yet")
    if status is Status.ENDED:
        raise _over()
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
        minimum_tier=row.minimum_tier,
        circle_of=row.opened_by if row.circle_only else None,
        early_until=row.starts_at if early else None,
        price_steps=ladder.read(row.price_steps),
        host_perk=perks.read(row.host_perk),
        newcomer_only=row.newcomer_only,
        units=units_of(row),
        shipping=shipping_of(row),
    )


def check_not_stopped(uow: UnitOfWork, deal_id: uuid.UUID, *, opens: bool) -> None:
    """For a claim that found nothing to reserve: raises DealPaused if that is why.

    And DealNotLive for who `opens` a room on a deal that was ended since its offer was read.
    """
    row = known(uow, deal_id)
    if opens and row.ended:
        raise _over()
    if status_of(row, uow.now) is Status.PAUSED:
        raise _paused()


def spend_subsidies(uow: UnitOfWork, asked: Sequence[tuple[uuid.UUID, uuid.UUID, int]]) -> list[uuid.UUID]:
    """Spend deals' budgets on rooms, triples of deal, room and cost; returns those that are paid. One statement.

    Who comes first is paid first; what a budget does not cover whole is not paid.
    """
    if not asked:
        return []
    deal_ids, room_ids, costs = zip(*asked, strict=True)
    return store.spend_subsidies(uow.session, deal_ids, room_ids, costs)


class Reserved(NamedTuple):
    """So many of a unit that were reserved by a deal."""

    deal_id: uuid.UUID
    sku_id: uuid.UUID
    quantity: int


def give_back(uow: UnitOfWork, units: Sequence[Reserved]) -> None:
    """Return reserved units. One statement, whatever the number."""
    if units:
        store.give_back(uow.session, *(list(column) for column in zip(*units, strict=True)))


def _over() -> DealNotLive:
    return DealNotLive("the deal is over")


def _paused() -> DealPaused:
    return DealPaused("the deal is paused: try again once it goes on")
