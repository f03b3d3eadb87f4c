"""What happened at the door."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class MemberRegistered(Event):
    """A person became a member, by whatever way."""

    member_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class MemberInvited(Event):
    """A person became a member through somebody's link."""

    member_id: uuid.UUID
