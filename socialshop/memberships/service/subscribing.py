"""Buying a plan, trying it, and saying whether it goes on. What is paid begins in `collecting`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.kernel.money import Money
from socialshop.kernel.time import day_of
from socialshop.memberships.errors import PlanHeld, PlanNotActive, TrialUsed
from socialshop.memberships.service.offering import growth_of, offer_on_sale, plan_on_sale
from socialshop.memberships.store import charges, families, subscriptions, terms
from socialshop.memberships.store.charges import OPEN_FOR, ChargeRow
from socialshop.memberships.store.subscriptions import Begun, SubscriptionRow
from socialshop.memberships.store.terms import TermRow
from socialshop.memberships.terms import first_instant
from socialshop.payments import service as payments
from socialshop.payments.service import Fee


def buy(uow: UnitOfWork, member: int, *, plan: str, term: str, renews: bool, zone: str) -> uuid.UUID:
    """Open a subscription and the payment of its first term; it begins once that is paid. Returns its id.

    The price is that of the member's growth now, and is kept for half an hour. Said again, the same payment is open
    still; another choice takes the place of one that is not paid. A trial that runs is followed by what is bought. With
    `renews` the member agrees that later terms are charged. Raises PlanNotOffered, PlanHeld.
    """
    offered, priced = offer_on_sale(uow, plan, term)
    row = place(uow, member, offered.id, term)
    due = charges.due_of(uow.session, [row.id]).get(row.id)
    if due is not None and (due.offer_id, due.term, due.renews) == (offered.id, term, renews):
        return row.id
    charges.void_due(uow.session, [row.id])
    growth = growth_of(uow, [member])[member]
    charge = ChargeRow(
        id=new_id(),
        payer=member,
        subscription_id=row.id,
        kind="start",
        number=row.number + 1,
        offer_id=offered.id,
        term=term,
        renews=renews,
        growth=growth,
        price_minor=priced.price_at(growth),
        credit_minor=0,
        refunded_minor=0,
        currency=offered.offer.currency,
        status="due",
        starts_on=row.ends_on or day_of(uow.now, zone),
    )
    open_charge(uow, charge)
    return row.id


def begin_trial(uow: UnitOfWork, member: int, *, plan: str, zone: str) -> uuid.UUID:
    """Have a plan for its trial days, for nothing and without a means to pay; it ends by itself. Returns its id.

    Raises PlanNotOffered, PlanHeld, TrialUsed.
    """
    offered = plan_on_sale(uow, plan)
    if not offered.offer.trial_days or subscriptions.had_trial(uow.session, member):
        raise TrialUsed("there is no trial for you: a member has one once")
    term = offered.offer.terms[0].term
    row = place(uow, member, offered.id, term)
    today = day_of(uow.now, zone)
    if row.number or not subscriptions.add_trial(uow.session, member, row.id, today):
        raise TrialUsed("there is no trial for you: a member has one once")
    charges.void_due(uow.session, [row.id])
    ends_on = today + timedelta(days=offered.offer.trial_days)
    free = TermRow(new_id(), row.id, 1, "trial", None, offered.id, today, ends_on, 0, offered.offer.currency, 0, None)
    terms.add_all(uow.session, [free])
    ends_at = first_instant(ends_on, zone)
    subscriptions.begin_terms(
        uow.session, [Begun(row.id, offered.id, term, False, 1, ends_on, 0, ends_on, ends_at, None, None)]
    )
    return row.id


def had_trial(uow: UnitOfWork, member: int) -> bool:
    """Whether the member had a trial, of whichever plan."""
    return subscriptions.had_trial(uow.session, member)


def cancel(uow: UnitOfWork, member: int, subscription_id: uuid.UUID) -> None:
    """Let the subscription end with its term; one whose term is over ends now. Said again, nothing changes.

    The leave to charge again is taken back at once, at its provider too.

    Raises NotFound, PlanNotActive.
    """
    row = require(uow, member, subscription_id, ("active", "grace"))
    if row.status == "grace" or is_over(uow, row):
        stop(uow, [row], "cancelled")
    elif row.renews:
        charges.void_due(uow.session, [row.id])
        subscriptions.set_renews(uow.session, row.id, renews=False)
        if row.mandate_id is not None:
            payments.end_mandates(uow, [row.mandate_id])


def resume(uow: UnitOfWork, member: int, subscription_id: uuid.UUID) -> None:
    """Let a cancelled subscription go on after its term; the member is asked to pay when it is due.

    Raises NotFound, PlanNotActive (a trial, or a plan whose term is over, goes on by buying).
    """
    row = require(uow, member, subscription_id, ("active",))
    if terms.current(uow.session, [row.id])[row.id].kind == "trial":
        raise PlanNotActive("a trial goes on by buying the plan")
    if not row.renews:
        if is_over(uow, row):
            raise PlanNotActive("the term is over: buy the plan anew", status=row.status)
        subscriptions.set_renews(uow.session, row.id, renews=True)


def stop(uow: UnitOfWork, rows: Sequence[SubscriptionRow], because: str) -> None:
    """End these subscriptions now, with their mandates and families: nothing is asked for them any more.

    Four statements.
    """
    ids = [row.id for row in rows]
    charges.void_due(uow.session, ids)
    subscriptions.end(uow.session, ids, because, uow.now)
    families.free_all(uow.session, ids, uow.now)
    payments.end_mandates(uow, [row.mandate_id for row in rows if row.mandate_id is not None])


def require(uow: UnitOfWork, member: int, subscription_id: uuid.UUID, statuses: Sequence[str]) -> SubscriptionRow:
    """The member's subscription, held for this unit of work. Raises NotFound, PlanNotActive."""
    row = subscriptions.lock(uow.session, subscription_id, member)
    if row is None:
        raise NotFound("no such subscription")
    if row.status not in statuses:
        raise PlanNotActive("the subscription does not run", status=row.status)
    return row


def is_over(uow: UnitOfWork, row: SubscriptionRow) -> bool:
    """Whether the term has ended, though nothing followed yet."""
    return row.ends_at is not None and row.ends_at <= uow.now


def open_charge(uow: UnitOfWork, charge: ChargeRow) -> None:
    """Open a charge that the member pays here and now, with its payment; unpaid, it ends after half an hour."""
    charges.add_all(uow.session, [charge], uow.now, uow.now + OPEN_FOR)
    amount = Money(charge.amount_minor, charge.currency)
    payments.open_charges(uow, [Fee(charge.id, charge.payer, amount, keeps_mandate=charge.renews)])


def place(uow: UnitOfWork, member: int, offer_id: uuid.UUID, term: str) -> SubscriptionRow:
    """The subscription that begins by what the member does: a new one, one that waits, or a trial that runs.

    Raises PlanHeld.
    """
    row = subscriptions.lock_live(uow.session, member)
    if row is None:
        id_ = new_id()
        subscriptions.add(uow.session, id_, member=member, offer_id=offer_id, term=term, now=uow.now)
        # Another may have been faster: then it is that one.
        row = subscriptions.lock_live(uow.session, member)
    if row is None or row.status == "grace":
        raise PlanHeld("you have a plan: pay its renewal, or cancel it first")
    if row.status == "active" and terms.current(uow.session, [row.id])[row.id].kind != "trial":
        raise PlanHeld("you have a plan: upgrade it, or let it run out")
    return row
