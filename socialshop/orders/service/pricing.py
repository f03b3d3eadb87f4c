"""What an order costs where more than the deal's own price acts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money
from socialshop.loyalty import service as loyalty
from socialshop.orders import pricing
from socialshop.orders.pricing import PriceLine
from socialshop.orders.store import prices as store


@dataclass(frozen=True, slots=True)
class Quote:
    """The steps of a price, their total, and how many points it takes."""

    lines: Sequence[PriceLine]
    total: Money
    points: int = 0


def quote(uow: UnitOfWork, goods: Money, use_points: int | None) -> Quote:
    """What goods would cost now; nothing is taken. Raises InvalidValue (fewer points than may be used, or none act)."""
    if use_points is None:
        return _quoted(goods, pricing.compose(goods.amount_minor))
    paid = loyalty.part_of_price(uow, goods, use_points)
    return _quoted(goods, pricing.compose(goods.amount_minor, paid.amount_minor), paid.points)


def pay_with_points(uow: UnitOfWork, buyer: int, order_id: uuid.UUID, goods: Money, use_points: int) -> Quote:
    """Let points pay a part of an order that was placed in this very transaction; they are set aside for it.

    Raises InvalidValue, PointsShort.
    """
    found = quote(uow, goods, use_points)
    loyalty.set_aside_for_order(
        uow, buyer, order_id, found.points, Money(-found.lines[-1].amount_minor, goods.currency)
    )
    store.reprice(uow.session, order_id, found.lines, found.total.amount_minor)
    return found


def _quoted(goods: Money, lines: Sequence[PriceLine], points: int = 0) -> Quote:
    return Quote(lines, Money(pricing.total_minor(lines), goods.currency), points)
