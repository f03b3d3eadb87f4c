"""Writing down what a provider told: the payment's steps, their postings and their events, in one unit of work.

What is told may be old news or told twice; a payment only moves forward, and each step has its effects once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from socialshop.infra.outbox import Event
from socialshop.infra.safe import safe_for
from socialshop.infra.uow import UnitOfWork
from socialshop.kernel.ids import new_id, to_public
from socialshop.ledger import chart
from socialshop.ledger.service import Entry, Posting, post
from socialshop.payments.events import (
    ChargeAuthorized,
    ChargeCaptured,
    ChargeFailed,
    ChargeRefunded,
    ChargeReleased,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentReleased,
    RefundPaid,
)
from socialshop.payments.rules import AT_REST, PAYABLE, ProviderDispute, ProviderPayment, Status, path, status_of
from socialshop.payments.service.disputing import record_disputes
from socialshop.payments.store import calls, mandates, payments
from socialshop.payments.store.calls import RefundRow
from socialshop.payments.store.mandates import Given
from socialshop.payments.store.payments import HAND_OVER, PaymentRow
from socialshop.screening import service as screening

# Buyers try again soon; a hold changes by itself only when it lapses at the provider.
_LOOK_AT_OPEN, _LOOK_AT_HOLD = timedelta(seconds=10), timedelta(minutes=10)

_OF_ORDERS = {
    Status.FAILED: PaymentFailed,
    Status.RELEASED: PaymentReleased,
}
_OF_CHARGES = {
    Status.AUTHORIZED: ChargeAuthorized,
    Status.FAILED: ChargeFailed,
    Status.RELEASED: ChargeReleased,
}

_log = structlog.get_logger(__name__)


class Told(NamedTuple):
    """How a payment stands at its provider: in answer to the call under `done_key`, or unasked."""

    payment: ProviderPayment
    done_key: str | None = None


class _Consequences(NamedTuple):
    """What follows from a batch, written when all its payments have moved."""

    entries: list[Entry]
    events: list[Event]
    mandates: list[Given]
    instruments: set[tuple[int, str]]
    disputes: list[tuple[PaymentRow, Sequence[ProviderDispute]]]


def record_states(uow: UnitOfWork, batch: Sequence[Told]) -> list[bool]:
    """Bring payments in line with what their providers told, in the order given; one may be told of twice.

    False for what is no payment of this shop or not the one that was agreed: nothing changed. All rows are locked
    first, in the order of their ids, and balances move last, in one go: two batches cannot deadlock.
    """
    rows = payments.lock_all(uow.session, {told.payment.reference for told in batch})
    then = _Consequences([], [], [], set(), [])
    ours = [_record(uow, rows, told, then) for told in batch]
    mandates.add(uow.session, then.mandates, uow.now)
    screening.note_instruments(uow, then.instruments)
    disputed = record_disputes(uow, [(rows[row.id], told) for row, told in then.disputes])
    then.entries.extend(disputed.entries)
    then.events.extend(disputed.events)
    post(uow, then.entries)
    uow.emit_all(then.events)
    return ours


def _record(uow: UnitOfWork, rows: dict[uuid.UUID, PaymentRow], told: Told, then: _Consequences) -> bool:
    payment, done_key = told
    row = rows.get(payment.reference)
    if row is None or not _agrees(row, payment):
        _log.error("provider tells of a payment that was not agreed", provider=payment.provider, ref=payment.ref)
        return False
    failed_again = _finish_attempt(uow, row, payment, done_key)
    known = row._replace(provider_ref=payment.ref, hand_over=_sealed(row, payment))
    moved = _walk(uow, known, told, then)
    if moved == known:
        _note_without_a_step(uow, row, known, done_key)
    moved = _record_refunds(uow, moved, payment, then)
    if payment.mandate is not None and row.keeps_mandate:
        then.mandates.append(Given(new_id(), row.id, row.payer, row.provider, payment.mandate))
    if payment.instrument is not None and moved.status is not row.status:
        then.instruments.add((row.payer, payment.instrument))
    if payment.disputes and moved.captured_minor:
        then.disputes.append((moved, payment.disputes))
    if failed_again and moved.status is row.status:
        then.events.append(_event_of(row._replace(status=Status.FAILED)))
    rows[row.id] = moved
    return True


def _sealed(row: PaymentRow, told: ProviderPayment) -> bytes | None:
    """By what the buyer pays at the provider, as it is kept: sealed once, while there is something to pay."""
    if told.hand_over is None or row.hand_over is not None or row.status not in PAYABLE:
        return row.hand_over
    return safe_for(HAND_OVER).seal(row.id, told.hand_over.encode())


def _agrees(row: PaymentRow, told: ProviderPayment) -> bool:
    return (
        row.provider == told.provider
        and row.provider_ref in (None, told.ref)
        and (row.amount_minor, row.currency) == (told.amount_minor, told.currency)
    )


def _finish_attempt(uow: UnitOfWork, row: PaymentRow, told: ProviderPayment, done_key: str | None) -> bool:
    """Close the try to pay that the provider tells of; True if it was open and has failed."""
    failed = told.status is Status.FAILED
    closed_with_the_step = told.attempt == done_key and not failed
    if told.attempt is None or row.status not in PAYABLE or closed_with_the_step:
        return False
    return calls.succeed(uow.session, told.attempt, uow.now) and failed


def _walk(uow: UnitOfWork, row: PaymentRow, told: Told, then: _Consequences) -> PaymentRow:
    """Take every step from where the payment stands to what was told, each with its consequences."""
    payment, done_key = told
    whole = Status.CAPTURED if payment.status is Status.REFUNDED else payment.status
    for step in path(row.status, whole):
        row = row._replace(status=step, hand_over=row.hand_over if step in PAYABLE else None)
        if step is Status.AUTHORIZED:
            row = row._replace(capture_before=payment.capture_before)
        if step is Status.CAPTURED:
            row = _captured(row, payment.captured_minor, then)
        else:
            then.events.append(_event_of(row))
        _move(uow, row, done_key)
    return row


def _note_without_a_step(uow: UnitOfWork, before: PaymentRow, known: PaymentRow, done_key: str | None) -> None:
    """It was known already; perhaps not under which name, nor that the call is done."""
    if known != before:
        _move(uow, known, done_key)
    elif done_key is not None:
        calls.succeed(uow.session, done_key, uow.now)


def _captured(row: PaymentRow, captured_minor: int, then: _Consequences) -> PaymentRow:
    postings = (
        Posting(chart.provider_clearing(row.provider), -captured_minor, row.currency, row.about),
        Posting(_kept_in(row), captured_minor, row.currency, row.about),
    )
    then.entries.append(Entry(f"capture:{to_public('pay', row.id)}", "capture", postings))
    then.events.append(
        ChargeCaptured(payment_id=row.id, charge_id=row.about, amount_minor=captured_minor)
        if row.is_charge
        else PaymentCaptured(payment_id=row.id, order_id=row.about, amount_minor=captured_minor)
    )
    return row._replace(captured_minor=captured_minor)


def _kept_in(row: PaymentRow) -> str:
    """Where captured money waits: in the room's escrow, or, of a charge, until it is earned."""
    return chart.PLAN_REVENUE_DEFERRED if row.escrow_id is None else chart.room_escrow(row.escrow_id)


