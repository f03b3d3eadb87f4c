"""Plans that are given: paid by one member, redeemed by another with a link that works once."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.identity import service as identity
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.kernel.money import Money
from socialshop.kernel.time import day_of
from socialshop.memberships.errors import GiftGone, GiftNotReady
from socialshop.memberships.service.collecting import give_back
from socialshop.memberships.service.offering import OfferView, growth_of, offer_on_sale, offers_named
from socialshop.memberships.service.subscribing import open_charge, place
from socialshop.memberships.store import charges, subscriptions, terms
from socialshop.memberships.store import gifts as store
from socialshop.memberships.store.charges import ChargeRow
from socialshop.memberships.store.gifts import GiftRow
from socialshop.memberships.store.subscriptions import Begun
from socialshop.memberships.store.terms import TermRow
from socialshop.memberships.terms import MONTHS, first_instant, months_after
from socialshop.payments import service as payments
from socialshop.payments.service import PaymentView

_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift as its giver sees it: `waiting` for its payment, `ready`, `redeemed` or `returned`."""

    id: uuid.UUID
    offered: OfferView
    term: str
    price: Money
    status: str
    payment: PaymentView
    created_at: datetime
    redeemed_at: datetime | None


def give(uow: UnitOfWork, giver: int, *, plan: str, term: str, zone: str) -> uuid.UUID:
    """Open the payment of a gift, at the giver's own price; returns its id. Raises PlanNotOffered."""
    offered, priced = offer_on_sale(uow, plan, term)
    growth, gift_id = growth_of(uow, [giver])[giver], new_id()
    charge = ChargeRow(
        id=new_id(),
        payer=giver,
        subscription_id=None,
        kind="gift",
        number=1,
        offer_id=offered.id,
        term=term,
        renews=False,
        growth=growth,
        price_minor=priced.price_at(growth),
        credit_minor=0,
        refunded_minor=0,
        currency=offered.offer.currency,
        status="due",
        starts_on=day_of(uow.now, zone),
    )
    open_charge(uow, charge)
    store.add(uow.session, gift_id, giver=giver, charge_id=charge.id, now=uow.now)
    return gift_id


def gifts_of(uow: UnitOfWork, giver: int) -> list[Gift]:
    """The gifts of a giver that were paid or may still be, the newest first. Four statements."""
    rows = store.of_giver(uow.session, giver)
    charge_of = {charge.id: charge for charge in charges.named(uow.session, [row.charge_id for row in rows])}
    payment_of = payments.payments_of_charges(uow, list(charge_of))
    offers = offers_named(uow, [charge.offer_id for charge in charge_of.values()])
    return [
        Gift(
            id=row.id,
            offered=offers[charge.offer_id],
            term=charge.term,
            price=Money(charge.price_minor, charge.currency),
            status=row.status,
            payment=payment_of[charge.id],
            created_at=row.created_at,
            redeemed_at=row.redeemed_at,
        )
        for row in rows
        if (charge := charge_of[row.charge_id]).status != "void"
    ]


def gift_of(uow: UnitOfWork, giver: int, gift_id: uuid.UUID) -> Gift:
    """One of the giver's gifts. Raises NotFound."""
    found = next((gift for gift in gifts_of(uow, giver) if gift.id == gift_id), None)
    if found is None:
        raise NotFound("no such gift")
    return found


def make_gift_link(uow: UnitOfWork, giver: int, gift_id: uuid.UUID) -> str:
    """The token of a link that whoever has it redeems the gift with; told once, and the one before is worth nothing.

    Raises NotFound, GiftNotReady (not paid, or redeemed, or returned).
    """
    row = _held(uow, giver, gift_id)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    if row.status != "ready" or not store.set_token(uow.session, gift_id, identity.hash_of(token)):
        raise GiftNotReady("the gift is not paid yet, or has been redeemed or given back", status=row.status)
    return token


def redeem(uow: UnitOfWork, member: int, token: str, zone: str) -> uuid.UUID:
    """Have the plan that a link gives; it begins today, or after a trial. Returns the subscription.

    Once, whoever is faster. Raises GiftGone (no such link, or it was used), PlanHeld.
    """
    row = store.lock_by_token(uow.session, identity.hash_of(token))
    if row is None or row.status != "ready":
        raise GiftGone("this link gives nothing any more")
    (charge,) = charges.named(uow.session, [row.charge_id])
    held = place(uow, member, charge.offer_id, charge.term)
    charges.void_due(uow.session, [held.id])
    starts_on = held.ends_on or day_of(uow.now, zone)
    ends_on = months_after(starts_on, MONTHS[charge.term])
    begun = Begun(
        id=held.id,
        offer_id=charge.offer_id,
        term=charge.term,
        renews=False,
        number=held.number + 1,
        anchor_on=starts_on,
        months_through=MONTHS[charge.term],
        ends_on=ends_on,
        ends_at=first_instant(ends_on, zone),
        mandate_id=None,
        months_from=starts_on,
    )
    term = TermRow(
        id=new_id(),
        subscription_id=held.id,
        number=begun.number,
        kind="gift",
        charge_id=charge.id,
        offer_id=charge.offer_id,
        starts_on=starts_on,
        ends_on=ends_on,
        price_minor=charge.price_minor,
        currency=charge.currency,
        recognised_minor=0,
        closed_at=None,
    )
    terms.add_all(uow.session, [term])
    subscriptions.begin_terms(uow.session, [begun])
    store.note_redeemed(uow.session, row.id, held.id, uow.now)
    return held.id


def return_gift(uow: UnitOfWork, giver: int, gift_id: uuid.UUID) -> None:
    """Give back what was paid for a gift that nobody redeemed; its link is worth nothing then.

    Said again, nothing changes. Raises NotFound, GiftNotReady.
    """
    row = _held(uow, giver, gift_id)
    if row.status == "returned":
        return
    if row.status != "ready":
        raise GiftNotReady("the gift is not paid yet, or has been redeemed", status=row.status)
    store.note_returned(uow.session, gift_id)
    give_back(uow, [(charge, charge.price_minor) for charge in charges.named(uow.session, [row.charge_id])], "whole")


def _held(uow: UnitOfWork, giver: int, gift_id: uuid.UUID) -> GiftRow:
    row = store.lock(uow.session, gift_id, giver)
    if row is None:
        raise NotFound("no such gift")
    return row
