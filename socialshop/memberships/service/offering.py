"""Offers of plans: drafted, looked at with who would pay what, published; never edited."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from socialshop.audit import service as audit
from socialshop.infra.uow import UnitOfWork, advisory_lock
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id, to_public
from socialshop.kernel.time import to_text
from socialshop.memberships.errors import EffectiveTooEarly, PlanNotOffered
from socialshop.memberships.offers import Offer, TermOffer, document_of, parse
from socialshop.memberships.rules import Benefits, benefits_of_tier
from socialshop.memberships.store import growth
from socialshop.memberships.store import offers as store
from socialshop.memberships.store.offers import OfferRow


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer; `number` and `effective_at` are None for a draft."""

    id: uuid.UUID
    offer: Offer
    created_at: datetime
    number: int | None
    effective_at: datetime | None

    @property
    def benefits(self) -> Benefits:
        """What the plan gives, as a tier's benefits are shown."""
        offer = self.offer
        return benefits_of_tier(offer.plan, offer.name_zh, offer.name_en, 0, offer.benefits.model_dump())


@dataclass(frozen=True, slots=True)
class Payers:
    """How many members have the growth by which a term costs so much."""

    term: str
    growth: int
    price_minor: int
    members: int


def draft_offer(uow: UnitOfWork, actor: uuid.UUID, offer: Offer) -> OfferView:
    """Keep a draft: nobody can buy it until it is published."""
    offer_id = new_id()
    store.add(uow.session, offer_id, document_of(offer), created_by=actor, now=uow.now)
    _record(uow, actor, "plan_offer.drafted", offer_id, plan=offer.plan)
    return OfferView(offer_id, offer, uow.now, None, None)


def offer_page(uow: UnitOfWork, before: uuid.UUID | None, limit: int) -> list[OfferView]:
    """Up to `limit` offers, the newest first, older than `before`."""
    return [_view(row) for row in store.page_of(uow.session, before, limit)]


def offer_of(uow: UnitOfWork, offer_id: uuid.UUID) -> OfferView:
    """A draft or published offer. Raises NotFound."""
    row = store.named(uow.session, [offer_id]).get(offer_id)
    if row is None:
        raise NotFound("no such offer")
    return _view(row)


def offers_named(uow: UnitOfWork, offer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, OfferView]:
    """These offers by id. One statement."""
    return {id_: _view(row) for id_, row in store.named(uow.session, offer_ids).items()}


def offers_on_sale(uow: UnitOfWork) -> list[OfferView]:
    """What members can buy now, by the plans' codes."""
    found = [_view(row) for row in store.in_force(uow.session, uow.now)]
    return [view for view in found if view.offer.on_sale]


def plan_on_sale(uow: UnitOfWork, plan: str) -> OfferView:
    """What is offered of this plan now. Raises PlanNotOffered."""
    for view in offers_on_sale(uow):
        if view.offer.plan == plan:
            return view
    raise PlanNotOffered("this plan is not offered")


def offer_on_sale(uow: UnitOfWork, plan: str, term: str) -> tuple[OfferView, TermOffer]:
    """What is offered of this plan and term now. Raises PlanNotOffered."""
    view = plan_on_sale(uow, plan)
    offered = view.offer.term_of(term)
    if offered is None:
        raise PlanNotOffered("this plan is not offered for this term")
    return view, offered


def growth_of(uow: UnitOfWork, members: Sequence[int]) -> dict[int, int]:
    """The growth that prices go by, of each of these members. One statement."""
    grown = growth.sums(uow.session, members, uow.now)
    return {member: max(grown.get(member, 0), 0) for member in members}


def who_pays(uow: UnitOfWork, offer_id: uuid.UUID) -> list[Payers]:
    """How many members would pay which price, by the growth of the last evaluation. Raises NotFound."""
    offer = offer_of(uow, offer_id).offer
    found = []
    for term in offer.terms:
        counts = store.who_pays(uow.session, [step.growth for step in term.prices])
        found += [
            Payers(term.term, step.growth, step.price_minor, members)
            for step, members in zip(term.prices, counts, strict=True)
        ]
    return found


def publish_offer(
    uow: UnitOfWork, actor: uuid.UUID, offer_id: uuid.UUID, effective_at: datetime | None = None
) -> OfferView:
    """Bring a draft into force, from `effective_at` on (by default now); published again, it stays as it is.

    Who has bought keeps what was bought, also when the term is renewed. Raises NotFound, EffectiveTooEarly.
    """
    advisory_lock(uow, "plan offers")
    found = offer_of(uow, offer_id)
    if found.number is not None:
        return found
    plan = found.offer.plan
    last = store.last_version(uow.session, plan)
    holds_from = effective_at or uow.now
    if holds_from < uow.now or (last is not None and holds_from <= last[1]):
        after = f", and after the last one ({to_text(last[1])})" if last else ""
        raise EffectiveTooEarly(f"an offer begins now or later{after}", field="effective_at")
    number = last[0] + 1 if last else 1
    store.add_version(uow.session, plan=plan, number=number, offer_id=offer_id, effective_at=holds_from, now=uow.now)
    _record(uow, actor, "plan_offer.published", offer_id, plan=plan, version=number, effective_at=holds_from)
    return offer_of(uow, offer_id)


def _view(row: OfferRow) -> OfferView:
    return OfferView(row.id, parse(row.document), row.created_at, row.number, row.effective_at)


def _record(uow: UnitOfWork, actor: uuid.UUID, action: str, offer_id: uuid.UUID, **facts: object) -> None:
    audit.record(uow, actor=actor, action=action, target=to_public("plo", offer_id), facts=facts)
