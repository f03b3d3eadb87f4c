"""Facts of loyalty that work follows from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class DeedsDone(Event):
    """Members (by their numbers) did something that a rule of this kind gives points for: missions may count it."""

    kind: str
    members: tuple[int, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class CampaignDrawDue(Event):
    """The groups of a campaign are to be drawn a span of members further."""

    campaign_id: uuid.UUID
