"""A smaller plan or term once the term is over: chosen now, announced and charged as any renewal, until then undone.

Nothing is prorated and nothing goes back: the term that was paid runs to its end with all that it gives. From then on
the member has what the smaller one gives, also while its charge is on its way or tried again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from socialshop.infra.uow import UnitOfWork
from socialshop.memberships.errors import PlanNoDowngrade, PlanNotActive
from socialshop.memberships.offers import Offer
from socialshop.memberships.service.offering import growth_of, offer_of, offers_on_sale, plan_on_sale
from socialshop.memberships.service.renewing import announce_again
from socialshop.memberships.service.subscribing import is_over, require
from socialshop.memberships.store import subscriptions
from socialshop.memberships.store.subscriptions import SubscriptionRow


@dataclass(frozen=True, slots=True)
class DowngradeQuote:
    """What may follow the term, and what it costs by the member's growth now: what is announced later is charged."""

    offer_id: uuid.UUID
    offer: Offer
    term: str
    growth: int
    price_minor: int
    starts_on: date


def downgrades_of(uow: UnitOfWork, member: int, subscription_id: uuid.UUID) -> list[DowngradeQuote]:
    """Everything on sale that costs less than the next term of what the member has.

    Empty for a plan that does not renew, or whose term is over. Raises NotFound, PlanNotActive.
    """
    return _smaller(uow, require(uow, member, subscription_id, ("active",)))


def downgrade(uow: UnitOfWork, member: int, subscription_id: uuid.UUID, *, plan: str, term: str) -> None:
    """Renew as this plan and term once the term is over. Said again, nothing changes; another choice takes its place.

    What was announced is announced anew at once with this price, for the same day. Raises NotFound, PlanNotActive (it
    does not renew, or its term is over), PlanNotOffered, PlanNoDowngrade.
    """
    row = require(uow, member, subscription_id, ("active",))
    if not _goes_on(uow, row):
        raise PlanNotActive("a smaller plan follows one that renews, and is chosen before the term's end")
    offered = plan_on_sale(uow, plan)
    if not any((quote.offer_id, quote.term) == (offered.id, term) for quote in _smaller(uow, row)):
        raise PlanNoDowngrade("this costs no less than what your plan renews for")
    if (row.next_offer_id, row.next_term) != (offered.id, term):
        _follow(uow, row, offered.id, term)


def keep_plan(uow: UnitOfWork, member: int, subscription_id: uuid.UUID) -> None:
    """Renew as what it is after all. Said again, nothing changes. Raises NotFound, PlanNotActive (the term is over)."""
    row = require(uow, member, subscription_id, ("active",))
    if row.next_offer_id is not None:
        if is_over(uow, row):
            raise PlanNotActive("the term is over: what was chosen is being charged")
        _follow(uow, row, None, None)


def _follow(uow: UnitOfWork, row: SubscriptionRow, offer_id: uuid.UUID | None, term: str | None) -> None:
    subscriptions.follow_with(uow.session, row.id, offer_id, term)
    if row.charge_at is not None:
        announce_again(uow, row._replace(next_offer_id=offer_id, next_term=term))


def _goes_on(uow: UnitOfWork, row: SubscriptionRow) -> bool:
    return row.renews and not is_over(uow, row)


def _smaller(uow: UnitOfWork, row: SubscriptionRow) -> list[DowngradeQuote]:
    if not _goes_on(uow, row) or row.ends_on is None:
        return []
    growth = growth_of(uow, [row.member])[row.member]
    mine = offer_of(uow, row.offer_id).offer
    renewed = mine.term_of(row.term)
    if renewed is None:
        return []
    return [
        DowngradeQuote(view.id, view.offer, priced.term, growth, priced.price_at(growth), row.ends_on)
        for view in offers_on_sale(uow)
        for priced in view.offer.terms
        if view.offer.currency == mine.currency and priced.price_at(growth) < renewed.price_at(growth)
    ]
