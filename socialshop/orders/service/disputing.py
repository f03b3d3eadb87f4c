"""A buyer's bank takes the money of an order back: a refund that nobody of the shop decides.

While the dispute is open the refund is approved and not paid: the clock of the order's commission stands still, and the
sum can be asked back no second time. Lost, it is refunded as any other, with all that follows; won, it is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra.uow import UnitOfWork
from socialshop.orders import returns
from socialshop.orders.returns import Part
from socialshop.orders.service.refunding import pay_refunds
from socialshop.orders.store import orders
from socialshop.orders.store import refunds as store
from socialshop.payments import service as payments
from socialshop.payments.rules import DisputeStatus
from socialshop.payments.service import DisputeRow


def follow_disputes(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Follow DisputeChanged: bring the refund in line with how the dispute stands now, told however often.

    To be given one payload at a time: the order's row is locked first.
    """
    for dispute_id in sorted({uuid.UUID(payload["dispute_id"]) for payload in payloads}):
        found = payments.disputes_of(uow, [dispute_id]).get(dispute_id)
        if found is not None and orders.lock(uow.session, found.about) is not None:
            _follow(uow, found)


def _follow(uow: UnitOfWork, dispute: DisputeRow) -> None:
    """The refund bears the dispute's own id, so there is one."""
    known = store.order_of(uow.session, dispute.id) is not None
    if dispute.status is DisputeStatus.WON:
        store.give_up(uow.session, dispute.id, "won", uow.now)
        return
    if not known:
        parts = _parts(store.left_of(uow.session, dispute.about), dispute.amount_minor)
        if not parts:
            return  # all of it went back before: what the bank took besides is in the books alone
        store.add(uow.session, dispute.id, dispute.about, reason=dispute.reason, parts=parts, now=uow.now)
        store.decide(uow.session, dispute.id, "approved", None, uow.now, restock=False)
    if dispute.status is DisputeStatus.LOST:
        pay_refunds(uow, [dispute.id])


def _parts(left: Sequence[Part], amount_minor: int) -> list[Part]:
    whole = sum(part.amount_minor for part in left)
    if amount_minor >= whole:
        return returns.all_of(left)
    return returns.sum_of(left, amount_minor)
