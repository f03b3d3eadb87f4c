"""From the order's placing to its confirmation, as its room decides; all of it set-based."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
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
        store.move(uow.session, order_ids, [Status.AWAITING_PAYMENT, Status.PAID], Status.CANCELLED)


def confirm(uow: UnitOfWork, hosts: Mapping[uuid.UUID, int]) -> None:
    """The money of these orders, each with its room's host, was taken: the sales stand. Replayed, nothing changes.

    What was captured leaves the room's escrow for the shop's sales, an entry an order.
    """
    confirmed = store.confirm(uow.session, hosts) if hosts else []
    if not confirmed:
        return
    ledger.post(uow, [_fill(order) for order in confirmed])
    uow.emit(OrdersConfirmed(tuple(order.id for order in confirmed)))


def refund_whole(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> None:
    """The held money of these orders went back before it was taken: nothing was posted, and nothing is.

    Whatever was asked back of them is answered with it.
    """
    if order_ids:
        store.refund_whole(uow.session, order_ids)
        refunds.approve_open(uow.session, order_ids, uow.now)
        refunds.close_with_hold(uow.session, order_ids, uow.now)


def _fill(order: ConfirmedRow) -> ledger.Entry:
    return ledger.Entry(
        reference=f"fill:{to_public('ord', order.id)}",
        kind="fill",
        postings=(
            ledger.Posting(chart.room_escrow(order.room_id), -order.total_minor, order.currency, order.id),
            ledger.Posting(chart.SALES, order.total_minor, order.currency, order.id),
        ),
    )
