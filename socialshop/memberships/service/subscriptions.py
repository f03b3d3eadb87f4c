"""Subscriptions as members and the shop see them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.money import Money
from socialshop.memberships.service.offering import OfferView, offers_named
from socialshop.memberships.store import charges, terms
from socialshop.memberships.store import subscriptions as store
from socialshop.memberships.store.charges import ChargeRow
from socialshop.memberships.store.subscriptions import SubscriptionRow
from socialshop.memberships.store.terms import TermRow
from socialshop.payments import service as payments
from socialshop.payments.service import PaymentView


@dataclass(frozen=True, slots=True)
class TermView:
    """The term that runs: from a day until before another. A trial's price is nothing, a gift's was another's."""

    is_trial: bool
    is_gift: bool
    starts_on: date
    ends_on: date
    price: Money


@dataclass(frozen=True, slots=True)
class Following:
    """What the member chose to renew as, once the term is over."""

    offered: OfferView
    term: str


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be paid by hand, or is being charged; `growth` is what the price goes by."""

    kind: str
    term: str
    price: Money
    credit: Money
    amount: Money
    growth: int
    payment: PaymentView


@dataclass(frozen=True, slots=True)
class PlanRefund:
    """Money that went back, or is on its way: `asked`, `paid` or `failed`."""

    amount: Money
    rule: str
    status: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; `offered` is what was bought. `next_price` is charged at `charge_at`, as was announced.

    `follows` is None where it renews as what it is.
    """

    id: uuid.UUID
    member: int
    offered: OfferView
    term: str
    status: str
    renews: bool
    by_mandate: bool
    current: TermView | None
    ends_at: datetime | None
    follows: Following | None
    next_price: Money | None
    charge_at: datetime | None
    grace_until: datetime | None
    due: Due | None
    refunds: tuple[PlanRefund, ...]
    created_at: datetime
    ended_at: datetime | None
    ended_because: str | None


def subscriptions_of(uow: UnitOfWork, member: int) -> list[Subscription]:
    """The member's subscriptions, the newest first. Six statements, whatever their number."""
    return _seen(uow, store.of_member(uow.session, member))


def subscription_of(uow: UnitOfWork, member: int, subscription_id: uuid.UUID) -> Subscription:
    """One of the member's subscriptions. Raises NotFound."""
    found = _seen(uow, [row for row in store.of_member(uow.session, member) if row.id == subscription_id])
    if not found:
        raise NotFound("no such subscription")
    return found[0]


def subscription_page(uow: UnitOfWork, status: str | None, before: uuid.UUID | None, limit: int) -> list[Subscription]:
    """Up to `limit` of everybody's subscriptions of this status, the newest first, older than `before`."""
    return _seen(uow, store.page_of(uow.session, status, before, limit))


def _seen(uow: UnitOfWork, rows: Sequence[SubscriptionRow]) -> list[Subscription]:
    ids = [row.id for row in rows]
    offers = offers_named(uow, list({id_ for row in rows for id_ in (row.offer_id, row.renews_offer_id)}))
    now = terms.current(uow.session, ids)
    due = charges.due_of(uow.session, ids)
    payment_of = payments.payments_of_charges(uow, [charge.id for charge in due.values()])
    refunds: dict[uuid.UUID, list[PlanRefund]] = {}
    for found in charges.refunds_of(uow.session, ids):
        refund = PlanRefund(Money(found.amount_minor, found.currency), found.rule, found.status, found.asked_at)
        refunds.setdefault(found.subscription_id, []).append(refund)
    return [
        Subscription(
            id=row.id,
            member=row.member,
            offered=offers[row.offer_id],
            term=row.term,
            status=row.status,
            renews=row.renews,
            by_mandate=row.mandate_id is not None,
            current=_term(now[row.id]) if row.id in now else None,
            ends_at=row.ends_at,
            follows=Following(offers[row.next_offer_id], row.renews_term) if row.next_offer_id else None,
            next_price=(
                Money(row.next_price_minor, offers[row.renews_offer_id].offer.currency)
                if row.next_price_minor
                else None
            ),
            charge_at=row.charge_at,
            grace_until=row.grace_until,
            due=_due(due[row.id], payment_of[due[row.id].id]) if row.id in due else None,
            refunds=tuple(refunds.get(row.id, ())),
            created_at=row.created_at,
            ended_at=row.ended_at,
            ended_because=row.ended_because,
        )
        for row in rows
    ]


def _term(row: TermRow) -> TermView:
    return TermView(
        row.kind == "trial", row.kind == "gift", row.starts_on, row.ends_on, Money(row.price_minor, row.currency)
    )


def _due(charge: ChargeRow, payment: PaymentView) -> Due:
    return Due(
        kind=charge.kind,
        term=charge.term,
        price=Money(charge.price_minor, charge.currency),
        credit=Money(charge.credit_minor, charge.currency),
        amount=Money(charge.amount_minor, charge.currency),
        growth=charge.growth,
        payment=payment,
    )
