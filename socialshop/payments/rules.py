"""The declared life of a payment, and what a provider's word about it changes. Pure.

    created ──► authorized ──► captured ──► refunded
       │ ▲▼          │
       ├─ failed ────┤
       └──────────► released

An authorization holds the buyer's money and posts nothing; a capture takes it; a release gives the hold back. After
`failed` the same payment may be paid again. What a provider tells may be old news by the time it is heard, so it only
ever moves a payment forward. The same transitions stand in the database (migration 0011); a test compares the two.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a payment stands."""

    CREATED = "created"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    RELEASED = "released"
    CAPTURED = "captured"
    REFUNDED = "refunded"


class Outcome(StrEnum):
    """What a buyer asks the sandbox to play."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMEOUT = "timeout"
    DUPLICATE = "duplicate"


class DisputeStatus(StrEnum):
    """Where a dispute stands; the last two are final."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


TRANSITIONS: frozenset[tuple[Status, Status]] = frozenset(
    {
        (Status.CREATED, Status.AUTHORIZED),
        (Status.CREATED, Status.FAILED),
        (Status.CREATED, Status.RELEASED),
        (Status.FAILED, Status.AUTHORIZED),
        (Status.FAILED, Status.RELEASED),
        (Status.AUTHORIZED, Status.CAPTURED),
        (Status.AUTHORIZED, Status.RELEASED),
        (Status.CAPTURED, Status.REFUNDED),
    }
)

PAYABLE = frozenset({Status.CREATED, Status.FAILED})
# At the provider nothing moves by itself any more.
AT_REST = frozenset({Status.RELEASED, Status.CAPTURED, Status.REFUNDED})

# The way from `created` to each state that money passed through.
_MONEY_WAY = (Status.AUTHORIZED, Status.CAPTURED, Status.REFUNDED)


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """One refund as the provider keeps it; `reference` is the shop's id of it."""

    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """Money that the buyer's bank has taken back, or given back since; `ref` is the provider's name of it.

    The shop may answer until `due_at`; None where the provider does not say.
    """

    ref: str
    amount_minor: int
    reason: str
    status: DisputeStatus
    opened_at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as its provider keeps it; `reference` is the shop's id of it, `attempt` the key of the last try.

    `mandate` is the provider's name for the right to charge the buyer again, where this payment gave it. Money that is
    held can be taken until `capture_before`; None where the provider does not say. `instrument` is the provider's own
    mark of what was paid with: the same for the same card, whoever pays with it. `hand_over` is the secret by which the
    buyer pays at the provider, while there is something to pay.
    """

    provider: str
    ref: str
    reference: uuid.UUID
    status: Status
    amount_minor: int
    currency: str
    captured_minor: int = 0
    refunds: tuple[ProviderRefund, ...] = ()
    attempt: str | None = None
    mandate: str | None = None
    capture_before: datetime | None = None
    instrument: str | None = None
    hand_over: str | None = field(default=None, repr=False)
    disputes: tuple[ProviderDispute, ...] = ()

    @property
    def refunded_minor(self) -> int:
        """What went back so far."""
        return sum(refund.amount_minor for refund in self.refunds)


class MovementKind(StrEnum):
    """What a provider's record of money is about."""

    CAPTURED = "captured"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved at a provider, as its own records have it.

    `item` is the shop's id of a refund, or the provider's name of a dispute; None for a capture and for what the shop
    never asked for. `fee_minor` is what the provider kept, in `fee_currency`; below zero it gave some back.
    """

    ref: str
    kind: MovementKind
    payment_ref: str
    item: str | None
    amount_minor: int
    currency: str
    fee_minor: int
    fee_currency: str
    at: datetime


def path(at: Status, told: Status) -> tuple[Status, ...]:
    """The steps from where the payment stands to what the provider told; none for what is old news.

    A step that was missed (the hold and the capture told at once) is taken in its turn, so that each of its
    consequences follows.
    """
    if at == told:
        return ()
    if (at, told) in TRANSITIONS:
        return (told,)
    if told in _MONEY_WAY and at is not Status.RELEASED:
        start = _MONEY_WAY.index(at) + 1 if at in _MONEY_WAY else 0
        return _MONEY_WAY[start : _MONEY_WAY.index(told) + 1]
    return ()


def has_passed(at: Status, step: Status) -> bool:
    """Whether a payment that stands `at` has taken this step of money's way, so that word of it is old news."""
    return at in _MONEY_WAY and step in _MONEY_WAY and _MONEY_WAY.index(at) >= _MONEY_WAY.index(step)


def status_of(status: Status, captured_minor: int, refunded_minor: int) -> Status:
    """`captured` becomes `refunded` when all that was captured went back; every other status stands for itself."""
    if status in (Status.CAPTURED, Status.REFUNDED):
        return Status.REFUNDED if 0 < captured_minor == refunded_minor else Status.CAPTURED
    return status
