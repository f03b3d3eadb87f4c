"""The door of deals: products with their stock, deals, and what a room needs to know of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialshop.audit import service as audit
from socialshop.deals import rules, store
from socialshop.deals.errors import DealNotBegun, DealNotLive
from socialshop.deals.rules import Status
from socialshop.deals.store import RESERVED, DealRow, ProductRow, SkuRow
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, new_ids, to_public
from socialshop.kernel.money import Money

__all__ = [
    "RESERVED",
    "DealOffer",
    "DealView",
    "NewDeal",
    "NewProduct",
    "NewSku",
    "ProductView",
    "SkuView",
    "add_product",
    "deal",
    "deals",
    "deals_of",
    "give_back",
    "offer",
    "open_deal",
    "own_deal",
    "product",
    "products",
    "publish_deal",
]


@dataclass(frozen=True, slots=True)
class NewSku:
    """A unit to sell: `stock` units at `price_minor` each, alone."""

    code: str
    title: str
    price_minor: int
    stock: int


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product; buyers may return it within `return_days` of receipt."""

    title: str
    description: str
    return_days: int
    skus: Sequence[NewSku]


@dataclass(frozen=True, slots=True)
class NewDeal:
    """A fixed price for a group of `group_size`; what is None has its default or no limit."""

    sku_id: uuid.UUID
    title: str
    group_size: int
    price_minor: int
    room_ttl: timedelta
    seat_hold: timedelta = rules.DEFAULT_SEAT_HOLD
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    per_member_limit: int | None = None
    quota: int | None = None
    draft: bool = False
    minimum_tier: str | None = None


@dataclass(frozen=True, slots=True)
class SkuView:
    """A unit on sale."""

    id: uuid.UUID
    code: str
    title: str
    price: Money
    stock: int


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product on sale."""

    id: uuid.UUID
    title: str
    description: str
    return_days: int
    skus: tuple[SkuView, ...]


@dataclass(frozen=True, slots=True)
class DealView:
    """A deal as everybody sees it; `price_alone` is what one unit costs without a group."""

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


@dataclass(frozen=True, slots=True)
class DealOffer:
    """The terms that a room is opened on: it keeps them, whatever becomes of the deal.

    `early_until` is when the deal begins for everybody, where it has not yet.
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
    early_until: datetime | None


def add_product(uow: UnitOfWork, actor: uuid.UUID, new: NewProduct, currency: str) -> ProductView:
    """Put a product on sale, at once. Raises InvalidValue for two units under one code."""
    codes = [sku.code for sku in new.skus]
    if len(set(codes)) < len(codes):
        raise InvalidValue("two units of a product have the same code", field="skus")
    row = ProductRow(new_id(), new.title, new.description, new.return_days)
    skus = [
        SkuRow(id_, sku.code, sku.title, sku.price_minor, currency, sku.stock)
        for id_, sku in zip(new_ids(len(new.skus)), new.skus, strict=True)
    ]
    store.add_product(uow.session, row, skus, uow.now)
    audit.record(
        uow,
        actor=actor,
        action="product.added",
        target=to_public("prd", row.id),
        facts={"title": row.title, "skus": [{"code": s.code, "price": s.price_minor, "stock": s.stock} for s in skus]},
    )
    return _product(row, skus)


