"""What comes when a term ends: announced days before, charged by the member's mandate, tried again, ended.

Each is a bounded step for the periodic table, safe beside another: a subscription is in one's hands, and a term is
charged once.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id
from socialshop.kernel.money import Money
from socialshop.kernel.time import to_text
from socialshop.memberships.offers import LEAST_NOTICE_DAYS, Offer
from socialshop.memberships.service.announcing import offers_by_id, told
from socialshop.memberships.service.offering import growth_of
from socialshop.memberships.service.subscribing import stop
from socialshop.memberships.store import charges, subscriptions
from socialshop.memberships.store.charges import ChargeRow
from socialshop.memberships.store.subscriptions import Announced, Attempted, SubscriptionRow
from socialshop.notifications import service as notifications
from socialshop.notifications.service import Told
from socialshop.payments import service as payments
from socialshop.payments.service import Fee

BATCH = 200


def announce_due(uow: UnitOfWork) -> bool:
    """Tell members whose terms end soon what comes then; True if there may be more.

    A renewal's price is that of the growth now, by the offer that was bought; it is what will be charged, five days
    from now at the earliest.
    """
    rows = subscriptions.take_unannounced(uow.session, uow.now, BATCH)
    offers = _offers_of(uow, rows)
    grown = growth_of(uow, [row.member for row in rows if row.renews])
    announced = [_announced(row, offers[row.renews_offer_id], grown.get(row.member, 0), uow.now) for row in rows]
    subscriptions.announce(uow.session, announced, uow.now)
    notifications.tell(uow, [_told_soon(row, offers, a, uow.now) for row, a in zip(rows, announced, strict=True)])
    return len(rows) >= BATCH


def announce_again(uow: UnitOfWork, row: SubscriptionRow) -> None:
    """Tell the member at once what comes after another choice; it is charged when what was announced before was to be.

    The five days are for what comes by itself. This was chosen just now, at a price that was shown, and is cancelled
    with one tap until then; counted anew they would put the charge behind the term's end.
    """
    offers = _offers_of(uow, [row])
    growth = growth_of(uow, [row.member])[row.member]
    announced = _announced(row, offers[row.renews_offer_id], growth, uow.now)._replace(charge_at=row.charge_at)
    subscriptions.announce(uow.session, [announced], uow.now)
    notifications.tell(uow, [_told_soon(row, offers, announced, uow.now)])


def renew_due(uow: UnitOfWork) -> bool:
    """Charge the renewals that were announced and are due; True if there may be more.

    While the money is on its way, or the member is to pay by hand, the benefits stay for the days of grace.
    """
    rows = subscriptions.take_renewable(uow.session, uow.now, BATCH)
    offers = _offers_of(uow, rows)
    charges.void_due(uow.session, [row.id for row in rows])
    opened = {row.id: _renewal(row, offers[row.renews_offer_id]) for row in rows}
    charges.add_all(uow.session, list(opened.values()), uow.now, None)
    payments.open_charges(
        uow,
        [
            Fee(charge.id, charge.payer, Money(charge.amount_minor, charge.currency), row.mandate_id is None)
            for row, charge in zip(rows, opened.values(), strict=True)
        ],
    )
    crash_point("plans.renewal_opened")
    subscriptions.note_attempts(uow.session, [_first_attempt(row, offers[row.offer_id], uow.now) for row in rows])
    _charge(uow, rows, opened)
    by_hand = [row for row in rows if row.mandate_id is None]
    notifications.tell(
        uow,
        [
            told(
                "plan_payment_due",
                row,
                row.number + 1,
                offers[row.renews_offer_id],
                until=uow.now + timedelta(days=offers[row.offer_id].grace_days),
                amount_minor=opened[row.id].amount_minor,
            )
            for row in by_hand
        ],
    )
    return len(rows) >= BATCH


def retry_due(uow: UnitOfWork) -> bool:
    """Charge failed renewals again on the days that their offer says; True if there may be more."""
    rows = subscriptions.take_retries(uow.session, uow.now, BATCH)
    offers = offers_by_id(uow, [row.offer_id for row in rows])
    subscriptions.note_attempts(uow.session, [_next_attempt(row, offers[row.offer_id]) for row in rows])
    _charge(uow, rows, charges.due_of(uow.session, [row.id for row in rows]))
    return len(rows) >= BATCH


def end_due(uow: UnitOfWork) -> bool:
    """End what does not go on, and what was not paid within its grace; True if there may be more."""
    rows = subscriptions.take_ended(uow.session, uow.now, BATCH)
    for because, status in (("over", "active"), ("unpaid", "grace")):
        stop(uow, [row for row in rows if row.status == status], because)
    offers = offers_by_id(uow, [row.offer_id for row in rows])
    notifications.tell(
        uow, [told("plan_ended", row, row.number, offers[row.offer_id], until=row.ends_at) for row in rows]
    )
    return len(rows) >= BATCH


def expire_charges(uow: UnitOfWork) -> bool:
    """Drop what nobody paid in time, and the subscriptions that it would have begun; True if there may be more."""
    found = charges.out_of_time(uow.session, uow.now, BATCH)
    subscriptions.lock_all(uow.session, {row.subscription_id for row in found if row.subscription_id})
    charges.expire(uow.session, [row.id for row in found], uow.now)
    subscriptions.abandon(uow.session, {row.subscription_id for row in found if row.subscription_id})
    return len(found) >= BATCH


def _offers_of(uow: UnitOfWork, rows: Sequence[SubscriptionRow]) -> dict[uuid.UUID, Offer]:
    """What these members have, and what they chose to follow."""
    return offers_by_id(uow, list({id_ for row in rows for id_ in (row.offer_id, row.renews_offer_id)}))


def _announced(row: SubscriptionRow, offer: Offer, growth: int, now: datetime) -> Announced:
    term = offer.term_of(row.renews_term)
    if not row.renews or term is None or row.ends_at is None:
        return Announced(row.id, None, None, None)
    return Announced(row.id, term.price_at(growth), growth, max(row.ends_at, now + timedelta(days=LEAST_NOTICE_DAYS)))


def _told_soon(row: SubscriptionRow, offers: Mapping[uuid.UUID, Offer], announced: Announced, now: datetime) -> Told:
    about, offer = f"{row.number}:{to_text(now)}", offers[row.offer_id]
    if announced.charge_at is None:
        return told("plan_ending_soon", row, about, offer, until=row.ends_at)
    said = told(
        "plan_renewal_soon", row, about, offer, until=announced.charge_at, amount_minor=announced.next_price_minor
    )
    if row.next_offer_id is None:
        # Who gave no leave to be charged is told to pay, not that it renews by itself.
        return said if row.mandate_id else said._replace(facts={**said.facts, "say": "by_hand"})
    follows = offers[row.next_offer_id]
    facts = {"say": row.next_term, "next_zh": follows.name_zh, "next_en": follows.name_en}
    return said._replace(facts={**said.facts, **facts})


def _renewal(row: SubscriptionRow, offer: Offer) -> ChargeRow:
    """The charge that was announced."""
    if row.next_price_minor is None or row.ends_on is None:
        raise ValueError("a renewal that was not announced")
    return ChargeRow(
        id=new_id(),
        payer=row.member,
        subscription_id=row.id,
        kind="renewal",
        number=row.number + 1,
        offer_id=row.renews_offer_id,
        term=row.renews_term,
        renews=True,
        growth=row.next_growth or 0,
        price_minor=row.next_price_minor,
        credit_minor=0,
        refunded_minor=0,
        currency=offer.currency,
        status="due",
        starts_on=row.ends_on,
    )


def _first_attempt(row: SubscriptionRow, offer: Offer, now: datetime) -> Attempted:
    retries = offer.retry_days if row.mandate_id else ()
    return Attempted(
        row.id,
        1 if row.mandate_id else 0,
        now + timedelta(days=retries[0]) if retries else None,
        now + timedelta(days=offer.grace_days),
    )


def _next_attempt(row: SubscriptionRow, offer: Offer) -> Attempted:
    """Days are counted from the first attempt, which the end of the grace tells."""
    if row.grace_until is None:
        raise ValueError("an attempt without a grace")
    first = row.grace_until - timedelta(days=offer.grace_days)
    later = offer.retry_days[row.attempts :]
    return Attempted(row.id, row.attempts + 1, first + timedelta(days=later[0]) if later else None, row.grace_until)


def _charge(uow: UnitOfWork, rows: list[SubscriptionRow], opened: dict[uuid.UUID, ChargeRow]) -> None:
    """Have the charges paid by the mandates that there are."""
    payment_of = payments.payments_of_charges(uow, [charge.id for charge in opened.values()])
    payments.charge(
        uow,
        {payment_of[opened[row.id].id].id: row.mandate_id for row in rows if row.mandate_id and row.id in opened},
    )