def _record_refunds(uow: UnitOfWork, row: PaymentRow, told: ProviderPayment, then: _Consequences) -> PaymentRow:
    """Post each refund that is told of and was still open; its call is closed with it."""
    if not told.refunds:
        return row
    paid = calls.finish_refunds(uow.session, row.id, _refund_ids(told), uow.now)
    refunded = row.refunded_minor + sum(refund.amount_minor for refund in paid)
    if paid:
        status = status_of(row.status, row.captured_minor, refunded)
        row = row._replace(refunded_minor=refunded, status=status)
        _move(uow, row, None)
    for refund in paid:
        then.entries.append(_refund_entry(row, refund))
        then.events.append(_refund_event(row, refund))
    if told.refunded_minor > refunded:
        _log.error("refunded at the provider without being asked", payment_id=str(row.id), ref=told.ref)
    return row


def _refund_entry(row: PaymentRow, refund: RefundRow) -> Entry:
    postings = (
        Posting(
            chart.PLAN_REVENUE_DEFERRED if row.is_charge else chart.SALES,
            -refund.amount_minor,
            row.currency,
            row.about,
        ),
        Posting(chart.provider_clearing(row.provider), refund.amount_minor, row.currency, row.about),
    )
    return Entry(f"refund:{to_public('rfd', refund.refund_id)}", "refund", postings)


def _refund_event(row: PaymentRow, refund: RefundRow) -> Event:
    if row.is_charge:
        return ChargeRefunded(
            payment_id=row.id, charge_id=row.about, refund_id=refund.refund_id, amount_minor=refund.amount_minor
        )
    return RefundPaid(
        payment_id=row.id, order_id=row.about, refund_id=refund.refund_id, amount_minor=refund.amount_minor
    )


def _refund_ids(told: ProviderPayment) -> list[uuid.UUID]:
    """The shop's ids among the refunds' references; what was refunded by hand at the provider has none."""
    found = []
    for refund in told.refunds:
        try:
            found.append(uuid.UUID(refund.reference))
        except ValueError:
            continue
    return found


def _move(uow: UnitOfWork, row: PaymentRow, done_key: str | None) -> None:
    payments.move(uow.session, row, _next_look(row.status, uow.now), uow.now, done_key)


def _next_look(status: Status, now: datetime) -> datetime | None:
    if status in AT_REST:
        return None
    return now + (_LOOK_AT_HOLD if status is Status.AUTHORIZED else _LOOK_AT_OPEN)


def _event_of(row: PaymentRow) -> Event:
    if row.is_charge:
        return _OF_CHARGES[row.status](payment_id=row.id, charge_id=row.about)
    if row.status is Status.AUTHORIZED:
        return PaymentAuthorized(payment_id=row.id, order_id=row.about, capture_before=row.capture_before)
    return _OF_ORDERS[row.status](payment_id=row.id, order_id=row.about)
