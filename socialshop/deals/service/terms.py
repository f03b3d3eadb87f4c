"""What a deal's terms are measured by: when it is made, and again when a draft of it is published."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialshop.deals import goods_store, ladder, perks, rules, store
from socialshop.deals.errors import GoodsOffSale
from socialshop.deals.goods_store import Leave
from socialshop.deals.ladder import Ladder
from socialshop.deals.perks import HostPerk
from socialshop.deals.service.goods import check_leave, leaves_of, margins_of
from socialshop.deals.store import DealRow, UnitTerms
from socialshop.identity import service as identity
from socialshop.identity.service import Deed
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound

Margins = dict[str, dict[str, int]] | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the shop has a say about; `prices` by unit in minor units, the deal's own first.

    `most_minor` is what a bargain costs at first, None of other deals. What is refused names the field that `at` says,
    or where it stands in a deal that is made.
    """

    prices: Mapping[uuid.UUID, int]
    group_size: int
    return_days: int | None
    steps: Ladder
    perk: HostPerk | None
    most_minor: int | None = None
    at: str | None = None

    def price_field(self, place: int) -> str:
        """Where the price of this unit was said."""
        if self.at is not None:
            return self.at
        if self.steps:
            return "price_steps.0.price_minor"
        return f"skus.{place}.price_minor" if len(self.prices) > 1 else "price_minor"


def check_terms(units: Mapping[uuid.UUID, UnitTerms], leaves: Mapping[uuid.UUID, Leave], terms: Terms) -> None:
    """Raises NotFound (sku), GoodsOffSale, InvalidValue: a price or days that the goods forbid, units of two products.

    And what `check_leave` raises of each: a leader sells what the shop opened, at no less than it says.
    """
    first_id = next(iter(terms.prices))
    if first_id not in units:
        raise NotFound("no such unit of a product", field=terms.at or "sku_id")
    first = units[first_id]
    if not first.on_sale:
        raise GoodsOffSale("the shop has taken these goods off sale", field=terms.at or "sku_id")
    if terms.steps:
        ladder.check(terms.steps, terms.group_size)
    rules.check_return_days(terms.return_days, first.return_days)
    if terms.most_minor is not None:
        rules.check_start(terms.most_minor, first.alone_minor)
    for place, (sku_id, price_minor) in enumerate(terms.prices.items()):
        if sku_id not in units:
            raise NotFound("no such unit of a product", field=terms.at or f"skus.{place}.sku_id")
        if units[sku_id].product_id != first.product_id:
            raise InvalidValue("a deal offers units of one product", field=terms.at or f"skus.{place}.sku_id")
        field = terms.price_field(place)
        if terms.steps and price_minor != terms.prices[first_id]:
            raise InvalidValue("on a ladder all units cost the same", field=terms.at or f"skus.{place}.price_minor")
        rules.check_price(price_minor, units[sku_id].alone_minor, field)
        _check_leave(leaves.get(sku_id), price_minor, terms, field)


def _check_leave(leave: Leave | None, price_minor: int, terms: Terms, field: str) -> None:
    """Of a ladder each step counts, and so does what a host's perk leaves of the least price."""
    least = min([price_minor, *(step.price_minor for step in terms.steps)])
    goods = terms.at or "sku_id"
    check_leave(leave, least, field if terms.most_minor is None else "floor_price_minor", goods=goods)
    if terms.perk is not None:
        perks.check(terms.perk, least)
        check_leave(leave, perks.left_of(terms.perk, least), terms.at or "host_perk", goods=goods)


def check_drafts(uow: UnitOfWork, deal_ids: Sequence[uuid.UUID], at: str) -> None:
    """Drafts as they are published: what they say is measured by what holds now, not by what held when they were made.

    Who answers for a draft is asked for, whoever publishes it. What is kept of its price above that of supply is set
    anew. Four statements, however many. Raises what opening these deals would, naming the field `at`.
    """
    if not deal_ids:
        return
    rows = store.deals_by_id(uow.session, deal_ids)
    identity.require_standings(uow, sorted({row.opened_by for row in rows}), Deed.OPEN)
    prices = {row.id: prices_of(row) for row in rows}
    sku_ids = sorted({sku_id for of_deal in prices.values() for sku_id in of_deal})
    units = store.unit_terms(uow.session, sku_ids)
    leaves = leaves_of(uow, sorted({row.opened_by for row in rows}), sku_ids)
    margins: dict[uuid.UUID, Margins] = {}
    for row in rows:
        own = {sku: leaves[row.opened_by, sku] for sku in prices[row.id] if (row.opened_by, sku) in leaves}
        check_terms(units, own, _terms_of(row, prices[row.id], at))
        margins[row.id] = margins_of(own)
    goods_store.set_margins(uow.session, margins)


def prices_of(row: DealRow) -> dict[uuid.UUID, int]:
    """What each unit of a deal costs together, its own first."""
    return {uuid.UUID(unit["id"]): unit["price_minor"] for unit in row.units}


def _terms_of(row: DealRow, prices: Mapping[uuid.UUID, int], at: str) -> Terms:
    return Terms(
        prices=prices,
        group_size=row.group_size,
        return_days=row.return_days,
        steps=ladder.read(row.price_steps),
        perk=perks.read(row.host_perk),
        at=at,
    )
