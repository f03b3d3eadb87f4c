"""What happened to deals."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class DealMoved(Event):
    """A deal was paused, resumed or ended before its time; which of them, the deal says."""

    deal_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class SessionBegan(Event):
    """A flash session's start has come; who asked is told now."""

    session_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """A flash session's end has come."""

    session_id: uuid.UUID