def products(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[ProductView]:
    """Up to `limit` products after this one."""
    rows = store.products(uow.session, after, limit)
    skus = store.skus_of(uow.session, [row.id for row in rows])
    return [_product(row, [sku for owner, sku in skus if owner == row.id]) for row in rows]


def product(uow: UnitOfWork, product_id: uuid.UUID) -> ProductView:
    """One product. Raises NotFound."""
    row = store.find_product(uow.session, product_id)
    if row is None:
        raise NotFound("no such product")
    return _product(row, [sku for _, sku in store.skus_of(uow.session, [product_id])])


def open_deal(uow: UnitOfWork, actor: uuid.UUID, number: int, new: NewDeal) -> DealView:
    """Make a deal; `number` is the member number of who answers for it. Raises NotFound (sku), InvalidValue."""
    starts_at = new.starts_at or uow.now
    rules.check_clocks(starts_at, new.ends_at, new.room_ttl, uow.now)
    if not store.sku_exists(uow.session, new.sku_id):
        raise NotFound("no such unit of a product", field="sku_id")
    if new.minimum_tier is not None and not store.is_tier(uow.session, new.minimum_tier, uow.now):
        raise InvalidValue("no tier of the programme in force has this code", field="minimum_tier")
    deal_id = new_id()
    terms: dict[str, object] = {
        "title": new.title,
        "group_size": new.group_size,
        "price_minor": new.price_minor,
        "starts_at": starts_at,
        "ends_at": new.ends_at,
        "room_ttl_seconds": int(new.room_ttl.total_seconds()),
        "seat_hold_seconds": int(new.seat_hold.total_seconds()),
        "per_member_limit": new.per_member_limit,
        "quota": new.quota,
        "late_payer": "refund",
        "draft": new.draft,
        "minimum_tier": new.minimum_tier,
    }
    store.add_deal(
        uow.session, {"id": deal_id, "sku_id": new.sku_id, "opened_by": number, "created_at": uow.now, **terms}
    )
    target = to_public("deal", deal_id)
    audit.record(
        uow, actor=actor, action="deal.opened", target=target, facts={"sku": to_public("sku", new.sku_id), **terms}
    )
    return _deal(_known(uow, deal_id), uow.now)


def publish_deal(uow: UnitOfWork, actor: uuid.UUID, number: int | None, deal_id: uuid.UUID) -> DealView:
    """End a draft; a published deal stays as it is. `number` None may publish anybody's.

    Raises NotFound, also for another's; DealNotLive if the draft's end has passed meanwhile.
    """
    found = _known(uow, deal_id)
    if number is not None and found.opened_by != number:
        raise NotFound("no such deal")
    if not found.draft:
        return _deal(found, uow.now)
    if found.ends_at is not None and found.ends_at <= uow.now:
        raise DealNotLive("the deal's end has passed before it was published")
    if store.end_draft(uow.session, deal_id, uow.now):
        audit.record(uow, actor=actor, action="deal.published", target=to_public("deal", deal_id), facts={})
    return _deal(_known(uow, deal_id), uow.now)


def deals(uow: UnitOfWork, after: uuid.UUID | None, limit: int) -> list[DealView]:
    """Up to `limit` deals after this one that are published and not over."""
    return [_deal(row, uow.now) for row in store.open_deals(uow.session, uow.now, after, limit)]


def deal(uow: UnitOfWork, deal_id: uuid.UUID) -> DealView:
    """One published deal, over or not. Raises NotFound."""
    row = _known(uow, deal_id)
    if row.draft:
        raise NotFound("no such deal")
    return _deal(row, uow.now)


def deals_of(uow: UnitOfWork, number: int, before: uuid.UUID | None, limit: int) -> list[DealView]:
    """Up to `limit` deals that this member opened, drafts and old ones too, the newest first. One statement."""
    return [_deal(row, uow.now) for row in store.deals_of(uow.session, number, before, limit)]


def own_deal(uow: UnitOfWork, number: int | None, deal_id: uuid.UUID) -> DealView:
    """A deal as who answers for it sees it, a draft too; `number` None sees anybody's. Raises NotFound."""
    row = _known(uow, deal_id)
    if number is not None and row.opened_by != number:
        raise NotFound("no such deal")
    return _deal(row, uow.now)


def offer(uow: UnitOfWork, deal_id: uuid.UUID, *, head_start: timedelta = timedelta(0)) -> DealOffer:
    """The terms on which a room can be opened now, or by who comes `head_start` before the others.

    Raises NotFound, DealNotBegun, DealNotLive.
    """
    row = _known(uow, deal_id)
    at = uow.now + head_start if uow.now < row.starts_at else uow.now
    status = rules.status_at(at, draft=row.draft, starts_at=row.starts_at, ends_at=row.ends_at)
    if status is Status.DRAFT:
        raise NotFound("no such deal")
    if status is Status.SCHEDULED:
        raise DealNotBegun("the deal has not begun yet")
    if status is Status.ENDED:
        raise DealNotLive("the deal is over")
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
        early_until=row.starts_at if uow.now < row.starts_at else None,
    )


def give_back(uow: UnitOfWork, units: Sequence[tuple[uuid.UUID, int]]) -> None:
    """Return reserved units: pairs of a deal and a quantity. One statement, whatever the number."""
    if units:
        store.give_back(uow.session, [deal_id for deal_id, _ in units], [quantity for _, quantity in units])


def _known(uow: UnitOfWork, deal_id: uuid.UUID) -> DealRow:
    row = store.find_deal(uow.session, deal_id)
    if row is None:
        raise NotFound("no such deal")
    return row


def _product(row: ProductRow, skus: Sequence[SkuRow]) -> ProductView:
    views = tuple(SkuView(s.id, s.code, s.title, Money(s.price_minor, s.currency), s.stock) for s in skus)
    return ProductView(row.id, row.title, row.description, row.return_days, views)


def _deal(row: DealRow, now: datetime) -> DealView:
    return DealView(
        id=row.id,
        status=rules.status_at(now, draft=row.draft, starts_at=row.starts_at, ends_at=row.ends_at),
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
        stock=row.stock,
        price_alone=Money(row.alone_minor, row.currency),
        return_days=row.return_days,
        opened_by=row.opened_by,
        minimum_tier=row.minimum_tier,
    )
