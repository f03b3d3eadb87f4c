"""What happened to memberships."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class PlanMonthBegan(Event):
    """A month of a plan began for a member who has or shares it: what comes once a month is due, once."""

    subscription_id: uuid.UUID
    member: int
    number: int
    begins_on: str
    offer_id: uuid.UUID
