"""What happened to orders."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class OrdersConfirmed(Event):
    """Sales that stand; commissions accrue on them. At most 1,000 ids an event, so that a job stays bounded."""

    order_ids: tuple[uuid.UUID, ...]
