"""From the order's placing to its confirmation, as its room decides; all of it set-based."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.loyalty import service as loyalty
from socialshop.memberships import service as memberships
from socialshop.memberships.service import BenefitUse
from socialshop.orders.events import OrdersConfirmed
from socialshop.orders.pricing import BY_COUPON, Step
from socialshop.orders.rules import Status
from socialshop.orders.store import late, refunds
from socialshop.orders.store import orders as store
from socialshop.orders.store.late import LateRow
from socialshop.orders.store.orders import ConfirmedRow


def mark_paid(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """The buyers' money is held; those not awaiting it stay as they are."""
    if order_ids:
        store.move(uow.session, order_ids, [Status.AWAITING_PAYMENT], Status.PAID)


def cancel(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """Their seats are gone before any money was taken."""
    if order_ids:
        _give_back_unsold(uow, store.cancel(uow.session, order_ids))


def record_late(uow: UnitOfWork, rows: Sequence[LateRow]) -> list[uuid.UUID]:
    """Write down what became of money that came after its seat was lost; returns the orders told of for the first time.

    One statement, whatever the number.
    """
    return late.add(uow.session, rows, uow.now) if rows else []


def confirm(uow: UnitOfWork, hosts: Mapping[uuid.UUID, int]) -> None:
    """The money of these orders, each with its room's host, was taken: the sales stand. Replayed, nothing changes.

    What was captured leaves the room's escrow for the shop's sales and shipping, an entry an order; what points and
    coupons took off is the shop's expense, what a tier took off was never asked for. What the fill gave back was never
    taken; with it points come back in their measure, and coupons where nothing was taken at all.
    """
    confirmed = store.confirm(uow.session, hosts) if hosts else []
    if not confirmed:
        return
    ledger.post(uow, [entry for entry in map(_fill, confirmed) if entry.postings])
    loyalty.settle_orders(uow, [order.id for order in confirmed if Step.POINTS in order.steps])
    loyalty.settle_coupons(uow, [order.id for order in confirmed if BY_COUPON & order.steps.keys()])
    _give_back_rebated(uow, [order for order in confirmed if order.rebate_minor])
    memberships.note_uses(uow, [use for order in confirmed for use in _benefits_used(order)])
    uow.emit(OrdersConfirmed(tuple(order.id for order in confirmed)))


def refund_whole(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """The held money of these orders went back before it was taken: nothing was posted, and nothing is.

    Whatever was asked back of them is answered with it.
    """
    if order_ids:
        _give_back_unsold(uow, store.refund_whole(uow.session, order_ids))
        refunds.approve_open(uow.session, order_ids, uow.now)
        refunds.close_with_hold(uow.session, order_ids, uow.now)


def _give_back_unsold(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """Coupons before points: whoever prices an order takes them in this order too."""
    loyalty.release_coupons(uow, order_ids)
    loyalty.give_back_unsold(uow, order_ids)


def _give_back_rebated(uow: UnitOfWork, orders: Sequence[ConfirmedRow]) -> None:
    """Coupons and points that paid for what the fill gave back."""
    loyalty.give_back_coupons(uow, [each.id for each in orders if BY_COUPON & each.steps.keys()])
    loyalty.give_back_refunded(uow, [each.id for each in orders if Step.POINTS in each.steps])


def _fill(order: ConfirmedRow) -> ledger.Entry:
    paid, currency, steps = order.total_minor - order.rebate_minor, order.currency, order.steps
    points = steps.get(Step.POINTS, 0)
    coupons = steps.get(Step.COUPON, 0) + steps.get(Step.SHIPPING_COUPON, 0)
    shipping = steps.get(Step.SHIPPING, 0) + steps.get(Step.FREE_SHIPPING, 0) - order.shipping_rebate_minor
    moved = (
        (chart.room_escrow(order.room_id), -paid),
        (chart.POINTS_EXPENSE, points),
        (chart.COUPON_EXPENSE, coupons),
        (chart.SHIPPING, shipping),
        (chart.SALES, paid - points - coupons - shipping),
    )
    return ledger.Entry(
        reference=f"fill:{to_public('ord', order.id)}",
        kind="fill",
        postings=tuple(ledger.Posting(account, amount, currency, order.id) for account, amount in moved if amount),
    )


def _benefits_used(order: ConfirmedRow) -> Iterator[BenefitUse]:
    """What the buyer's tier or plan took off the price: noted once the sale stands."""
    for step in (Step.MEMBER_PRICE, Step.FREE_SHIPPING):
        if step in order.steps:
            taken, by_plan = -order.steps[step], step in order.by_plan
            yield BenefitUse(order.buyer, step, f"order {order.id}", taken, order.currency, by_plan=by_plan)
