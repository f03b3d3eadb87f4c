"""Deals as they are read: by everybody, by who answers for one, and by the rooms of this one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from socialshop.deals import browsing_store, invitation_store, ladder, perks, pictures, rules, store
from socialshop.deals.ladder import Ladder
from socialshop.deals.perks import HostPerk
from socialshop.deals.pictures import ShownPicture
from socialshop.deals.rules import Place, Sought, Status
from socialshop.deals.store import DealRow
from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money
from socialshop.kernel.roles import Role


class Caller(Protocol):
    """Who asks: a leader has a say about their own deals, an admin about anybody's; finance reads all."""

    @property
    def member_id(self) -> uuid.UUID: ...
    @property
    def number(self) -> int: ...
    @property
    def role(self) -> Role: ...


@dataclass(frozen=True, slots=True)
class DealUnit:
    """A unit that a deal offers, at its `price` in it; `price_alone` is what it costs without a group.

    From `low_stock_at` units on it is low.
    """

    id: uuid.UUID
    code: str
    title: str
    price: Money
    price_alone: Money
    stock: int
    low_stock_at: int


@dataclass(frozen=True, slots=True)
class DealView:
    """A deal as everybody sees it; `price_alone` is what one unit costs without a group.

    `price` is what everybody pays at first; a ladder's later steps give the difference back. Of `units` one is chosen
    with a seat; `stock` is of all together, and `quota_left` of what the deal may sell, where that has an end.
    `shipping` is what sending an order costs, before anything acts on it. `off_sale`: it is over as its goods are off
    sale, and goes on once they are back.
    """

    id: uuid.UUID
    status: Status
    sku_id: uuid.UUID
    product_id: uuid.UUID
    title: str
    group_size: int
    price: Money
    starts_at: datetime
    ends_at: datetime | None
    room_ttl_seconds: int
    seat_hold_seconds: int
    per_member_limit: int | None
    quota: int | None
    late_payer: str
    stock: int
    price_alone: Money
    return_days: int
    opened_by: int
    minimum_tier: str | None
    circle_only: bool
    invited_only: bool
    price_steps: Ladder
    host_perk: HostPerk | None
    newcomer_only: bool
    subsidy_from: int | None
    quota_left: int | None
    shipping: Money
    units: tuple[DealUnit, ...]
    cover: ShownPicture | None
    off_sale: bool = False

    @property
    def left(self) -> int:
        """How many units may still be bought by it: of the stock, and of its quota."""
        return self.stock if self.quota_left is None else min(self.stock, self.quota_left)

    @property
    def low_at(self) -> int:
        """From how many units on it is nearly sold out."""
        return sum(unit.low_stock_at for unit in self.units)


@dataclass(frozen=True, slots=True)
class FoundDeal:
    """A deal in a list; `seats_to_go` is what its fullest open room lacks, None where none is open."""

    deal: DealView
    seats_to_go: int | None
    place: Place


def find_deals(
    uow: UnitOfWork,
    sought: Sought,
    after: Place | None,
    limit: int,
    *,
    product_id: uuid.UUID | None = None,
    viewer: int | None = None,
) -> list[FoundDeal]:
    """Up to `limit` deals that are announced or live and are what is sought, after this place. One statement.

    Of deals that are for some alone, those to which the member `viewer` is invited: nobody else sees any.
    Raises InvalidValue for a price band that ends before it begins.
    """
    rules.check_sought(sought)
    rows = browsing_store.deals(uow.session, sought, uow.now, after, limit, product_id=product_id, viewer=viewer)
    return [FoundDeal(view_of(row.deal, uow.now), row.to_go, Place(row.key, row.deal.id)) for row in rows]


def deals(
    uow: UnitOfWork,
    after: uuid.UUID | None,
    limit: int,
    *,
    product_id: uuid.UUID | None = None,
    viewer: int | None = None,
) -> list[DealView]:
    """Up to `limit` deals after this one that are announced or live, of one product or all, as they were made.

    In the eyes of `viewer`, as `find_deals` shows them.
    """
    place = None if after is None else Place(0, after)
    return [found.deal for found in find_deals(uow, Sought(), place, limit, product_id=product_id, viewer=viewer)]


def deal(uow: UnitOfWork, deal_id: uuid.UUID, reader: Caller | None = None, *, viewer: int | None = None) -> DealView:
    """One published deal, whether paused or over; a draft for who may read it. Raises NotFound, also for bargains.

    One that is for some alone is there for them (the reader, or the member `viewer`), and for who may read a draft.
    """
    row = known(uow, deal_id)
    if (row.draft and not _may_read(row, reader)) or row.group_size == rules.ALONE:
        raise NotFound("no such deal")
    if row.invited_only and not _may_read(row, reader):
        number = viewer if reader is None else reader.number
        if number is None or not invitation_store.is_invited(uow.session, deal_id, number):
            raise NotFound("no such deal")
    return view_of(row, uow.now)


