"""Stripe's objects as the shop's: the one table of states, payments with their refunds and disputes, movements. Pure.

Raises KeyError, TypeError or ValueError for what is not understood; the gateway takes that as no answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from socialshop.payments.rules import (
    PAYABLE,
    DisputeStatus,
    Movement,
    MovementKind,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    Status,
    status_of,
)
from socialshop.payments.stripe.amounts import from_stripe

Object = Mapping[str, Any]

PROVIDER = "stripe"
# A PaymentIntent's status. What waits for its payer is `created`; `failed` if its last try was refused.
STATES: Mapping[str, Status] = {
    "requires_payment_method": Status.CREATED,
    "requires_confirmation": Status.CREATED,
    "requires_action": Status.CREATED,
    "processing": Status.CREATED,
    "requires_capture": Status.AUTHORIZED,
    "succeeded": Status.CAPTURED,
    "canceled": Status.RELEASED,
}
# A dispute's status. An inquiry takes no money and is none (`warning_…`, left out).
DISPUTES: Mapping[str, DisputeStatus] = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
# What a refund's money does: it has left when it succeeded; what is pending is asked about again.
_PAID_REFUND = "succeeded"
# What of the balance is a movement of the shop's, by Stripe's `reporting_category`.
_MOVEMENTS: Mapping[str, MovementKind] = {
    "charge": MovementKind.CAPTURED,
    "refund": MovementKind.REFUNDED,
    "dispute": MovementKind.DISPUTED,
    "dispute_reversal": MovementKind.DISPUTE_WON,
}
# Of what a notice tells that tells of nothing else.
STEPS: Mapping[str, Status] = {
    "payment_intent.amount_capturable_updated": Status.AUTHORIZED,
    "payment_intent.succeeded": Status.CAPTURED,
}


def payment_of(intent: Object, refunds: Sequence[Object], disputes: Sequence[Object]) -> ProviderPayment:
    """A PaymentIntent with its latest charge expanded, its refunds and its disputes, as the shop keeps a payment."""
    currency = str(intent["currency"]).upper()
    charge = intent.get("latest_charge") or {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    status = STATES[intent["status"]]
    if status is Status.CREATED and intent.get("last_payment_error"):
        status = Status.FAILED
    captured = from_stripe(intent["amount_received"], currency)
    back = tuple(_refund(one, currency) for one in refunds if one["status"] == _PAID_REFUND)
    return ProviderPayment(
        provider=PROVIDER,
        ref=intent["id"],
        reference=uuid.UUID(intent["metadata"]["payment"]),
        status=status_of(status, captured, sum(one.amount_minor for one in back)),
        amount_minor=from_stripe(intent["amount"], currency),
        currency=currency,
        captured_minor=captured,
        refunds=back,
        mandate=_mandate(intent),
        capture_before=_instant(card.get("capture_before")),
        instrument=card.get("fingerprint"),
        hand_over=intent.get("client_secret") if status in PAYABLE else None,
        disputes=tuple(_dispute(one) for one in disputes if one["status"] in DISPUTES),
    )


def movement_of(entry: Object) -> Movement | None:
    """A balance transaction with its source expanded; None for what is no buyer's money, such as a payout."""
    kind = _MOVEMENTS.get(entry["reporting_category"])
    if kind is None:
        return None
    source, kept_in = entry["source"], str(entry["currency"]).upper()
    currency = str(source["currency"]).upper()
    amount = source["amount_captured"] if kind is MovementKind.CAPTURED else source["amount"]
    item = (source.get("metadata") or {}).get("refund") if kind is MovementKind.REFUNDED else source["id"]
    return Movement(
        ref=entry["id"],
        kind=kind,
        # What the shop did not make has no PaymentIntent, or one that is not the shop's.
        payment_ref=source.get("payment_intent") or source["id"],
        item=None if kind is MovementKind.CAPTURED else item,
        amount_minor=from_stripe(amount, currency),
        currency=currency,
        fee_minor=from_stripe(entry["fee"], kept_in),
        fee_currency=kept_in,
        at=_at(entry["created"]),
    )


def _mandate(intent: Object) -> str | None:
    """Whoever pays with `setup_future_usage` agrees to be charged again: the customer with the means of payment."""
    if intent.get("setup_future_usage") != "off_session" or intent["status"] not in ("requires_capture", "succeeded"):
        return None
    return f"{intent['customer']}/{intent['payment_method']}"


def _refund(said: Object, currency: str) -> ProviderRefund:
    return ProviderRefund(
        (said.get("metadata") or {}).get("refund") or said["id"], from_stripe(said["amount"], currency)
    )


def _dispute(said: Object) -> ProviderDispute:
    due = (said.get("evidence_details") or {}).get("due_by")
    return ProviderDispute(
        ref=said["id"],
        amount_minor=from_stripe(said["amount"], str(said["currency"]).upper()),
        reason=said["reason"],
        status=DISPUTES[said["status"]],
        opened_at=_at(said["created"]),
        due_at=_instant(due),
    )


def _instant(said: int | None) -> datetime | None:
    return None if said is None else _at(said)


def _at(said: int) -> datetime:
    return datetime.fromtimestamp(said, UTC)
