"""From the order's placing to its confirmation, as its room decides; all of it set-based."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.loyalty import service as loyalty
from socialshop.orders.events import OrdersConfirmed
from socialshop.orders.rules import Status
from socialshop.orders.store import orders as store
from socialshop.orders.store import refunds
from socialshop.orders.store.orders import ConfirmedRow


def mark_paid(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """The buyers' money is held; those not awaiting it stay as they are."""
    if order_ids:
        store.move(uow.session, order_ids, [Status.AWAITING_PAYMENT], Status.PAID)


def cancel(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """Their seats are gone before any money was taken."""
    if order_ids:
        loyalty.give_back_unsold(uow, store.cancel(uow.session, order_ids))


def confirm(uow: UnitOfWork, hosts: Mapping[uuid.UUID, int]) -> None:
    """The money of these orders, each with its room's host, was taken: the sales stand. Replayed, nothing changes.

    What was captured leaves the room's escrow for the shop's sales, an entry an order; what points paid of the price is
    the shop's expense.
    """
    confirmed = store.confirm(uow.session, hosts) if hosts else []
    if not confirmed:
        return
    ledger.post(uow, [_fill(order) for order in confirmed])
    loyalty.settle_orders(uow, [order.id for order in confirmed if order.points_minor])
    uow.emit(OrdersConfirmed(tuple(order.id for order in confirmed)))


def refund_whole(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """The held money of these orders went back before it was taken: nothing was posted, and nothing is.

    Whatever was asked back of them is answered with it.
    """
    if order_ids:
        loyalty.give_back_unsold(uow, store.refund_whole(uow.session, order_ids))
        refunds.approve_open(uow.session, order_ids, uow.now)
        refunds.close_with_hold(uow.session, order_ids, uow.now)


def _fill(order: ConfirmedRow) -> ledger.Entry:
    paid, points, currency = order.total_minor, order.points_minor, order.currency
    expense = (ledger.Posting(chart.POINTS_EXPENSE, -points, currency, order.id),) if points else ()
    return ledger.Entry(
        reference=f"fill:{to_public('ord', order.id)}",
        kind="fill",
        postings=(
            ledger.Posting(chart.room_escrow(order.room_id), -paid, currency, order.id),
            *expense,
            ledger.Posting(chart.SALES, paid + points, currency, order.id),
        ),
    )
