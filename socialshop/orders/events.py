"""What happened to orders."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class OrdersConfirmed(Event):
    """Sales that stand; commissions accrue on them. At most 1,000 ids an event, so that a job stays bounded."""

    order_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class OrderReceived(Event):
    """The buyer has the goods, by word or by time; they may be sent back for `return_days` from `received_at` on."""

    order_id: uuid.UUID
    received_at: datetime
    return_days: int


@dataclass(frozen=True, slots=True)
class OrdersCompleted(Event):
    """These orders can no longer be sent back. At most 1,000 ids an event, so that a job stays bounded."""

    order_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class OrderRefunded(Event):
    """Money of the order went back to its buyer; what the sale earned others is clawed back."""

    order_id: uuid.UUID
    refund_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class OrderShipped(Event):
    """The goods have left."""

    order_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class RefundReviewed(Event):
    """An admin has decided about a refund: `approved` or `rejected`."""

    refund_id: uuid.UUID
    decision: str
