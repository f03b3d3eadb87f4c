"""After the sale: a refund is asked for, decided, and paid.

An order's row is locked before anything about its refunds is read or written, so requests of one order queue up.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from socialshop.audit import service as audit
from socialshop.deals import service as deals
from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.money import Money
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.orders import returns
from socialshop.orders.errors import AmountTooLarge, NothingToRefund, OrderNotConfirmed, RefundDecided
from socialshop.orders.events import OrderRefunded, RefundReviewed
from socialshop.orders.returns import Part
from socialshop.orders.rules import Status
from socialshop.orders.store import orders
from socialshop.orders.store import refunds as store
from socialshop.orders.store.orders import OrderRow
from socialshop.orders.store.refunds import PaidRow, RefundRow
from socialshop.payments import service as payments

# No money came (yet); or all of it went back, by refunds or by a hold that was released.
_NOTHING_LEFT = (Status.AWAITING_PAYMENT, Status.CANCELLED, Status.REFUNDED)


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund; `in_window` says that it was asked for before the days to send back were over.

    `restock`: whether its goods come back into stock, None before it is decided. `is_disputed`: the buyer's bank took
    the money, and nobody here decides.
    """

    id: uuid.UUID
    order_id: uuid.UUID
    status: str
    amount: Money
    reason: str
    in_window: bool
    parts: tuple[Part, ...]
    requested_at: datetime
    decided_at: datetime | None
    decision_reason: str | None
    failed_at: datetime | None
    refunded_at: datetime | None
    restock: bool | None
    is_disputed: bool

    @property
    def units(self) -> int:
        """How many units of goods come back with it; none where the money is a concession."""
        return sum(part.quantity for part in self.parts if part.is_goods)


def request_refund(
    uow: UnitOfWork,
    buyer: int,
    order_id: uuid.UUID,
    reason: str,
    *,
    amount_minor: int | None = None,
    units: Mapping[int, int | None] | None = None,
) -> RefundView:
    """Ask for a sum, for units by line (all left of a line where None), or for all that is left; an admin decides.

    An order that waits for its room may be asked back too: `rooms.ask_back` lets its buyer out. Raises NotFound
    (another's order too), NothingToRefund (nothing was paid, too), AmountTooLarge (open requests count as taken),
    InvalidValue (no such line).
    """
    order = orders.lock(uow.session, order_id)
    if order is None or order.buyer != buyer:
        raise NotFound("no such order")
    if order.status is Status.AWAITING_PAYMENT:
        raise NothingToRefund("nothing was paid; a seat that is not paid is left")
    left = [] if order.status in _NOTHING_LEFT else store.left_of(uow.session, order_id)
    parts = _parts(left, amount_minor, units, with_sending=_takes_sending(uow, order))
    refund_id = new_id()
    store.add(uow.session, refund_id, order_id, reason=reason, parts=parts, now=uow.now)
    return _view(uow, refund_id)


def is_asked_back_whole(uow: UnitOfWork, order_id: uuid.UUID) -> bool:
    """Whether nothing is left of the order but what its refunds, open or paid, take."""
    return not left_to_ask_minor(uow, order_id)


def left_to_ask_minor(uow: UnitOfWork, order_id: uuid.UUID) -> int:
    """What can still be asked back of an order that was paid, in minor units. One statement."""
    return sum(part.amount_minor for part in store.left_of(uow.session, order_id))


def concede(uow: UnitOfWork, order_id: uuid.UUID) -> list[RefundView]:
    """Approve by rule what is asked back of an order whose money was never taken; its hold is released by others.

    They are refunded with the order, once the money is back (`refund_whole`).
    """
    store.approve_open(uow.session, [order_id], uow.now)
    return _views(uow, store.of_order(uow.session, order_id))


def refunds_of(uow: UnitOfWork, order_id: uuid.UUID, buyer: int | None) -> list[RefundView]:
    """The refunds of an order, oldest first; `buyer` None may see anybody's. Raises NotFound, also for another's."""
    order = orders.find(uow.session, order_id)
    if order is None or (buyer is not None and order.buyer != buyer):
        raise NotFound("no such order")
    return _views(uow, store.of_order(uow.session, order_id))


