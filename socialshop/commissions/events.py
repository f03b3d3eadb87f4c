"""Facts of the commissions room that work follows from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class SettlementDue(Event):
    """Accruals that matured at or before `as_of` are waiting to be settled."""

    as_of: datetime
