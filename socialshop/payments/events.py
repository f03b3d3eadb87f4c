"""What happened to payments, and what is due about them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class PaymentAuthorized(Event):
    """The provider holds the buyer's money, until `capture_before` where it says so; nothing is posted yet."""

    payment_id: uuid.UUID
    order_id: uuid.UUID
    capture_before: datetime | None


@dataclass(frozen=True, slots=True)
class PaymentFailed(Event):
    """An attempt to pay failed; the same payment may be paid again."""

    payment_id: uuid.UUID
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PaymentCaptured(Event):
    """The held money was taken, and posted into the room's escrow in the same unit of work."""

    payment_id: uuid.UUID
    order_id: uuid.UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class PaymentReleased(Event):
    """The hold was given back to the buyer; nothing was ever taken."""

    payment_id: uuid.UUID
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class CaptureFailed(Event):
    """The provider refused to take the held money for good, as when the hold has lapsed there."""

    payment_id: uuid.UUID
    order_id: uuid.UUID
    reason: str


@dataclass(frozen=True, slots=True)
class RefundPaid(Event):
    """Captured money went back to the buyer, and was posted in the same unit of work."""

    payment_id: uuid.UUID
    order_id: uuid.UUID
    refund_id: uuid.UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundFailed(Event):
    """The provider refused the refund for good; it may be asked for again."""

    payment_id: uuid.UUID
    order_id: uuid.UUID
    refund_id: uuid.UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ChargeAuthorized(Event):
    """The provider holds the money of a charge; nothing is posted yet."""

    payment_id: uuid.UUID
    charge_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ChargeFailed(Event):
    """An attempt to pay a charge failed, or its hold could not be taken; the same charge may be paid again."""

    payment_id: uuid.UUID
    charge_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ChargeReleased(Event):
    """The hold of a charge was given back; nothing was ever taken."""

    payment_id: uuid.UUID
    charge_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ChargeCaptured(Event):
    """The money of a charge was taken, and posted as not yet earned in the same unit of work."""

    payment_id: uuid.UUID
    charge_id: uuid.UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ChargeRefunded(Event):
    """Money of a charge went back, and was posted in the same unit of work."""

    payment_id: uuid.UUID
    charge_id: uuid.UUID
    refund_id: uuid.UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ChargeRefundFailed(Event):
    """The provider refused a charge's refund for good; it may be asked for again."""

    payment_id: uuid.UUID
    charge_id: uuid.UUID
    refund_id: uuid.UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class DisputeChanged(Event):
    """The bank of an order's buyer took money back, or decided about it; how it stands now is to be read."""

    dispute_id: uuid.UUID
    payment_id: uuid.UUID
    order_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PaymentCallDue(Event):
    """A call to a provider has been decided, or its outcome is still unknown: make it (again) with its key."""

    call_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PaymentLookDue(Event):
    """Ask the provider how this payment stands."""

    payment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ProviderNoticeStored(Event):
    """A verified notice is stored; what it is about is to be fetched, its body is never believed."""

    notice_id: uuid.UUID
    provider: str
    ref: str


@dataclass(frozen=True, slots=True)
class ProviderRecordsDue(Event):
    """Read a provider's own records of money of this span; of a day, also hold them against the books."""

    provider: str
    since: datetime
    until: datetime
    day: str | None
