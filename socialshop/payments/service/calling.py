"""Making decided calls at their providers: claim, call with its key, record (infra/outside.py)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import compress
from operator import not_
from typing import Any

import structlog

from socialshop.infra.outbox import Event
from socialshop.infra.outside import OutcomeUnknown, OutsideCalls, Refused
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money
from socialshop.payments.events import (
    CaptureFailed,
    ChargeFailed,
    ChargeRefundFailed,
    PaymentLookDue,
    RefundFailed,
)
from socialshop.payments.gateway import Gateways, PaymentGateway
from socialshop.payments.rules import Outcome, ProviderPayment
from socialshop.payments.service.recording import Told, record_states
from socialshop.payments.store import calls, payments
from socialshop.payments.store.calls import CallRow
from socialshop.payments.store.payments import PaymentRow

_LONGEST_WAIT = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


def provider_calls(gateways: Gateways) -> OutsideCalls[CallRow, ProviderPayment]:
    """The calls that PaymentCallDue tells of, but for those whose outcome is known or which somebody is making.

    To be told of one any number of times is safe.
    """

    def claim(uow: UnitOfWork, payloads: Sequence[Mapping[str, Any]]) -> list[CallRow | None]:
        ids = [uuid.UUID(payload["call_id"]) for payload in payloads]
        # Popped: told of twice in one batch, it is made once.
        claimed = calls.claim(uow.session, ids, uow.now)
        return [claimed.pop(id_, None) for id_ in ids]

    return OutsideCalls("payments", claim=claim, call=lambda call: _ask(gateways, call), record=_record)


def _ask(gateways: Gateways, call: CallRow) -> ProviderPayment:
    gateway = gateways.get(call.provider)
    if gateway is None:
        raise OutcomeUnknown(f"the provider {call.provider} is not set up here")
    amount = Money(call.payment_minor, call.currency)
    if call.outcome is not None:
        return gateway.pay(
            call.key,
            call.payment_id,
            amount,
            Outcome(call.outcome),
            keep=call.keeps_mandate,
            card=call.card,
            ref=call.provider_ref,
        )
    if call.kind == "charge" and call.mandate_ref is not None:
        return gateway.charge(call.key, call.payment_id, amount, call.mandate_ref, ref=call.provider_ref)
    return _end_or_refund(gateway, call)


def _end_or_refund(gateway: PaymentGateway, call: CallRow) -> ProviderPayment:
    """Calls that are decided only once the provider's object is known."""
    if call.provider_ref is None:
        raise OutcomeUnknown("the provider's object is not known yet")
    if call.kind == "capture":
        return gateway.capture(call.key, call.provider_ref, call.amount_minor)
    if call.kind == "release":
        return gateway.release(call.key, call.provider_ref)
    if call.kind == "end_mandate":
        return gateway.end_mandate(call.key, call.provider_ref)
    if call.refund_id is None:
        raise OutcomeUnknown("a refund without an id")
    return gateway.refund(call.key, call.provider_ref, call.refund_id, call.amount_minor)


def _record(uow: UnitOfWork, answered: Sequence[tuple[CallRow, ProviderPayment | OutcomeUnknown | Refused]]) -> None:
    # Every payment of the batch before anything is written: a refusal changes payments too.
    payments.lock_all(uow.session, {call.payment_id for call, _ in answered})
    told = []
    for call, answer in answered:
        if isinstance(answer, Refused):
            _record_refusal(uow, call, str(answer))
        elif isinstance(answer, OutcomeUnknown):
            _put_off(uow, call, str(answer))
        else:
            # A refund's call is closed with its posting, by the refund that the provider tells of.
            told.append((call, Told(answer, None if call.kind == "refund" else call.key)))
    ours = record_states(uow, [state for _, state in told])
    for call, _ in compress(told, map(not_, ours)):
        _put_off(uow, call, "the answer is about another payment")


def _put_off(uow: UnitOfWork, call: CallRow, error: str) -> None:
    wait = min(_LONGEST_WAIT, timedelta(seconds=2 ** min(call.attempts, 10)))
    calls.postpone(uow.session, call.id, error, uow.now + wait)


def _record_refusal(uow: UnitOfWork, call: CallRow, code: str) -> None:
    row = payments.lock(uow.session, call.payment_id)
    if row is None or not calls.fail(uow.session, call.id, code, uow.now):
        return
    _log.warning("provider refused", kind=call.kind, payment_id=str(call.payment_id), code=code)
    if call.refund_id is not None:
        payments.unclaim_refund(uow.session, row.id, call.amount_minor)
    uow.emit_all(_told_of_refusal(row, call, code))
    # It stands otherwise at the provider than we thought.
    uow.emit(PaymentLookDue(payment_id=row.id))


def _told_of_refusal(row: PaymentRow, call: CallRow, code: str) -> list[Event]:
    """What others hear: that money could not be taken, or could not be given back."""
    if row.is_charge and call.kind in ("capture", "charge"):
        return [ChargeFailed(payment_id=row.id, charge_id=row.about)]
    if call.kind == "capture":
        return [CaptureFailed(payment_id=row.id, order_id=row.about, reason=code)]
    if call.refund_id is None:
        return []
    if row.is_charge:
        return [
            ChargeRefundFailed(
                payment_id=row.id, charge_id=row.about, refund_id=call.refund_id, amount_minor=call.amount_minor
            )
        ]
    return [
        RefundFailed(payment_id=row.id, order_id=row.about, refund_id=call.refund_id, amount_minor=call.amount_minor)
    ]
