"""What the shop decides about payments: rows and due calls, written in the deciding unit of work. Nothing is called."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from socialshop.infra.safe import safe_for
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.errors import NotFound
from socialshop.kernel.ids import new_id
from socialshop.kernel.money import Money
from socialshop.payments.errors import PaymentConflict, ProviderUnavailable, RefundConflict, RefundExceedsCapture
from socialshop.payments.events import PaymentCallDue
from socialshop.payments.gateway import Gateways, chosen
from socialshop.payments.rules import PAYABLE, Outcome, Status
from socialshop.payments.store import calls, mandates, payments
from socialshop.payments.store.calls import Intent
from socialshop.payments.store.mandates import Ended
from socialshop.payments.store.payments import HAND_OVER, PaymentRow


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment as others see it; `about` is the order that it pays, or the charge.

    Held money can be taken until `capture_before`; None where nothing is held or the provider did not say.
    """

    id: uuid.UUID
    about: uuid.UUID
    status: Status
    amount: Money
    provider: str
    captured: Money
    refunded: Money
    capture_before: datetime | None


def create_intent(
    uow: UnitOfWork,
    *,
    order_id: uuid.UUID,
    payer: int,
    amount: Money,
    escrow_id: uuid.UUID,
    provider: str | None = None,
) -> PaymentView:
    """Open the payment of an order: a row alone, the provider is told when the buyer pays.

    What is captured goes to the escrow of room `escrow_id`. The same command again changes nothing; another one about
    the same order raises PaymentConflict.
    """
    row = _opened(order_id, payer, amount, provider)._replace(escrow_id=escrow_id)
    if payments.add(uow.session, row, uow.now):
        return _view(row)
    found = payments.of_orders(uow.session, [order_id])[0]
    if _agreed(found) != _agreed(row):
        raise PaymentConflict("this order has another payment")
    return _view(found)


class Fee(NamedTuple):
    """A charge, which no order is behind. With `keeps_mandate` whoever pays it agrees to be charged again later."""

    charge_id: uuid.UUID
    payer: int
    amount: Money
    keeps_mandate: bool


def open_charges(uow: UnitOfWork, fees: Sequence[Fee], provider: str | None = None) -> None:
    """Open the payments of charges: rows alone, as for orders. One statement; said again, nothing changes.

    What is captured of them is money not yet earned (`shop:plan_revenue_deferred`).
    """
    payments.add_charges(
        uow.session,
        [
            _opened(fee.charge_id, fee.payer, fee.amount, provider)._replace(
                is_charge=True, keeps_mandate=fee.keeps_mandate
            )
            for fee in fees
        ],
        uow.now,
    )


def payment_of_order(uow: UnitOfWork, order_id: uuid.UUID) -> PaymentView:
    """The payment of this order. Raises NotFound if it has none, as an imported order."""
    found = payments_of_orders(uow, [order_id])
    if order_id not in found:
        raise NotFound("the order has no payment")
    return found[order_id]


def payments_of_orders(uow: UnitOfWork, order_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, PaymentView]:
    """The payments of these orders, by order; orders without one are left out."""
    return {row.about: _view(row) for row in payments.of_orders(uow.session, order_ids)}


def payments_of_charges(uow: UnitOfWork, charge_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, PaymentView]:
    """The payments of these charges, by charge."""
    return {row.about: _view(row) for row in payments.of_charges(uow.session, charge_ids)}


def pay(
    uow: UnitOfWork,
    gateways: Gateways,
    payment_id: uuid.UUID,
    payer: int,
    outcome: Outcome,
    *,
    card: str | None = None,
) -> PaymentView:
    """Have the provider play that the buyer pays, with this outcome; returns the payment as it stands before.

    A payment that is paid, or being paid, is left as it is. Raises NotFound for another member's payment,
    ProviderUnavailable where its provider is not set up.
    """
    row = payments.lock(uow.session, payment_id)
    if row is None or row.payer != payer:
        raise NotFound("no such payment")
    if row.provider not in gateways:
        raise ProviderUnavailable(f"the provider {row.provider} is not set up here")
    if row.status in PAYABLE:
        _decide(uow, [Intent(new_id(), row.id, "pay", row.amount_minor, outcome=outcome.value, card=card)])
    return _view(row)


def prepare(uow: UnitOfWork, gateways: Gateways, payment_id: uuid.UUID, payer: int) -> PaymentView:
    """Have the provider make what a buyer pays at the provider itself; returns the payment as it stands.

    Made once. Raises NotFound for another member's payment and one whose provider is none that buyers pay at,
    ProviderUnavailable where its provider is not set up.
    """
    row = payments.lock(uow.session, payment_id)
    if row is None or row.payer != payer:
        raise NotFound("no such payment")
    if row.provider not in gateways:
        raise ProviderUnavailable(f"the provider {row.provider} is not set up here")
    if not gateways[row.provider].hands_over:
        raise NotFound(f"nobody pays at the provider {row.provider}")
    if row.status in PAYABLE and row.provider_ref is None:
        outcome = Outcome.SUCCEEDED.value
        _decide(uow, [Intent(new_id(), row.id, "pay", row.amount_minor, outcome=outcome)])
    return _view(row)


def prepared(uow: UnitOfWork, payment_id: uuid.UUID, payer: int) -> tuple[str, str | None]:
    """The provider of a payment, and the secret by which its buyer pays there.

    None while that is being made, once it is paid, and at a provider that buyers do not pay at. Raises NotFound.
    """
    row = payments.lock(uow.session, payment_id)
    if row is None or row.payer != payer:
        raise NotFound("no such payment")
    return row.provider, safe_for(HAND_OVER).open(row.id, row.hand_over).decode() if row.hand_over else None


