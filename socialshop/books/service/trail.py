"""Show me this cent: from a payout to the commissions that it paid, their sales and the clicks that brought them; and
from an order to whom it paid.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from socialshop.books.store import trail as store
from socialshop.books.store.trail import PaidBy, Settled, Source, Subject
from socialshop.commissions import service as commissions
from socialshop.commissions.service import OrderCommissions
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import to_public
from socialshop.ledger import service as ledger
from socialshop.ledger.service import BrowsedEntry
from socialshop.orders import service as orders
from socialshop.orders.service import OrderView
from socialshop.payouts import service as payouts
from socialshop.payouts.service import Evidence

Row = TypeVar("Row", Settled, PaidBy)
_STEPS = ("reserved", "rejected", "cancelled", "paid", "failed", "returned")


@dataclass(frozen=True, slots=True)
class PayoutTrail:
    """A payout with its entries, and behind it the commissions, the entries that settled them, and their sales."""

    evidence: Evidence
    entries: Sequence[BrowsedEntry]
    settled: Mapping[uuid.UUID, Sequence[Settled]]
    sources: Mapping[uuid.UUID, Source]


@dataclass(frozen=True, slots=True)
class OrderTrail:
    """An order with what brought it, its entries, whom it paid, and the payouts by which that left."""

    order: OrderView
    source: Source
    entries: Sequence[BrowsedEntry]
    paid: OrderCommissions
    settled: Mapping[uuid.UUID, Sequence[Settled]]
    payouts: Mapping[uuid.UUID, Sequence[PaidBy]]


def trail_of_payout(uow: UnitOfWork, request_id: uuid.UUID) -> PayoutTrail:
    """Backwards from a payout. A constant number of statements. Raises NotFound."""
    evidence = payouts.evidence(uow, request_id)
    name = to_public("por", request_id)
    accruals = [part.accrual_id for part in evidence.accruals]
    found = {part.order_id for part in evidence.accruals if part.order_id is not None}
    return PayoutTrail(
        evidence,
        ledger.entries_named(uow, [f"payout:{name}:{step}" for step in _STEPS]),
        _by_accrual(store.settled(uow.session, accruals)),
        {source.order_id: source for source in store.sources(uow.session, found)},
    )


def trail_of_order(uow: UnitOfWork, order_id: uuid.UUID) -> OrderTrail:
    """Forwards from an order. A constant number of statements. Raises NotFound."""
    order = orders.order(uow, order_id, None)
    paid = commissions.order_commissions(uow, order_id)
    accruals = [row.id for row in paid.accruals]
    (source,) = store.sources(uow.session, [order_id])
    return OrderTrail(
        order,
        source,
        ledger.entries_named(uow, _references(uow, order)),
        paid,
        _by_accrual(store.settled(uow.session, accruals)),
        _by_accrual(store.paid_by(uow.session, accruals)),
    )


def _references(uow: UnitOfWork, order: OrderView) -> list[str]:
    """Under which references the books have an order: docs/ledger.md, What each event posts."""
    name = to_public("ord", order.id)
    found = [f"{what}:{name}" for what in ("sale", "fill", "accrual")]
    if order.payment is not None:
        found.append(f"capture:{to_public('pay', order.payment.id)}")
    for refund in orders.refunds_of(uow, order.id, None):
        given = to_public("rfd", refund.id)
        found += [f"{what}:{given}" for what in ("refund", "refund_shipping", "clawback")]
    return found


def subjects(uow: UnitOfWork, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Subject]:
    """What postings are about, of those ids that are orders, commissions or payouts. One statement."""
    return {found.id: found for found in store.subjects(uow.session, ids)} if ids else {}


def _by_accrual(rows: Sequence[Row]) -> dict[uuid.UUID, list[Row]]:
    found: dict[uuid.UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.accrual_id, []).append(row)
    return found
