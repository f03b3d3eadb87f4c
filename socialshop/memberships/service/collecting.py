"""What follows the payments of charges: held money is taken, terms begin, money that comes too late goes back.

Handlers of the workers' table: each may run again with the same payloads, and finds then that nothing is left to do.
Subscriptions are held first, then their charges, as everybody does.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from socialshop.infra.crashpoints import crash_point
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id
from socialshop.ledger import service as ledger
from socialshop.memberships import postings
from socialshop.memberships.service import announcing
from socialshop.memberships.store import charges, families, gifts, subscriptions, terms
from socialshop.memberships.store.charges import OPEN_FOR, ChargeRow, RefundRow
from socialshop.memberships.store.subscriptions import Begun, SubscriptionRow
from socialshop.memberships.store.terms import TermRow
from socialshop.memberships.terms import MONTHS, first_instant, months_after
from socialshop.payments import service as payments

Payloads = Sequence[Mapping[str, Any]]


def on_charge_authorized(uow: UnitOfWork, payloads: Payloads) -> None:
    """Held money of a charge that still stands is taken; for one that does not it goes back."""
    payment_of = {uuid.UUID(told["charge_id"]): uuid.UUID(told["payment_id"]) for told in payloads}
    due = [charge.id for charge in charges.lock_due(uow.session, payment_of)]
    charges.hold(uow.session, due)
    payments.request_capture(uow, [payment_of[id_] for id_ in due])
    late = [payment for id_, payment in payment_of.items() if id_ not in due]
    payments.request_release(uow, late, "the charge no longer stands")
    _end_mandates_of(uow, [id_ for id_ in payment_of if id_ not in due])


def on_charge_captured(uow: UnitOfWork, payloads: Payloads, zone: str) -> None:
    """Money was taken: the term that it pays begins. Money for what no longer stands goes back."""
    ids = _ids(payloads, "charge_id")
    held = _hold_subscriptions(uow, charges.named(uow.session, ids))
    due = charges.lock_due(uow.session, ids)
    _ready(uow, [charge for charge in due if charge.kind == "gift"])
    pairs = [(charge, held[charge.subscription_id]) for charge in due if charge.subscription_id in held]
    _begin(uow, [(charge, row) for charge, row in pairs if _stands(charge, row)], zone)
    crash_point("plans.begun")
    left = {charge.id for charge, row in pairs if not _stands(charge, row)}
    charges.void(uow.session, left)
    late = [row for row in charges.named(uow.session, ids) if row.status == "void"]
    give_back(uow, [(row, row.amount_minor - row.refunded_minor) for row in late], "late")
    _end_mandates_of(uow, [row.id for row in late])


def on_charge_failed(uow: UnitOfWork, payloads: Payloads) -> None:
    """Nothing was taken: a charge that the member pays by hand runs out; of a renewal the member is told."""
    ids = _ids(payloads, "charge_id")
    held = _hold_subscriptions(uow, charges.named(uow.session, ids))
    charges.run_out(uow.session, ids, uow.now + OPEN_FOR)
    announcing.tell_failed(uow, ids, held)


def on_charge_refunded(uow: UnitOfWork, payloads: Payloads) -> None:
    """The money is back: the member is told."""
    announcing.tell_refunded(uow, charges.end_refunds(uow.session, _ids(payloads, "refund_id"), "paid", uow.now))


def on_charge_refund_failed(uow: UnitOfWork, payloads: Payloads) -> None:
    """The provider refused a refund: it may be asked for again."""
    charges.end_refunds(uow.session, _ids(payloads, "refund_id"), "failed", uow.now)


def give_back(uow: UnitOfWork, amounts: Sequence[tuple[ChargeRow, int]], rule: str) -> None:
    """Ask for refunds of charges; what is nothing is left out."""
    wanted = [RefundRow(new_id(), charge.id, amount, charge.currency, rule) for charge, amount in amounts if amount > 0]
    if wanted:
        charges.add_refunds(uow.session, wanted, uow.now)
        ask_for(uow, wanted)


def ask_for(uow: UnitOfWork, refunds: Sequence[RefundRow]) -> None:
    """Have the provider give back what was decided."""
    payment_of = payments.payments_of_charges(uow, [refund.charge_id for refund in refunds])
    # Each holds its payment, and whoever holds several takes them in their order.
    for refund in sorted(refunds, key=lambda refund: payment_of[refund.charge_id].id):
        payments.request_refund(
            uow,
            payment_id=payment_of[refund.charge_id].id,
            refund_id=refund.id,
            amount_minor=refund.amount_minor,
        )


def _hold_subscriptions(uow: UnitOfWork, found: Sequence[ChargeRow]) -> dict[uuid.UUID, SubscriptionRow]:
    return subscriptions.lock_all(uow.session, {row.subscription_id for row in found if row.subscription_id})


def _stands(charge: ChargeRow, row: SubscriptionRow) -> bool:
    """Whether what was paid for is still to be had: the term after the one that the subscription has."""
    runs = {"start": ("pending", "active"), "renewal": ("grace",), "upgrade": ("active",)}[charge.kind]
    return row.status in runs and charge.number == row.number + 1


def _begin(uow: UnitOfWork, paid: Sequence[tuple[ChargeRow, SubscriptionRow]], zone: str) -> None:
    """The terms that were paid begin, whatever their kind. A constant number of statements."""
    if not paid:
        return
    charges.pay(uow.session, [charge.id for charge, _ in paid], uow.now)
    _close_upgraded(uow, paid)
    mandates = payments.mandates_of_charges(uow, [charge.id for charge, _ in paid])
    begun = [_begun(charge, row, mandates.get(charge.id), zone) for charge, row in paid]
    terms.add_all(uow.session, [_term(charge, term) for (charge, _), term in zip(paid, begun, strict=True)])
    subscriptions.begin_terms(uow.session, begun)
    # One that takes the place of another: nobody is charged by two.
    payments.end_mandates(uow, [row.mandate_id for charge, row in paid if row.mandate_id and charge.id in mandates])
    families.free_beyond(uow.session, [term.id for term in begun], uow.now)
    announcing.tell_begun(uow, paid, begun)


def _end_mandates_of(uow: UnitOfWork, charge_ids: Sequence[uuid.UUID]) -> None:
    """What was agreed with a payment that paid for nothing is agreed no more."""
    payments.end_mandates(uow, list(payments.mandates_of_charges(uow, charge_ids).values()))


def _ready(uow: UnitOfWork, paid: Sequence[ChargeRow]) -> None:
    """Gifts that are paid may be redeemed."""
    if paid:
        charges.pay(uow.session, [charge.id for charge in paid], uow.now)
        gifts.note_paid(uow.session, [charge.id for charge in paid])


def _begun(charge: ChargeRow, row: SubscriptionRow, mandate: uuid.UUID | None, zone: str) -> Begun:
    goes_on = charge.kind == "renewal" and row.anchor_on is not None
    anchor = row.anchor_on if goes_on and row.anchor_on else charge.starts_on
    through = MONTHS[charge.term] + (row.months_through if goes_on else 0)
    ends_on = months_after(anchor, through)
    return Begun(
        id=row.id,
        offer_id=charge.offer_id,
        term=charge.term,
        renews=charge.renews,
        number=charge.number,
        anchor_on=anchor,
        months_through=through,
        ends_on=ends_on,
        ends_at=first_instant(ends_on, zone),
        mandate_id=mandate,
        months_from=anchor,
    )


def _term(charge: ChargeRow, begun: Begun) -> TermRow:
    return TermRow(
        id=new_id(),
        subscription_id=begun.id,
        number=charge.number,
        kind="paid",
        charge_id=charge.id,
        offer_id=charge.offer_id,
        starts_on=charge.starts_on,
        ends_on=begun.ends_on,
        price_minor=charge.price_minor,
        currency=charge.currency,
        recognised_minor=0,
        closed_at=None,
    )


def _close_upgraded(uow: UnitOfWork, paid: Sequence[tuple[ChargeRow, SubscriptionRow]]) -> None:
    """Of a term that is left for a better one, all is earned but what was credited to the better one."""
    credit_of = {row.id: charge.credit_minor for charge, row in paid if charge.kind == "upgrade"}
    if credit_of:
        left = terms.current(uow.session, credit_of).values()
        kept = [(term.id, term.price_minor - credit_of[term.subscription_id]) for term in left]
        ledger.post(uow, list(postings.of_cuts(terms.close(uow.session, kept, uow.now))))


def _ids(payloads: Payloads, name: str) -> list[uuid.UUID]:
    return sorted({uuid.UUID(told[name]) for told in payloads})
