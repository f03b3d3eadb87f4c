"""A better plan or a longer term from today on: what is left of the term now is credited, the rest is paid."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id
from socialshop.kernel.time import day_of
from socialshop.memberships.errors import PlanNoUpgrade
from socialshop.memberships.offers import Offer, TermOffer
from socialshop.memberships.service.offering import OfferView, growth_of, offer_on_sale, offers_on_sale
from socialshop.memberships.service.subscribing import open_charge, require
from socialshop.memberships.store import charges, terms
from socialshop.memberships.store.charges import ChargeRow
from socialshop.memberships.store.subscriptions import SubscriptionRow
from socialshop.memberships.store.terms import TermRow
from socialshop.memberships.terms import MONTHS, months_after, unused_minor


@dataclass(frozen=True, slots=True)
class UpgradeQuote:
    """What an upgrade costs today: the price by the member's growth, less the worth of the days that are left.

    The credit is the term's price times `unused_days` over `days`, rounded down.
    """

    offer_id: uuid.UUID
    offer: Offer
    term: str
    growth: int
    price_minor: int
    credit_minor: int
    unused_days: int
    days: int
    starts_on: date
    ends_on: date

    @property
    def amount_minor(self) -> int:
        """What is to be paid."""
        return self.price_minor - self.credit_minor


def upgrades_of(uow: UnitOfWork, member: int, subscription_id: uuid.UUID, zone: str) -> list[UpgradeQuote]:
    """Every upgrade that there is, with what it costs today. Raises NotFound, PlanNotActive."""
    row = require(uow, member, subscription_id, ("active",))
    state = _state(uow, row, zone)
    found = [_quote(state, offered, priced) for offered in offers_on_sale(uow) for priced in offered.offer.terms]
    return [quote for quote in found if _is_upgrade(state, quote)]


def upgrade(uow: UnitOfWork, member: int, subscription_id: uuid.UUID, *, plan: str, term: str, zone: str) -> None:
    """Open the payment of an upgrade by today's quote; the better term begins once it is paid.

    Raises NotFound, PlanNotActive, PlanNotOffered, PlanNoUpgrade.
    """
    row = require(uow, member, subscription_id, ("active",))
    quote = _wanted(uow, row, plan, term, zone)
    charges.void_due(uow.session, [row.id])
    charge = ChargeRow(
        id=new_id(),
        payer=member,
        subscription_id=row.id,
        kind="upgrade",
        number=row.number + 1,
        offer_id=quote.offer_id,
        term=term,
        renews=row.renews,
        growth=quote.growth,
        price_minor=quote.price_minor,
        credit_minor=quote.credit_minor,
        refunded_minor=0,
        currency=quote.offer.currency,
        status="due",
        starts_on=quote.starts_on,
    )
    open_charge(uow, charge)


@dataclass(frozen=True, slots=True)
class _State:
    """What a member has today."""

    term_name: str
    term: TermRow
    growth: int
    today: date


def _state(uow: UnitOfWork, row: SubscriptionRow, zone: str) -> _State:
    growth = growth_of(uow, [row.member])[row.member]
    return _State(row.term, terms.current(uow.session, [row.id])[row.id], growth, day_of(uow.now, zone))


def _wanted(uow: UnitOfWork, row: SubscriptionRow, plan: str, term: str, zone: str) -> UpgradeQuote:
    offered, priced = offer_on_sale(uow, plan, term)
    state = _state(uow, row, zone)
    quote = _quote(state, offered, priced)
    if not _is_upgrade(state, quote):
        raise PlanNoUpgrade("this costs no more than what is left of your term is worth")
    return quote


def _quote(state: _State, offered: OfferView, priced: TermOffer) -> UpgradeQuote:
    days = (state.term.ends_on - state.term.starts_on).days
    unused = min(max((state.term.ends_on - state.today).days, 0), days)
    return UpgradeQuote(
        offer_id=offered.id,
        offer=offered.offer,
        term=priced.term,
        growth=state.growth,
        price_minor=priced.price_at(state.growth),
        credit_minor=unused_minor(state.term.price_minor, days, unused),
        unused_days=unused,
        days=days,
        starts_on=state.today,
        ends_on=months_after(state.today, MONTHS[priced.term]),
    )


def _is_upgrade(state: _State, quote: UpgradeQuote) -> bool:
    """Not what the member has, paid in the same money, and dearer than what is left."""
    same = (state.term.offer_id, state.term_name) == (quote.offer_id, quote.term)
    paid = state.term.kind == "paid" and state.term.currency == quote.offer.currency
    return paid and not same and quote.amount_minor >= 1
