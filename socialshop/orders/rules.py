"""The declared life of an order. Pure.

    awaiting_payment ──► paid ──► confirmed ──► shipped ──► received ──► completed
            │             │  └────────┬───────────┴───────────┴─────────────┘
            ▼             ▼           ▼
        cancelled ──────────────► refunded

An order whose seat was lost awaits its payment again once money has come after all and another room takes it.
`confirmed`: the room is filled and the money taken. `cancelled`: the seat lapsed or was left, no money came.
`refunded`: all the money that came went back. The same steps stand in the database (migration 0012); a test compares.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from socialshop.kernel.errors import InvalidValue

MOST_ADDRESSES = 20
# By field: how long each part of an address may be.
ADDRESS_PARTS = {"recipient": 60, "phone": 30, "region": 100, "street": 200, "postcode": 20}


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
        (Status.CANCELLED, Status.AWAITING_PAYMENT),
        *pairwise(_SENT),
        *((status, Status.REFUNDED) for status in _SENT),
    }
)

AFTER_SHIPMENT = frozenset({Status.SHIPPED, Status.RECEIVED, Status.COMPLETED})
AFTER_RECEIPT = frozenset({Status.RECEIVED, Status.COMPLETED})


class Address(NamedTuple):
    """Where goods go. `region` is province, city and district, `street` the rest; a postcode is not asked for."""

    recipient: str
    phone: str
    region: str
    street: str
    postcode: str = ""


def checked_address(address: Address) -> Address:
    """The address without space around its parts. Raises InvalidValue naming the part that is missing or too long."""
    kept = Address(*(part.strip() for part in address))
    for (name, longest), part in zip(ADDRESS_PARTS.items(), kept, strict=True):
        if (not part and name != "postcode") or len(part) > longest or not part.isprintable():
            raise InvalidValue("a part of an address is missing, too long, or not to be read", field=name)
    return kept
