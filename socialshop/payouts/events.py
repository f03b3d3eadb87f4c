"""What happened to payout requests."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class PayoutSubmitted(Event):
    """A member asked for money."""

    request_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PayoutDecided(Event):
    """Somebody approved, held or rejected a request; which of the three, the decision's row says."""

    decision_id: int


@dataclass(frozen=True, slots=True)
class PayoutsEnded(Event):
    """The channel said of these requests that they were paid, failed or returned. At most a batch's, 1,000."""

    request_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class PayeeChecksDue(Event):
    """Names of payees wait to be checked, or to be looked into."""


@dataclass(frozen=True, slots=True)
class TransfersDue(Event):
    """Payouts wait to be made by a provider, or to be looked at."""
