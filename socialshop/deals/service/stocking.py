"""Products with their units and stock."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialshop.audit import service as audit
from socialshop.deals import browsing_store, pictures, product_store, rules, stock_store, store
from socialshop.deals.pictures import ShownPicture
from socialshop.deals.rules import Place, Sought
from socialshop.deals.store import ProductRow, SkuRow
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, new_ids, to_public
from socialshop.kernel.money import Money


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
class SkuView:
    """A unit on sale; from `low_stock_at` units on it is low."""

    id: uuid.UUID
    code: str
    title: str
    price: Money
    stock: int
    low_stock_at: int


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product with its units; one that is not `on_sale` has no new room and no new deal."""

    id: uuid.UUID
    title: str
    description: str
    return_days: int
    skus: tuple[SkuView, ...]
    pictures: tuple[ShownPicture, ...] = ()
    on_sale: bool = True

    @property
    def cover(self) -> ShownPicture | None:
        """The picture that stands for it."""
        return next(iter(self.pictures), None)


def add_product(uow: UnitOfWork, actor: uuid.UUID, new: NewProduct, currency: str) -> ProductView:
    """Put a product on sale, at once. Raises InvalidValue for two units under one code, of whatever products."""
    codes = [sku.code for sku in new.skus]
    check_codes(uow, codes, codes)
    row = ProductRow(new_id(), new.title, new.description, new.return_days)
    skus = [
        SkuRow(id_, sku.code, sku.title, sku.price_minor, currency, sku.stock)
        for id_, sku in zip(new_ids(len(new.skus)), new.skus, strict=True)
    ]
    product_store.add_product(uow.session, row, skus, uow.now)
    stock_store.add_first(uow.session, [sku.id for sku in skus], uow.now)
    audit.record(
        uow,
        actor=actor,
        action="product.added",
        target=to_public("prd", row.id),
        facts={"title": row.title, "skus": [{"code": s.code, "price": s.price_minor, "stock": s.stock} for s in skus]},
    )
    return _product(row, skus)


def check_codes(
    uow: UnitOfWork, of_product: Sequence[str], said: Sequence[str], *, besides: Sequence[uuid.UUID] = ()
) -> None:
    """Raises InvalidValue where a product would have a code twice, or one that was said is another product's.

    `besides` are the product's own units.
    """
    counted = Counter(of_product)
    # Told of the later of the two: the first stood there before it.
    for place, code in reversed(list(enumerate(said))):
        if counted[code] > 1:
            raise InvalidValue("two units of a product have the same code", field=f"skus.{place}.code")
    taken = set(product_store.taken_codes(uow.session, said, besides)) if said else set()
    for place, code in enumerate(said):
        if code in taken:
            raise InvalidValue("a unit of another product has this code", field=f"skus.{place}.code")


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A product in a list."""

    product: ProductView
    place: Place


def find_products(
    uow: UnitOfWork, sought: Sought, after: Place | None, limit: int, *, off_sale_too: bool = False
) -> list[FoundProduct]:
    """Up to `limit` products on sale that are what is sought, after this place. Two statements.

    Of what may be sought only words, prices alone, stock and the sorts by age and price say something of a product.
    Raises InvalidValue for a price band that ends before it begins.
    """
    rules.check_sought(sought)
    rows = browsing_store.products(uow.session, sought, uow.now, after, limit, off_sale_too=off_sale_too)
    skus = store.skus_of(uow.session, [row.product.id for row in rows])
    return [
        FoundProduct(
            _product(row.product, [sku for owner, sku in skus if owner == row.product.id]),
            Place(row.key, row.product.id),
        )
        for row in rows
    ]


def products(uow: UnitOfWork, after: uuid.UUID | None, limit: int, *, off_sale_too: bool = False) -> list[ProductView]:
    """Up to `limit` products after this one, as they were added; those on sale, or all there are."""
    place = None if after is None else Place(0, after)
    return [found.product for found in find_products(uow, Sought(), place, limit, off_sale_too=off_sale_too)]


def product(uow: UnitOfWork, product_id: uuid.UUID) -> ProductView:
    """One product. Raises NotFound."""
    row = store.find_product(uow.session, product_id)
    if row is None:
        raise NotFound("no such product")
    return _product(row, [sku for _, sku in store.skus_of(uow.session, [product_id])])


def products_by_id(uow: UnitOfWork, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, ProductView]:
    """These products by id. Two statements."""
    skus = store.skus_of(uow.session, ids)
    rows = store.products_by_id(uow.session, ids)
    return {row.id: _product(row, [sku for owner, sku in skus if owner == row.id]) for row in rows}


def _product(row: ProductRow, skus: Sequence[SkuRow]) -> ProductView:
    views = tuple(
        SkuView(s.id, s.code, s.title, Money(s.price_minor, s.currency), s.stock, s.low_stock_at) for s in skus
    )
    shown = pictures.read_all(row.pictures)
    return ProductView(row.id, row.title, row.description, row.return_days, views, shown, row.on_sale)
