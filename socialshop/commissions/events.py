"""Facts of the commissions room that work follows from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialshop.infra.outbox import Event


@dataclass(frozen=True, slots=True)
class SettlementDue(Event):
    """Accruals that matured at or before `as_of` are waiting to be settled."""

    as_of: datetime


@dataclass(frozen=True, slots=True)
class CommissionsChanged(Event):
    """These orders, which an invite link brought, have accrued or were clawed back. At most 1,000 ids an event."""

    order_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class CommissionOwed(Event):
    """A refund, or counts struck out, took back more than wallets had: members owe it.

    What is reserved for their payouts is untouched.
    """

    refund_id: uuid.UUID | None = None
    disallowance_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class ClawbackDue(Event):
    """Money of a sale had gone back to its buyer before the sale accrued."""

    refund_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class CommissionsAccrued(Event):
    """These orders, placed in rooms, have accrued. At most 1,000 ids an event."""

    order_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class CommissionsSettled(Event):
    """A batch settled into wallets, by the journal entries of these references."""

    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommissionsClawedBack(Event):
    """A refund took commission back."""

    refund_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class MilestonesDue(Event):
    """These orders, of plans with milestones, have accrued, or a refund took of them. At most 1,000 ids an event."""

    order_ids: tuple[uuid.UUID, ...]
    refund_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class SimulationDue(Event):
    """A simulation of a plan has sales left to read."""

    simulation_id: uuid.UUID
