"""Refunds in a few words: ask, approve, pay, claw back, one after the other, as the handlers would."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from socialshop.commissions import service as commissions
from socialshop.infra.outbox import payload_of
from socialshop.infra.uow import unit_of_work
from socialshop.ledger import service as ledger
from socialshop.ledger.service import WalletBalances
from socialshop.orders import service as orders
from socialshop.orders.events import OrderRefunded

ADMIN = uuid.UUID("01890000-0000-7000-8000-00000000ad01")


def ask(
    order_id: uuid.UUID, amount_minor: int | None = None, units: Mapping[int, int | None] | None = None, buyer: int = 3
) -> uuid.UUID:
    """Ask for money back."""
    with unit_of_work() as uow:
        return orders.request_refund(uow, buyer, order_id, "broken", amount_minor=amount_minor, units=units).id


def approve(refund_id: uuid.UUID) -> None:
    """Approve; an imported order's refund is then booked."""
    with unit_of_work() as uow:
        orders.approve_refund(uow, ADMIN, refund_id, None)


def claw_back(refund_id: uuid.UUID) -> None:
    """Follow the refund, in a unit of work of its own."""
    payload = payload_of(OrderRefunded(order_id=uuid.uuid4(), refund_id=refund_id))
    with unit_of_work() as uow:
        commissions.claw_back(uow, [payload])


def refund(order_id: uuid.UUID, amount_minor: int | None = None, **more: Any) -> uuid.UUID:
    """All of it, one step after the other."""
    refund_id = ask(order_id, amount_minor, **more)
    approve(refund_id)
    claw_back(refund_id)
    return refund_id


def settle(as_of: datetime) -> int:
    """Settle what has matured."""
    with unit_of_work() as uow:
        return commissions.settle_due(uow, as_of)


def wallet(number: int, currency: str = "CNY") -> WalletBalances:
    """What a member has."""
    with unit_of_work() as uow:
        return ledger.wallet(uow, number, currency)


def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    """What stands in the database."""
    with unit_of_work() as uow:
        return [tuple(row) for row in uow.session.execute(text(query), values)]


def replayed() -> str | None:
    """The first difference between the accruals and their recomputation, None where there is none."""
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return commissions.replay(uow).difference
