"""Points that pay a part of a price: set aside with the seat, used when the sale stands, back when it does not.

What the sale lacks in money is the shop's expense (`shop:points_expense`); `orders` posts it with the sale, and a
refund takes it back here in the measure in which the points come back.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from socialshop.infra import wired
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.money import Money
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.journal import Entry, Posting
from socialshop.loyalty import rules
from socialshop.loyalty.service import using
from socialshop.loyalty.service.publishing import rules_at
from socialshop.loyalty.store import lots
from socialshop.loyalty.store import uses as store
from socialshop.loyalty.store.uses import Purpose, RefundedUse


@dataclass(frozen=True, slots=True)
class PartPaid:
    """How many points pay how much of a price, in minor units of its currency."""

    points: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PointsBounds:
    """How many points a member has, and from how many to how many can pay of a price; `most` 0: none can."""

    have: int
    least: int
    most: int


def points_bounds(uow: UnitOfWork, member: int, goods: Money) -> PointsBounds:
    """How many of the member's points can pay of goods by the rules in force. Two statements."""
    have, in_force = lots.usable(uow.session, member, uow.now), rules_at(uow, uow.now)
    amount = rules.payable_minor(goods.amount_minor, have, in_force)
    pays = have >= in_force.least_points and amount >= 1 and goods.currency == wired.settings().currency
    most = max(rules.points_for(amount, in_force.hundred_points_minor), in_force.least_points) if pays else 0
    return PointsBounds(have, in_force.least_points, most)


def part_of_price(uow: UnitOfWork, goods: Money, wanted: int) -> PartPaid:
    """What `wanted` points pay of goods by the rules in force; those beyond the cap are not taken.

    Raises InvalidValue: fewer than the rules allow, a price too small, or one in another currency than the shop's.
    """
    in_force = rules_at(uow, uow.now)
    amount = rules.payable_minor(goods.amount_minor, wanted, in_force)
    if wanted < in_force.least_points or amount < 1 or goods.currency != wired.settings().currency:
        raise InvalidValue("so few points pay nothing of this price", field="use_points")
    return PartPaid(rules.points_for(amount, in_force.hundred_points_minor), amount)


def set_aside_for_order(uow: UnitOfWork, member: int, order_id: uuid.UUID, points: int, worth: Money) -> None:
    """Set points aside that pay `worth` of an order. Raises PointsShort."""
    facts = {"worth_minor": worth.amount_minor, "currency": worth.currency}
    using.use(uow, member, Purpose(using.ORDER, order_id, facts), points, hold=True)


def settle_orders(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """What was set aside for these orders is used: the sales stand."""
    if order_ids:
        using.settle(uow, using.ORDER, order_ids)


def give_back_unsold(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """What was set aside for those of these orders that came to nothing is back. Told again, nothing changes."""
    if not order_ids:
        return
    found = store.held_for_nothing(uow.session, order_ids)
    if not found:
        return
    # All of them before any lot moves: one by one they would come in the order of the orders.
    lots.lock_members(uow.session, [use.member for use in found])
    for use in found:
        using.give_back(uow, using.ORDER, use.order_id)


def give_back_refunded(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """Points that paid for these orders come back in the share in which money did, rounded down until all is back."""
    entries = []
    found = store.lock_refunded(uow.session, order_ids)
    if found:
        # All of them before any lot moves: one by one they would come in the order of the uses.
        lots.lock_members(uow.session, [use.member for use in found])
    for use in found:
        target = use.points * use.refunded_minor // use.total_minor
        if target > use.returned:
            using.give_back(uow, using.ORDER, use.order_id, target)
            entries += _given_back(use, target)
    ledger.post(uow, entries)


def _given_back(use: RefundedUse, target: int) -> list[Entry]:
    """The shop's expense comes down with the points; the sale with it."""
    worth = use.facts["worth_minor"]
    less = worth * target // use.points - worth * use.returned // use.points
    if not less:
        return []
    moved = (
        Posting(chart.SALES, -less, use.facts["currency"], use.order_id),
        Posting(chart.POINTS_EXPENSE, less, use.facts["currency"], use.order_id),
    )
    return [Entry(f"points_price:{to_public('use', use.id)}:{target}", "points_price_returned", moved)]
