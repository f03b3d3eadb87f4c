"""Making one decided call at its provider: claim, call with its key, record (infra/outside.py)."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog

from socialshop.infra.clock import Clock
from socialshop.infra.outside import OutcomeUnknown, OutsideCall, Refused
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.money import Money
from socialshop.payments.events import CaptureFailed, PaymentLookDue, RefundFailed
from socialshop.payments.gateway import Gateways, PaymentGateway
from socialshop.payments.rules import Outcome, ProviderPayment
from socialshop.payments.service.recording import record_state
from socialshop.payments.store import calls, payments
from socialshop.payments.store.calls import CallRow

_LONGEST_WAIT = timedelta(minutes=1)

_log = structlog.get_logger(__name__)


def make_call(clock: Clock, gateways: Gateways, call_id: uuid.UUID) -> bool:
    """Make the call, unless its outcome is known or somebody is at it (then False). Any number of times is safe."""
    return OutsideCall[CallRow, ProviderPayment](
        "payments",
        claim=lambda uow: calls.claim(uow.session, call_id, uow.now),
        call=lambda call: _ask(gateways, call),
        record=_record,
    ).make(clock)


def _ask(gateways: Gateways, call: CallRow) -> ProviderPayment:
    gateway = gateways.get(call.provider)
    if gateway is None:
        raise OutcomeUnknown(f"the provider {call.provider} is not set up here")
    if call.outcome is not None:
        amount = Money(call.payment_minor, call.currency)
        return gateway.pay(call.key, call.payment_id, amount, Outcome(call.outcome))
    return _end_or_refund(gateway, call)


def _end_or_refund(gateway: PaymentGateway, call: CallRow) -> ProviderPayment:
    """Calls that are decided only once the provider's object is known."""
    if call.provider_ref is None:
        raise OutcomeUnknown("the provider's object is not known yet")
    if call.kind == "capture":
        return gateway.capture(call.key, call.provider_ref, call.amount_minor)
    if call.kind == "release":
        return gateway.release(call.key, call.provider_ref)
    if call.refund_id is None:
        raise OutcomeUnknown("a refund without an id")
    return gateway.refund(call.key, call.provider_ref, call.refund_id, call.amount_minor)


def _record(uow: UnitOfWork, call: CallRow, answer: ProviderPayment | OutcomeUnknown | Refused) -> None:
    if isinstance(answer, Refused):
        _record_refusal(uow, call, str(answer))
    elif isinstance(answer, OutcomeUnknown):
        _put_off(uow, call, str(answer))
    # A refund's call is closed with its posting, by the refund that the provider tells of.
    elif not record_state(uow, answer, None if call.kind == "refund" else call.key):
        _put_off(uow, call, "the answer is about another payment")


def _put_off(uow: UnitOfWork, call: CallRow, error: str) -> None:
    wait = min(_LONGEST_WAIT, timedelta(seconds=2 ** min(call.attempts, 10)))
    calls.postpone(uow.session, call.id, error, uow.now + wait)


def _record_refusal(uow: UnitOfWork, call: CallRow, code: str) -> None:
    row = payments.lock(uow.session, call.payment_id)
    if row is None or not calls.fail(uow.session, call.id, code, uow.now):
        return
    _log.warning("provider refused", kind=call.kind, payment_id=str(call.payment_id), code=code)
    if call.kind == "capture":
        uow.emit(CaptureFailed(payment_id=row.id, order_id=row.order_id, reason=code))
    if call.refund_id is not None:
        payments.unclaim_refund(uow.session, row.id, call.amount_minor)
        uow.emit(
            RefundFailed(
                payment_id=row.id, order_id=row.order_id, refund_id=call.refund_id, amount_minor=call.amount_minor
            )
        )
    # It stands otherwise at the provider than we thought.
    uow.emit(PaymentLookDue(payment_id=row.id))
