"""What happened in community that others follow."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class MemberFrozen(Event):
    """A decision has frozen a member: who decides about the member's payouts should know."""

    decision_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class CircleNoticePosted(Event):
    """A leader has told the circle something; it is told to members whose numbers are above `after`."""

    notice_id: uuid.UUID
    after: int = 0
