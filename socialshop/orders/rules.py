"""The declared life of an order. Pure.

    awaiting_payment ──► paid ──► confirmed ──► shipped ──► received ──► completed
            │             │  └────────┬───────────┴───────────┴─────────────┘
            ▼             ▼           ▼
        cancelled ──────────────► refunded

`confirmed`: the room is filled and the money taken. `cancelled`: the seat lapsed or was left, no money came.
`refunded`: all the money that came went back. The same steps stand in the database (migration 0012); a test compares.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise


class Status(StrEnum):
    """Where an order stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    RECEIVED = "received"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


_SENT = (Status.CONFIRMED, Status.SHIPPED, Status.RECEIVED, Status.COMPLETED)

TRANSITIONS: frozenset[tuple[Status, Status]] = frozenset(
    {
        (Status.AWAITING_PAYMENT, Status.PAID),
        (Status.AWAITING_PAYMENT, Status.CANCELLED),
        (Status.PAID, Status.CONFIRMED),
        (Status.PAID, Status.CANCELLED),
        (Status.PAID, Status.REFUNDED),
        (Status.CANCELLED, Status.REFUNDED),
        *pairwise(_SENT),
        *((status, Status.REFUNDED) for status in _SENT),
    }
)

AFTER_SHIPMENT = frozenset({Status.SHIPPED, Status.RECEIVED, Status.COMPLETED})
AFTER_RECEIPT = frozenset({Status.RECEIVED, Status.COMPLETED})
