"""Orders as buyers and the shop see them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money
from socialshop.orders.pricing import PriceLine
from socialshop.orders.rebates import Rebate
from socialshop.orders.rules import Status
from socialshop.orders.store import late as late_store
from socialshop.orders.store import orders as store
from socialshop.orders.store import prices, rebates
from socialshop.orders.store.late import LateRow
from socialshop.orders.store.orders import BuyerRow, OrderRow, ReceivedLine, Sought, ToDo
from socialshop.payments import service as payments
from socialshop.payments.service import PaymentView


@dataclass(frozen=True, slots=True)
class LineView:
    """`quantity` units for `amount` in all; an imported line has neither title nor unit.

    Beside the goods there may be what sending them costs, without a title, and gifts, which cost nothing.
    """

    title: str | None
    sku_id: uuid.UUID | None
    quantity: int
    amount: Money
    kind: Literal["goods", "shipping", "gift"] = "goods"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with its lines and its payment; an imported one has no room and no payment.

    `price` says by which steps its total came about, where there was more than one; `rebates` what the fill of its room
    gave back, which counts as refunded; `late` what became of its money, where it came after the seat was lost. It can
    be sent back until `completes_at`.
    """

    id: uuid.UUID
    buyer: int
    status: Status
    lines: tuple[LineView, ...]
    total: Money
    refunded: Money
    ordered_at: datetime
    room_id: uuid.UUID | None
    payment: PaymentView | None
    price: tuple[PriceLine, ...] = ()
    rebates: tuple[Rebate, ...] = ()
    carrier: str | None = None
    tracking: str | None = None
    late: LateRow | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    completes_at: datetime | None = None


def order(uow: UnitOfWork, order_id: uuid.UUID, buyer: int | None) -> OrderView:
    """One order; `buyer` None may see anybody's. Raises NotFound, also for another's."""
    row = store.find(uow.session, order_id)
    if row is None or (buyer is not None and row.buyer != buyer):
        raise NotFound("no such order")
    return views(uow, [row])[0]


def orders(uow: UnitOfWork, buyer: int, before: uuid.UUID | None, limit: int) -> list[OrderView]:
    """Up to `limit` orders of a member, the newest first, older than `before`. At most six statements."""
    return views(uow, store.of_buyer(uow.session, buyer, before, limit))


def received_lines(
    uow: UnitOfWork, buyer: int, *, order_id: uuid.UUID | None = None, line_id: uuid.UUID | None = None, limit: int = 50
) -> list[ReceivedLine]:
    """Up to `limit` lines whose goods a buyer has received and not sent back, the newest order first. One statement."""
    return store.received_lines(uow.session, buyer, order_id, line_id, limit)


def buyers_of(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, BuyerRow]:
    """Who bought each of these orders, and who stood above them at the sale. One statement."""
    return store.buyers(uow.session, order_ids)


def views(uow: UnitOfWork, rows: Sequence[OrderRow]) -> list[OrderView]:
    """The orders behind these rows, in their order."""
    ids = [row.id for row in rows]
    lines = store.lines_of(uow.session, ids)
    paid = payments.payments_of_orders(uow, ids)
    steps = prices.steps_of(uow.session, ids)
    late = late_store.of_orders(uow.session, ids)
    refunded = [row.id for row in rows if row.refunded_minor]
    rebated = rebates.of_orders(uow.session, refunded) if refunded else {}
    return [
        OrderView(
            id=row.id,
            buyer=row.buyer,
            status=row.status,
            lines=tuple(
                LineView(line.title, line.sku_id, line.quantity, Money(line.amount_minor, row.currency), line.kind)
                for line in lines
                if line.order_id == row.id
            ),
            total=Money(row.total_minor, row.currency),
            refunded=Money(row.refunded_minor, row.currency),
            ordered_at=row.ordered_at,
            room_id=row.room_id,
            payment=paid.get(row.id),
            price=tuple(steps.get(row.id, ())),
            rebates=tuple(rebated.get(row.id, ())),
            carrier=row.carrier,
            tracking=row.tracking,
            late=late.get(row.id),
            shipped_at=row.shipped_at,
            received_at=row.received_at,
            completes_at=row.completes_at,
        )
        for row in rows
    ]


def search(
    uow: UnitOfWork,
    *,
    status: Status | None = None,
    name: str | None = None,
    order_id: uuid.UUID | None = None,
    before: uuid.UUID | None = None,
    limit: int,
) -> list[Sought]:
    """Up to `limit` orders of anybody, the newest first. One statement."""
    return store.search(uow.session, status=status, name=name, order_id=order_id, before=before, limit=limit)


def to_do(uow: UnitOfWork) -> ToDo:
    """What waits for a person: orders to send, refunds to decide. One statement."""
    return store.to_do(uow.session)
