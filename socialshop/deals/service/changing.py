"""A product changes, is taken off sale and put back.

What was promised stays: orders keep title and price of their moment, rooms all their terms, deals their price. Live are
what a deal says of its goods: their name, description, pictures, and what they cost alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from socialshop.audit import service as audit
from socialshop.deals import product_store, store
from socialshop.deals.events import DealMoved
from socialshop.deals.product_store import UnitBounds
from socialshop.deals.service.stocking import ProductView, check_codes, product
from socialshop.deals.store import SkuRow
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What a unit of the product is to be called and to cost alone; None stays."""

    sku_id: uuid.UUID
    code: str | None = None
    title: str | None = None
    price_minor: int | None = None


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What a product is to be; None stays, and so does every unit that is not named."""

    title: str | None = None
    description: str | None = None
    return_days: int | None = None
    units: Sequence[UnitChange] = field(default_factory=tuple)


def change_product(uow: UnitOfWork, actor: uuid.UUID, product_id: uuid.UUID, change: ProductChange) -> ProductView:
    """Change a product's words, days to send back, and its units; what stays as it is is no change.

    Raises NotFound (also for a unit of another product), InvalidValue: a code that another unit has, a price alone that
    is not above a deal that stands, a floor, or a price of supply.
    """
    before = _locked(uow, product_id)
    units = {unit.id: unit for _, unit in store.skus_of(uow.session, [product_id])}
    after = [_changed(units, place, each) for place, each in enumerate(change.units)]
    _check_units(uow, units, after)
    words = {
        name: before_it if said is None else said
        for name, before_it, said in (
            ("title", before.title, change.title),
            ("description", before.description, change.description),
            ("return_days", before.return_days, change.return_days),
        )
    }
    moved = [unit for unit in after if unit != units[unit.id]]
    facts = _facts(before, words, units, moved)
    if not facts:
        return before
    product_store.change_words(uow.session, product_id, **words)  # type: ignore[arg-type]
    product_store.change_units(uow.session, moved)
    product_store.find_deals_anew(uow.session, product_id, uow.now)
    audit.record(uow, actor=actor, action="product.changed", target=to_public("prd", product_id), facts=facts)
    return product(uow, product_id)


def take_off_sale(uow: UnitOfWork, actor: uuid.UUID, product_id: uuid.UUID) -> ProductView:
    """Nobody makes a deal of it or opens a room on one any more; open rooms fill or expire.

    Its deals are over until it is back. Said again, nothing changes. Raises NotFound.
    """
    if not _locked(uow, product_id).on_sale:
        return product(uow, product_id)
    _moved(uow, actor, product_id, "product.off_sale", product_store.take_off_sale(uow.session, product_id, uow.now))
    return product(uow, product_id)


def put_on_sale(uow: UnitOfWork, actor: uuid.UUID, product_id: uuid.UUID) -> ProductView:
    """It is sold again; its deals go on whose own end has not come, paused where they were.

    Said again, nothing changes. Raises NotFound.
    """
    if _locked(uow, product_id).on_sale:
        return product(uow, product_id)
    _moved(uow, actor, product_id, "product.on_sale", product_store.put_on_sale(uow.session, product_id, uow.now))
    return product(uow, product_id)


def _locked(uow: UnitOfWork, product_id: uuid.UUID) -> ProductView:
    if not product_store.lock(uow.session, product_id):
        raise NotFound("no such product")
    return product(uow, product_id)


def _changed(units: Mapping[uuid.UUID, SkuRow], place: int, change: UnitChange) -> SkuRow:
    unit = units.get(change.sku_id)
    if unit is None:
        raise NotFound("no such unit of the product", field=f"skus.{place}.id")
    return unit._replace(
        code=unit.code if change.code is None else change.code,
        title=unit.title if change.title is None else change.title,
        price_minor=unit.price_minor if change.price_minor is None else change.price_minor,
    )


def _check_units(uow: UnitOfWork, units: Mapping[uuid.UUID, SkuRow], after: Sequence[SkuRow]) -> None:
    if len({unit.id for unit in after}) < len(after):
        raise InvalidValue("a unit is named once", field="skus")
    codes = {**{unit.id: unit.code for unit in units.values()}, **{unit.id: unit.code for unit in after}}
    check_codes(uow, list(codes.values()), [unit.code for unit in after], besides=list(units))
    cheaper = [unit.id for unit in after if unit.price_minor < units[unit.id].price_minor]
    held = product_store.bounds(uow.session, cheaper, uow.now) if cheaper else {}
    for place, unit in enumerate(after):
        if unit.id in held:
            _check_price(unit.price_minor, held[unit.id], f"skus.{place}.price_minor")


def _check_price(price_minor: int, held: UnitBounds, field: str) -> None:
    """Raises InvalidValue for a price alone below which something that stands would make no sense."""
    if held.deal_minor is not None and held.deal_minor >= price_minor:
        raise InvalidValue("a deal sells it for as much or more: end that deal first", field=field)
    if held.bargain_minor is not None and held.bargain_minor > price_minor:
        raise InvalidValue("a bargain begins above that price: end that bargain first", field=field)
    if max(held.floor_minor or 0, held.supply_minor or 0) >= price_minor:
        raise InvalidValue("the floor or the price of supply that leaders have is as high: lower it first", field=field)


def _facts(
    before: ProductView,
    words: Mapping[str, object],
    units: Mapping[uuid.UUID, SkuRow],
    moved: Sequence[SkuRow],
) -> dict[str, object]:
    """What changed, each with what it was."""
    facts: dict[str, object] = {
        name: {"before": getattr(before, name), "after": value}
        for name, value in words.items()
        if getattr(before, name) != value
    }
    for unit in moved:
        was = units[unit.id]
        facts[to_public("sku", unit.id)] = {
            name: {"before": getattr(was, name), "after": getattr(unit, name)}
            for name in ("code", "title", "price_minor")
            if getattr(was, name) != getattr(unit, name)
        }
    return facts


def _moved(uow: UnitOfWork, actor: uuid.UUID, product_id: uuid.UUID, action: str, deals: Sequence[uuid.UUID]) -> None:
    facts = {"deals": [to_public("deal", deal) for deal in deals]}
    audit.record(uow, actor=actor, action=action, target=to_public("prd", product_id), facts=facts)
    uow.emit_all([DealMoved(deal_id=deal) for deal in deals])