def drafts(uow: UnitOfWork, limit: int) -> list[DealView]:
    """Up to `limit` deals that are not published, whoever made them, the newest first. One statement."""
    return [view_of(row, uow.now) for row in store.drafts(uow.session, limit)]


def deals_of(uow: UnitOfWork, number: int, before: uuid.UUID | None, limit: int) -> list[DealView]:
    """Up to `limit` deals that this member opened, drafts and old ones too, the newest first. One statement."""
    return [view_of(row, uow.now) for row in store.deals_of(uow.session, number, before, limit)]


def deals_by_id(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, DealView]:
    """These deals by id. One statement."""
    return {row.id: view_of(row, uow.now) for row in store.deals_by_id(uow.session, ids)}


def titles(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    """What these published deals and products are called. One statement."""
    return store.titles(uow.session, ids)


def deals_from_tiers(uow: UnitOfWork, codes: Collection[str], limit: int) -> list[tuple[uuid.UUID, str]]:
    """Ids and titles of up to `limit` deals that are not over and ask for one of these tiers, the newest first."""
    return browsing_store.from_tiers(uow.session, codes, uow.now, limit)


def own_deal(uow: UnitOfWork, number: int | None, deal_id: uuid.UUID) -> DealView:
    """A deal as who answers for it sees it, a draft too; `number` None sees anybody's. Raises NotFound."""
    row = known(uow, deal_id)
    if number is not None and row.opened_by != number:
        raise NotFound("no such deal")
    return view_of(row, uow.now)


def known(uow: UnitOfWork, deal_id: uuid.UUID) -> DealRow:
    """The deal as it is kept, a draft too. Raises NotFound."""
    row = store.find_deal(uow.session, deal_id)
    if row is None:
        raise NotFound("no such deal")
    return row


def status_of(row: DealRow, now: datetime) -> Status:
    """Where the deal stands at this instant."""
    return rules.status_at(now, draft=row.draft, paused=row.paused, starts_at=row.starts_at, ends_at=row.ends_at)


def view_of(row: DealRow, now: datetime) -> DealView:
    """The deal as it is shown."""
    return DealView(
        id=row.id,
        status=status_of(row, now),
        sku_id=row.sku_id,
        product_id=row.product_id,
        title=row.title,
        group_size=row.group_size,
        price=Money(row.price_minor, row.currency),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        room_ttl_seconds=row.room_ttl_seconds,
        seat_hold_seconds=row.seat_hold_seconds,
        per_member_limit=row.per_member_limit,
        quota=row.quota,
        late_payer=row.late_payer,
        stock=sum(unit["stock"] for unit in row.units),
        price_alone=Money(row.alone_minor, row.currency),
        return_days=row.return_days,
        opened_by=row.opened_by,
        minimum_tier=row.minimum_tier,
        circle_only=row.circle_only,
        invited_only=row.invited_only,
        price_steps=ladder.read(row.price_steps),
        host_perk=perks.read(row.host_perk),
        newcomer_only=row.newcomer_only,
        subsidy_from=row.subsidy_from,
        quota_left=row.quota_left,
        shipping=shipping_of(row),
        units=units_of(row),
        cover=pictures.read(row.cover),
        off_sale=row.off_sale,
    )


def shop_shipping(currency: str) -> Money:
    """What sending an order costs where a deal says nothing of it; in other currencies than the shop's nothing."""
    settings = wired.settings()
    return Money(settings.shipping_fee_minor if currency == settings.currency else 0, currency)


def shipping_of(row: DealRow) -> Money:
    """What sending an order costs by the terms of its deal."""
    return shop_shipping(row.currency) if row.shipping_minor is None else Money(row.shipping_minor, row.currency)


def units_of(row: DealRow) -> tuple[DealUnit, ...]:
    """What may be chosen of the deal, its own unit first."""
    return tuple(
        DealUnit(
            id=uuid.UUID(unit["id"]),
            code=unit["code"],
            title=unit["title"],
            price=Money(unit["price_minor"], row.currency),
            price_alone=Money(unit["alone_minor"], row.currency),
            stock=unit["stock"],
            low_stock_at=unit["low_stock_at"],
        )
        for unit in row.units
    )


def _may_read(row: DealRow, reader: Caller | None) -> bool:
    return reader is not None and (reader.role in (Role.ADMIN, Role.FINANCE) or row.opened_by == reader.number)