def refund(uow: UnitOfWork, refund_id: uuid.UUID) -> RefundView:
    """Anybody's refund. Raises NotFound."""
    if store.order_of(uow.session, refund_id) is None:
        raise NotFound("no such refund")
    return _view(uow, refund_id)


def refund_page(uow: UnitOfWork, status: str | None, after: uuid.UUID | None, limit: int) -> list[RefundView]:
    """Up to `limit` refunds of anybody, oldest first. Two statements."""
    return _views(uow, store.page_of(uow.session, status, after, limit))


def approve_refund(
    uow: UnitOfWork, actor: uuid.UUID, refund_id: uuid.UUID, reason: str | None, *, restock: bool | None = None
) -> RefundView:
    """Have the money given back; approved again, nothing changes.

    `restock`: the units that it is about come back into stock, once the money is back. Where nothing is said they do if
    the parcel has not left; what has left is somebody's to look at first.
    What was bought elsewhere was paid elsewhere: there it is given back too, so here it is only booked, at once.
    Raises NotFound, RefundDecided (it was rejected), OrderNotConfirmed (its money is not taken yet).
    """
    refund = _locked(uow, refund_id)
    if refund.status == "rejected":
        raise RefundDecided("the refund was rejected; the buyer may ask again")
    if refund.status == "requested":
        order = _taken(uow, refund.order_id)
        back = order.status is Status.CONFIRMED if restock is None else restock
        store.decide(uow.session, refund_id, "approved", reason, uow.now, restock=back)
        _record(uow, actor, "refund.approved", refund, reason, restock=back)
        uow.emit(RefundReviewed(refund_id=refund_id, decision="approved"))
        payment = payments.payments_of_orders(uow, [refund.order_id]).get(refund.order_id)
        if payment is None:
            ledger.post(uow, [_imported(refund)])
            pay_refunds(uow, [refund_id])
        else:
            payments.request_refund(uow, payment_id=payment.id, refund_id=refund_id, amount_minor=refund.amount_minor)
    return _view(uow, refund_id)


def reject_refund(uow: UnitOfWork, actor: uuid.UUID, refund_id: uuid.UUID, reason: str) -> RefundView:
    """Refuse it; rejected again, nothing changes. Raises NotFound, RefundDecided (it was approved)."""
    refund = _locked(uow, refund_id)
    if refund.status in {"approved", "refunded"}:
        raise RefundDecided(f"the refund is {refund.status}")
    if refund.status == "requested":
        store.decide(uow.session, refund_id, "rejected", reason, uow.now)
        _record(uow, actor, "refund.rejected", refund, reason)
        uow.emit(RefundReviewed(refund_id=refund_id, decision="rejected"))
    return _view(uow, refund_id)