def being_paid(uow: UnitOfWork, payment_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these payments that their payers have asked the provider to make, until it says what came of it."""
    return calls.being_paid(uow.session, payment_ids)


def charge(uow: UnitOfWork, mandate_of: Mapping[uuid.UUID, uuid.UUID]) -> int:
    """Have payments paid by their payers' mandates, the payers being away; returns how many calls are now due.

    Left out are payments that are paid or being charged, and those whose mandate has ended or is another's.
    """
    rows = payments.lock_all(uow.session, list(mandate_of))
    standing = mandates.standing(uow.session, list(mandate_of.values()))
    return _decide(
        uow,
        [
            Intent(new_id(), row.id, "charge", row.amount_minor, mandate_id=mandate_of[row.id])
            for row in rows.values()
            if row.status in PAYABLE and standing.get(mandate_of[row.id]) == row.payer
        ],
    )


def mandates_of_charges(uow: UnitOfWork, charge_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, uuid.UUID]:
    """The mandates that were given with these charges' payments and stand, by charge."""
    return mandates.of_charges(uow.session, charge_ids)


def end_mandates(uow: UnitOfWork, mandate_ids: Collection[uuid.UUID]) -> None:
    """Nobody is charged by these mandates any more: neither by the shop, nor, once it was told, by their provider."""
    if mandate_ids:
        _end(uow, mandates.end(uow.session, mandate_ids, uow.now))


def tell_of_ended_mandates(uow: UnitOfWork, limit: int) -> int:
    """Have providers end mandates that ended here without their knowing; returns how many calls are now due."""
    return _end(uow, mandates.take_unasked(uow.session, uow.now, limit))


def request_capture(
    uow: UnitOfWork, payment_ids: Collection[uuid.UUID], *, less: Mapping[uuid.UUID, int] | None = None
) -> int:
    """Have the held money of these payments taken; returns how many calls are now due.

    `less` is what is not taken of a hold, by payment, in minor units and less than the whole: it goes back to the
    buyer with the capture. Left out are payments that hold nothing and those whose hold is being captured or released
    already.
    """
    less = less or {}
    holds = payments.standing_holds(uow.session, payment_ids)
    return _decide(uow, [Intent(new_id(), id_, "capture", amount - less.get(id_, 0)) for id_, amount in holds])


def request_release(uow: UnitOfWork, payment_ids: Collection[uuid.UUID], reason: str) -> int:
    """Have the holds of these payments given back; returns how many calls are now due. Left out as for a capture.

    A payment that was never paid has no hold and stays payable: `PaymentAuthorized` tells of a late one.
    """
    holds = payments.standing_holds(uow.session, payment_ids)
    intents = [Intent(new_id(), payment_id, "release", amount, reason=reason) for payment_id, amount in holds]
    return _decide(uow, intents)


def move_hold(uow: UnitOfWork, payment_id: uuid.UUID, escrow_id: uuid.UUID) -> bool:
    """Have the held money of a payment go to the escrow of another room, once it is taken.

    False if it is not held any more, or is being taken or given back.
    """
    return payments.move_hold(uow.session, payment_id, escrow_id)


def request_refund(uow: UnitOfWork, *, payment_id: uuid.UUID, refund_id: uuid.UUID, amount_minor: int) -> bool:
    """Have a part of the captured money given back; False if this very refund was asked for before.

    Raises RefundConflict (the id was used for another payment or amount), RefundExceedsCapture (with refunds asked for
    before it is more than was captured). A refund that failed may be asked for again under the same id.
    """
    intent = Intent(new_id(), payment_id, "refund", amount_minor, refund_id=refund_id)
    # The payment's row first, then its calls: everybody takes them in this order.
    if payments.lock(uow.session, payment_id) is None:
        raise NotFound("no such payment")
    before = calls.refund(uow.session, refund_id)
    if before is not None:
        if (before.payment_id, before.amount_minor) != (payment_id, amount_minor):
            raise RefundConflict("this refund was asked for before, of another payment or amount")
        return False
    if not payments.claim_refund(uow.session, payment_id, amount_minor):
        raise RefundExceedsCapture("more than is left of what was captured", amount_minor=amount_minor)
    if not _decide(uow, [intent]):
        raise RefundConflict("this refund is asked for of another payment at the same moment")
    return True


def _end(uow: UnitOfWork, ended: Sequence[Ended]) -> int:
    return _decide(
        uow, [Intent(new_id(), each.payment_id, "end_mandate", each.amount_minor, mandate_id=each.id) for each in ended]
    )


def _decide(uow: UnitOfWork, intents: Sequence[Intent]) -> int:
    """Record intents and have each call made after the commit; returns how many there are."""
    added = calls.add(uow.session, intents, uow.now) if intents else []
    uow.emit_all([PaymentCallDue(call_id=call_id) for call_id in added])
    return len(added)


def _opened(about: uuid.UUID, payer: int, amount: Money, provider: str | None) -> PaymentRow:
    return PaymentRow(
        id=new_id(),
        about=about,
        is_charge=False,
        payer=payer,
        escrow_id=None,
        provider=provider or chosen(),
        provider_ref=None,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        status=Status.CREATED,
        captured_minor=0,
        refunded_minor=0,
        keeps_mandate=False,
    )


def _agreed(row: PaymentRow) -> tuple[object, ...]:
    return (row.payer, row.escrow_id, row.provider, row.amount_minor, row.currency)


def _view(row: PaymentRow) -> PaymentView:
    return PaymentView(
        id=row.id,
        about=row.about,
        status=row.status,
        amount=Money(row.amount_minor, row.currency),
        provider=row.provider,
        captured=Money(row.captured_minor, row.currency),
        refunded=Money(row.refunded_minor, row.currency),
        capture_before=row.capture_before,
    )