def on_refund_paid(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow RefundPaid: the refund and its order say so. Told again, nothing changes."""
    pay_refunds(uow, _refund_ids(payloads))


def on_refund_failed(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow RefundFailed: the provider gave nothing back, so an admin decides again."""
    ids = _refund_ids(payloads)
    store.lock_orders(uow.session, ids)
    store.request_again(uow.session, ids, uow.now)


def pay_refunds(uow: UnitOfWork, refund_ids: Sequence[uuid.UUID]) -> None:
    """These approved refunds are paid: their orders say so, and all that follows is told. Again, nothing changes."""
    store.lock_orders(uow.session, refund_ids)
    paid = store.mark_refunded(uow.session, refund_ids, uow.now)
    ledger.post(uow, [_for_shipping(each) for each in paid if each.shipping_minor])
    back = store.brought_back(uow.session, [each.id for each in paid])
    deals.restock(uow, [deals.BackInStock(*each) for each in back])
    uow.emit_all([OrderRefunded(order_id=each.order_id, refund_id=each.id) for each in paid])
    crash_point("refund.recorded")


def _parts(
    left: Sequence[Part], amount_minor: int | None, units: Mapping[int, int | None] | None, *, with_sending: bool
) -> list[Part]:
    """What goes back, or the reason why it cannot."""
    whole = sum(part.amount_minor for part in left)
    if whole == 0:
        raise NothingToRefund("all that was paid went back, or is asked back already")
    if amount_minor is not None:
        if amount_minor > whole:
            raise AmountTooLarge("more than is left of the order", field="amount_minor", left_minor=whole)
        return returns.sum_of(left, amount_minor)
    if units is None:
        return returns.all_of(left)
    _check_units(left, units)
    parts = returns.units_of(left, units, with_sending=with_sending)
    if not sum(part.amount_minor for part in parts):
        raise NothingToRefund("nothing is left of these lines")
    return parts


def _takes_sending(uow: UnitOfWork, order: OrderRow) -> bool:
    """Whether the last of the goods that are asked back take their sending along.

    While nothing was sent; and once a person decides, while nothing else waits to be decided: what is rejected is sent.
    """
    if order.status is Status.CONFIRMED:
        return not store.is_any_undecided(uow.session, order.id)
    return order.status is Status.PAID


def _check_units(left: Sequence[Part], units: Mapping[int, int | None]) -> None:
    by_line = {part.line: part for part in left}
    for line, quantity in units.items():
        if line not in by_line:
            raise InvalidValue("the order has no such line", field="lines")
        if quantity is not None and quantity > by_line[line].quantity:
            raise AmountTooLarge("more units than are left of the line", field="lines")


def _taken(uow: UnitOfWork, order_id: uuid.UUID) -> OrderRow:
    """The order of a refund, whose money was taken. Raises OrderNotConfirmed."""
    order = orders.find(uow.session, order_id)
    if order is None:
        raise LookupError("a refund without its order")
    if order.status is Status.PAID:
        raise OrderNotConfirmed("the order's money has not been taken yet: it waits for its room")
    return order


def _locked(uow: UnitOfWork, refund_id: uuid.UUID) -> RefundRow:
    if store.order_of(uow.session, refund_id) is None:
        raise NotFound("no such refund")
    store.lock_orders(uow.session, [refund_id])
    return store.find(uow.session, refund_id)


def _imported(refund: RefundRow) -> ledger.Entry:
    return ledger.Entry(
        reference=f"refund:{to_public('rfd', refund.id)}",
        kind="refund",
        postings=(
            ledger.Posting(chart.SALES, -refund.amount_minor, refund.currency, refund.order_id),
            ledger.Posting(chart.provider_clearing("import"), refund.amount_minor, refund.currency, refund.order_id),
        ),
    )


def _for_shipping(paid: PaidRow) -> ledger.Entry:
    """A refund's money is booked out of the sales; what of it was for sending the goods comes out of that income."""
    return ledger.Entry(
        reference=f"refund_shipping:{to_public('rfd', paid.id)}",
        kind="refund_shipping",
        postings=(
            ledger.Posting(chart.SALES, paid.shipping_minor, paid.currency, paid.order_id),
            ledger.Posting(chart.SHIPPING, -paid.shipping_minor, paid.currency, paid.order_id),
        ),
    )


def _record(
    uow: UnitOfWork, actor: uuid.UUID, action: str, refund: RefundRow, reason: str | None, **more: object
) -> None:
    facts: dict[str, object] = {
        "order": to_public("ord", refund.order_id),
        "amount_minor": refund.amount_minor,
        "currency": refund.currency,
        **({"reason": reason} if reason else {}),
        **more,
    }
    audit.record(uow, actor=actor, action=action, target=to_public("rfd", refund.id), facts=facts)


def _refund_ids(payloads: Sequence[Mapping[str, Any]]) -> list[uuid.UUID]:
    return sorted({uuid.UUID(payload["refund_id"]) for payload in payloads})


def _view(uow: UnitOfWork, refund_id: uuid.UUID) -> RefundView:
    return _views(uow, [store.find(uow.session, refund_id)])[0]


def _views(uow: UnitOfWork, rows: Sequence[RefundRow]) -> list[RefundView]:
    parts = store.parts_of(uow.session, [row.id for row in rows])
    return [
        RefundView(
            id=row.id,
            order_id=row.order_id,
            status=row.status,
            amount=Money(row.amount_minor, row.currency),
            reason=row.reason,
            in_window=row.in_window,
            parts=tuple(parts.get(row.id, ())),
            requested_at=row.requested_at,
            decided_at=row.decided_at,
            decision_reason=row.decision_reason,
            failed_at=row.failed_at,
            refunded_at=row.refunded_at,
            restock=row.restock,
            is_disputed=row.is_disputed,
        )
        for row in rows
    ]
